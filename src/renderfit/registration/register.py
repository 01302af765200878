"""The front door: register a category's shape to one or several images."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from renderfit import config as params
from renderfit.errors import DataError, ShapeError
from renderfit.geometry import Camera, Mesh, Pose
from renderfit.registration import checks, ours
from renderfit.registration.columns import Columns
from renderfit.registration.expected import Expected
from renderfit.registration.inputs import Given, listed, told
from renderfit.registration.nearest import nearest
from renderfit.registration.objective import Prior, View
from renderfit.registration.result import Registration
from renderfit.registration.starts import require_start
from renderfit.registration.terms import Trust
from renderfit.vision.evidence import Evidence

Array = NDArray[np.float64]
NEAREST = "nearest"
"""Name of the model whose answer is fitted in "rich" and said in "pca"."""
UNLIT = "view {}: nothing inside the outline is of one colour and neither black nor cut off: its shading was not used"
"""The warning of a photograph whose brightness says nothing."""


def register(
    image: Any,
    space: Any,
    camera: Camera | Sequence[Camera],
    mask: Any = None,
    pose: Pose | Sequence[Pose] | None = None,
    optimise_pose: bool = True,
    method: Literal["ours", "paper"] = "ours",
    network: Any = None,
    model: str | None = None,
    config: Any = None,
    category: str | None = None,
    evidence: Evidence | Sequence[Evidence] | None = None,
    refiner: Any = None,
) -> Registration:
    """Deform the canonical object of `space` until its rendering explains the image.

    Parameters
    ----------
    image : (H, W, 3) uint8 or float array, or list of them
        Photograph(s) of the object; several views of the same object are fitted together.
    space : ShapeSpace
        The category's shape space.
    camera : Camera or list of Camera
        One per image.
    mask : (H, W) array or list, optional
        Where the object is; without it `network` segments the image.
    pose : Pose or list of Pose
        Object to camera: exact, or the first guess when `optimise_pose`.
    optimise_pose : bool
        Estimate the 6D pose together with the shape.
    method : "ours" or "paper"
        Levenberg-Marquardt on the silhouette, or the paper's gradient descent (sections 3.3, 4.2, 4.3).
    network : UNet, optional
        Segmentation network; needed without `mask` and for the paper's feature loss.
    model : str, optional
        "rich", "pca" (the paper's space, fitted to the outline) or "nearest" (the shape of the paper's space that is nearest to the
        answer of "rich", a better one); default: params.yaml ``ours.model`` for "ours", "pca" for the paper.
    config : SolverConfig, config.Ours or config.Paper, optional
        Instead of params.yaml's values: for "ours" the solver's settings or the whole section, for "paper" its section.
    category : str, optional
        Which of the network's classes to look for; default: the one with the most pixels.
    evidence : Evidence or list of Evidence, optional
        Predicted mask, coordinates and normals, one per image: used beside the mask. Its mask serves when none is given.
    refiner : Refiner, optional
        Network that predicts such evidence from the photograph, beside the fit to the outline; without mask and `network` the
        package's segmentation network finds the object.

    Returns
    -------
    Registration

    Raises
    ------
    ShapeError, DataError
        If images, cameras, masks and poses do not fit together, no pose is given or one that puts the object outside the
        image, there is neither mask nor network, or the paper's method gets several views.

    Examples
    --------
    >>> import torch, trimesh
    >>> import renderfit as rf
    >>> def ellipsoid(width, height):
    ...     ball = trimesh.creation.icosphere(2)
    ...     return rf.Mesh(ball.vertices * [width, width, height], ball.faces)
    >>> family = [ellipsoid(0.05, 0.08), ellipsoid(0.06, 0.08), ellipsoid(0.06, 0.1), ellipsoid(0.04, 0.1)]
    >>> space = rf.ShapeSpace.fit(ellipsoid(0.05, 0.09), family, components=2, points=162, iterations=50)
    >>> truth, camera = ellipsoid(0.06, 0.09), rf.Camera.centred(96, 158.0)
    >>> pose = rf.Pose.look_at(eye=torch.tensor([0.4, 0.4, 0.3]), target=torch.zeros(3))
    >>> seen = rf.render(truth, camera, pose, "lambert")
    >>> fit = rf.register(seen.rgb, space, camera, mask=seen.mask, pose=pose, optimise_pose=False)
    >>> before, after = rf.vertex_error(space.canonical, truth), rf.vertex_error(fit.mesh, truth)
    >>> fit.warnings, after.mean < 0.2 * before.mean
    ([], True)
    """
    begun = time.process_time()
    given = Given.of(image, camera, mask, pose, network, category)
    if method == "paper":
        return _paper(given, space, optimise_pose, config, begun)
    if method != "ours":
        raise DataError(f'method is {method!r}; expected "ours" or "paper"')
    section = config if isinstance(config, params.Ours) else params.section(params.Ours)
    name = model or section.model
    columns = Columns.of_space(space, "rich" if name == NEAREST else name)
    for number, (lens, start) in enumerate(zip(given.cameras, given.poses, strict=True)):
        with told(number, len(given.images)):
            require_start(columns.mean, lens, start)
    settings = settings_of(section, evidence is not None) if config is None or config is section else config
    read = None if evidence is None else listed(evidence)
    if read is not None and len(read) != len(given.images):
        raise ShapeError(f"got {len(given.images)} images and {len(read)} evidences; expected one of each a view")
    if read is None:
        given = given.segmented()
    if read is not None or refiner is None:
        solved, views = _solved(columns, given.views(read, settings.trust.shading > 0), optimise_pose, settings)
    else:
        solved, views = _refined(columns, given, refiner, section.repeats, optimise_pose, settings)
    if name == NEAREST:
        (solved, columns), name = nearest(solved, columns, space, views, settings), "pca"
    return doubted(_answer(columns, views, solved, settings, name, begun), given)


def _paper(given: Given, space: Any, optimise_pose: bool, config: Any, begun: float) -> Registration:
    """Register as the paper does, which knows a single view."""
    from renderfit.registration.paper import register_paper

    if len(given.images) != 1:
        raise DataError(f'got {len(given.images)} images; the paper\'s method registers one: expected method="ours" for several views')
    middle = np.asarray(space.model("pca").mean)
    require_start(middle, given.cameras[0], given.poses[0])
    given = given.segmented()
    (view,) = given.views()
    require_start(middle, view.camera, view.start, view.mask)
    return doubted(register_paper(given.images[0], space, view, optimise_pose, given.network, config, begun), given)


def doubted(found: Registration, given: Given) -> Registration:
    """Return a registration believed as far as the masks are that it was made from."""
    confidence = found.confidence * math.prod(doubt.factor for doubt in given.doubts)
    converged = found.converged and (not given.doubts or confidence >= checks.TRUSTED)
    return replace(found, confidence=confidence, converged=converged, warnings=[*(doubt.reason for doubt in given.doubts), *found.warnings])


def _solved(
    columns: Columns, views: list[View], optimise_pose: bool, settings: ours.SolverConfig, before: ours.Solved | None = None
) -> tuple[ours.Solved, list[View]]:
    if before is None:
        for number, view in enumerate(views):
            with told(number, len(views)):
                require_start(columns.mean, view.camera, view.start, view.mask)
    return ours.solve(columns, views, optimise_pose, settings, before), views


def _refined(
    columns: Columns, given: Given, refiner: Any, repeats: int, optimise_pose: bool, settings: ours.SolverConfig
) -> tuple[ours.Solved, list[View]]:
    """Fit the outline, then go on with what the refiner predicts from the fit; the prior keeps the weight that the first fit found."""
    shading, faces = settings.trust.shading > 0, torch.as_tensor(columns.faces)
    solved, views = _solved(columns, given.views(None, shading), optimise_pose, settings)
    settings = replace(settings, prior=replace(settings.prior, weight=solved.weight), correlation=(0.0, 0.0))
    for _ in range(repeats):
        fitted = Mesh(torch.as_tensor(solved.state.vertices), faces)
        read = given.predicted(refiner, fitted, _placed(solved, len(views)), not optimise_pose)
        solved, views = _solved(columns, given.views(read, shading), optimise_pose, settings, solved)
    return solved, views


def _placed(solved: ours.Solved, views: int) -> list[Pose]:
    return [Pose.from_parts(*map(torch.as_tensor, solved.state.placed(view))) for view in range(views)]


def _answer(columns: Columns, views: list[View], solved: ours.Solved, settings: ours.SolverConfig, name: str, begun: float) -> Registration:
    """Judge what the solver found and say it in the caller's terms."""
    count = columns.count
    found = _placed(solved, len(views))
    unlit = [UNLIT.format(v) for v, view in enumerate(views) if settings.trust.shading > 0 and view.photometry is None]
    expected = [Expected.of(columns, solved.state, solved.covariance, view) for view in range(len(views))]
    verdict = checks.judge(columns, views, solved.x, solved.state.overlaps(), expected)
    return Registration(
        latent=torch.as_tensor(solved.x[:count].copy()),
        pose=found[0],
        mesh=Mesh(torch.as_tensor(solved.state.vertices), torch.as_tensor(columns.faces)),
        covariance=solved.covariance[: count + 6, : count + 6],
        history=solved.history,
        converged=solved.converged and verdict.confidence >= checks.TRUSTED,
        renders=solved.renders,
        cpu_seconds=time.process_time() - begun,
        confidence=verdict.confidence,
        warnings=[*verdict.warnings, *unlit, *([] if solved.converged else [checks.UNSETTLED])],
        poses=found,
        model=name,
        method="ours",
        deviation=ours.deviation(columns, solved.covariance),
        placed_deviation=expected[0].surface,
        rotation_deviation=expected[0].rotation,
        translation_deviation=expected[0].translation,
    )


def settings_of(section: params.Ours, seen: bool) -> ours.SolverConfig:
    """Return the solver's settings from params.yaml; with evidence `seen` the prior is another, fixed one."""
    prior = Prior(section.prior_evidence if seen else section.prior, section.rotation, section.across, section.along)
    trust = Trust(
        section.coordinates, section.normals, section.turn, section.shift, section.tilt, section.spread,
        shading=section.shading, uneven=section.uneven,
    )  # fmt: skip
    correlation = (0.0, 0.0) if seen else (section.correlation_known, section.correlation)
    bound = section.robust or float("inf")  # parameters are finite: 0 stands for no bound
    return ours.SolverConfig(prior, bound, trust=trust, correlation=correlation)
