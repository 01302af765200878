"""The front door: register a category's shape to one or several images."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from renderfit import config as params
from renderfit.errors import DataError, ShapeError
from renderfit.geometry import Camera, Mesh, Pose
from renderfit.registration import checks, ours
from renderfit.registration.columns import Columns
from renderfit.registration.objective import Prior, View
from renderfit.registration.result import Registration

Array = NDArray[np.float64]


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
        "rich" or "pca"; default: params.yaml ``ours.model`` for "ours", "pca" for the paper.
    config : SolverConfig or config.Paper, optional
        Instead of params.yaml's values.
    category : str, optional
        Which of the network's classes to look for; default: the one with the most pixels.

    Returns
    -------
    Registration

    Raises
    ------
    ShapeError, DataError
        If images, cameras, masks and poses do not fit together, no pose is given, or there is neither mask nor network.
    """
    begun = time.process_time()
    images, cameras, poses = _listed(image), _listed(camera), _listed(pose)
    masks = [None] * len(images) if mask is None else _listed(mask)
    if not len(images) == len(cameras) == len(poses) == len(masks):
        raise ShapeError(
            f"got {len(images)} images, {len(cameras)} cameras, {len(poses)} poses, {len(masks)} masks; expected one of each a view"
        )
    views = [_view(*parts, network, category) for parts in zip(images, cameras, masks, poses, strict=True)]
    if method == "paper":
        from renderfit.registration.paper import register_paper

        return register_paper(images[0], space, views[0], optimise_pose, network, config, begun)
    if method != "ours":
        raise DataError(f'method is {method!r}; expected "ours" or "paper"')
    section = params.section(params.Ours)
    name = model or section.model
    columns = Columns.of_space(space, name)
    settings = config or ours.SolverConfig(prior=Prior(weight=section.prior))
    solved = ours.solve(columns, views, optimise_pose, settings)
    count = columns.count
    found = [Pose.from_parts(*map(torch.as_tensor, solved.state.placed(v))) for v in range(len(views))]
    verdict = checks.judge(columns, views, solved.x, solved.state.overlaps(), solved.covariance if optimise_pose else None)
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
        warnings=verdict.warnings,
        poses=found,
        model=name,
        method="ours",
        deviation=ours.deviation(columns, solved.covariance),
    )


def _listed(entry: Any) -> list[Any]:
    return list(entry) if isinstance(entry, (list, tuple)) else [entry]


def _view(image: Any, camera: Camera, mask: Any, pose: Pose | None, network: Any, category: str | None) -> View:
    picture = image.detach().cpu().numpy() if isinstance(image, Tensor) else np.asarray(image)
    if picture.ndim < 2 or picture.shape[:2] != (camera.height, camera.width):
        raise ShapeError(f"image has shape {picture.shape}; expected {camera.height} x {camera.width} px as its camera says")
    if pose is None:
        raise DataError("no pose was given; expected the object-to-camera pose, at least a first guess (within about 5 cm and 15 degrees)")
    if mask is None:
        if network is None:
            raise DataError("neither mask nor network was given; expected the object's mask (H, W) or a trained segmentation network")
        from renderfit.vision import segment

        mask = segment(picture, network, category, camera, pose)
    values = _mask(mask, camera)
    checks.require_object(values)
    return View(camera, values, pose)


def _mask(mask: ArrayLike | Tensor, camera: Camera) -> Array:
    found = mask.detach().cpu().numpy() if isinstance(mask, Tensor) else np.asarray(mask)
    if found.shape != (camera.height, camera.width):
        raise ShapeError(f"mask has shape {found.shape}; expected ({camera.height}, {camera.width}) as the image")
    values = found.astype(np.float64)
    values = values / 255.0 if found.dtype == np.uint8 and values.max(initial=0) > 1 else values
    if not np.isfinite(values).all() or values.min(initial=0) < 0 or values.max(initial=0) > 1:
        raise ShapeError("mask holds values outside 0..1; expected booleans, probabilities or 0/255 bytes")
    return values
