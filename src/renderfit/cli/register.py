"""``renderfit register``: the shape (and pose) of an object from one photograph, or from several of it."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated, Literal

import typer

from renderfit.cli.output import emit

_log = logging.getLogger(__name__)


def command(
    images: Annotated[list[Path], typer.Argument(help="photograph, PNG or JPEG; several of one object are fitted together")],
    space: Annotated[Path, typer.Option(help="folder made by `renderfit shape-space`")],
    camera: Annotated[
        list[Path], typer.Option(help='JSON {"width", "height", "fx", "fy", "cx", "cy"}; one for all photographs, or one each')
    ],
    out: Annotated[Path, typer.Option(help="folder for registration.json, mesh.ply, overlay.png")],
    mask: Annotated[
        list[Path] | None, typer.Option(help="PNG, white where the object is; one a photograph; default: the trained segmentation")
    ] = None,
    pose: Annotated[
        list[Path] | None, typer.Option(help='JSON {"object_to_camera": 4x4}, exact or a first guess; one a photograph')
    ] = None,
    optimise_pose: Annotated[bool, typer.Option("--optimise-pose/--known-pose", help="estimate the pose too")] = True,
    method: Annotated[Literal["ours", "paper"], typer.Option(help="our solver, or the paper's")] = "ours",
    model: Annotated[
        Literal["rich", "pca", "nearest"] | None,
        typer.Option(help="shape model: richer, the paper's, or the paper's shape nearest to the richer answer; default: params.yaml"),
    ] = None,
    network: Annotated[
        Path | None, typer.Option(help="folder of the segmentation network; default: artifacts/unet, else that of the package")
    ] = None,
    refine: Annotated[
        bool,
        typer.Option("--refine", help="also use coordinates and normals that a network predicts: for categories it was trained on only"),
    ] = False,
    coordinates: Annotated[
        float | None,
        typer.Option(help="with --refine: coordinates are worth so many independent pixels; 0: not used; default: params.yaml"),
    ] = None,
    normals: Annotated[
        float | None, typer.Option(help="with --refine: normals are worth so many independent pixels; 0: not used; default: params.yaml")
    ] = None,
    shading: Annotated[
        float | None,
        typer.Option(help="brightness inside the outline is worth so many independent pixels; 0: not used; default: params.yaml"),
    ] = None,
    robust: Annotated[
        float | None,
        typer.Option(
            help="share of full contrast beyond which a residual of the outline counts linearly only; 0: all in full; default: params.yaml"
        ),
    ] = None,
    replay: Annotated[bool, typer.Option(help="also write replay.html, the iterations in 3D")] = False,
    json: Annotated[bool, typer.Option("--json", help="one JSON object on the last line of stdout")] = False,
) -> None:
    """Deform the category's canonical object until its rendering explains the photograph, or all IMAGES of it."""
    from renderfit import config
    from renderfit.errors import ConvergenceError
    from renderfit.geometry import Camera, Pose
    from renderfit.registration import files, register
    from renderfit.registration.inputs import require_different
    from renderfit.shapes import ShapeSpace
    from renderfit.vision import load_network, load_refiner, refiner_files
    from renderfit.vision.checkpoint import chosen_folder
    from renderfit.whole import require_apart, require_folder

    require_folder(out)
    masks, poses, lenses = mask or [], pose or [], camera * len(images) if len(camera) == 1 else camera
    for name, paths in (("--camera", lenses), ("--mask", masks), ("--pose", poses)):
        if len(paths) not in ({len(images)} if name == "--camera" else {0, len(images)}):
            raise typer.BadParameter(f"got {len(images)} photographs and {len(paths)} times {name}; expected one each, in the same order")
    if refine and method == "paper":
        raise typer.BadParameter("--refine goes with --method ours: the paper's method compares images only")
    terms = {"coordinates": coordinates, "normals": normals, "shading": shading, "robust": robust}
    weights = {name: weight for name, weight in terms.items() if weight is not None}
    for name in weights:
        if method == "paper":
            raise typer.BadParameter(f"--{name} goes with --method ours: the paper's method has no such term")
        if name in {"coordinates", "normals"} and not refine:
            raise typer.BadParameter(f"--{name} goes with --refine: without it nothing predicts {name}")
    section = config.replaced(config.section(config.Ours), **weights) if weights else None  # checked before networks are read
    if network is not None and masks and method == "ours":
        raise typer.BadParameter("got --network and --mask; expected one of them: the network only finds the object where there is no mask")
    pictures, views = [files.read_image(path) for path in images], [Camera.load(path) for path in lenses]
    require_different(images, pictures)
    category = ShapeSpace.load(space)
    starts = [Pose.load(path) for path in poses]
    segmenter = None if masks and method == "ours" else chosen_folder(network)
    refiner = refiner_files.chosen_folder() if refine else None
    networks = sorted({folder.resolve() for folder in (segmenter, refiner) if folder is not None})
    require_apart(out, [space, *networks])
    trained = None if refiner is None else load_refiner(refiner)
    if refiner is not None and (doubt := refiner_files.doubt(space.resolve().name, refiner)):
        _log.warning("warning: %s; without --refine the photograph alone decides", doubt)
    finder = None if segmenter is None else load_network(segmenter)
    found = register(
        pictures,
        category,
        views,
        mask=[files.read_mask(path) for path in masks] or None,
        pose=starts or [None] * len(images),  # type: ignore[list-item]
        optimise_pose=optimise_pose,
        method=method,
        network=finder,
        category=name if finder is not None and (name := space.resolve().name) in finder.categories else None,
        model=model,
        config=section,
        refiner=trained,
    )
    options = {"optimise_pose": optimise_pose, "refine": refine} | weights
    summary = files.write_registration(found, out, [*images, space, *camera, *masks, *poses, *networks], pictures, views, options)
    if replay:
        from renderfit.plotting.registration import replay_scene
        from renderfit.registration.columns import Columns

        scene = replay_scene(found, starts[0], Columns.of_space(category, found.model), f"Registration of {images[0].name}")
        scene.save(out / "replay.html")
    emit(summary, json)
    for warning in found.warnings:
        typer.echo(f"warning: {warning}", err=True)
    if found.confidence < 0.2:
        raise ConvergenceError(
            f"confidence {found.confidence:.2f}: {'; '.join(found.warnings)}; the files in {out} are for inspection only"
        )
