"""``renderfit register``: the shape (and pose) of an object from one photograph."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from renderfit.cli.output import emit


def command(
    image: Annotated[Path, typer.Argument(help="photograph, PNG or JPEG")],
    space: Annotated[Path, typer.Option(help="folder made by `renderfit shape-space`")],
    camera: Annotated[Path, typer.Option(help='JSON {"width", "height", "fx", "fy", "cx", "cy"}')],
    out: Annotated[Path, typer.Option(help="folder for registration.json, mesh.ply, overlay.png")],
    mask: Annotated[Path | None, typer.Option(help="PNG, white where the object is; default: the trained segmentation")] = None,
    pose: Annotated[Path | None, typer.Option(help='JSON {"object_to_camera": 4x4}, exact or a first guess')] = None,
    optimise_pose: Annotated[bool, typer.Option("--optimise-pose/--known-pose", help="estimate the pose too")] = True,
    method: Annotated[Literal["ours", "paper"], typer.Option(help="our solver, or the paper's")] = "ours",
    model: Annotated[Literal["rich", "pca"] | None, typer.Option(help="shape model; default: params.yaml")] = None,
    network: Annotated[
        Path | None, typer.Option(help="folder of the segmentation network; default: artifacts/unet, else that of the package")
    ] = None,
    replay: Annotated[bool, typer.Option(help="also write replay.html, the iterations in 3D")] = False,
    json: Annotated[bool, typer.Option("--json", help="one JSON object on the last line of stdout")] = False,
) -> None:
    """Deform the category's canonical object until its rendering explains IMAGE."""
    from renderfit.errors import ConvergenceError
    from renderfit.geometry import Camera, Pose
    from renderfit.registration import files, register
    from renderfit.shapes import ShapeSpace
    from renderfit.vision.checkpoint import chosen_network
    from renderfit.whole import require_folder

    require_folder(out)
    picture = files.read_image(image)
    view = Camera.load(camera)
    category = ShapeSpace.load(space)
    start = Pose.load(pose) if pose is not None else None
    needs_network = mask is None or method == "paper"
    found = register(
        picture,
        category,
        view,
        mask=files.read_mask(mask) if mask is not None else None,
        pose=start,
        optimise_pose=optimise_pose,
        method=method,
        network=chosen_network(network) if needs_network else None,
        model=model,
    )
    inputs = [path for path in (image, space, camera, mask, pose) if path is not None]
    summary = files.write_registration(found, out, inputs, picture=picture, camera=view)
    if replay:
        from renderfit.plotting.registration import replay_scene
        from renderfit.registration.columns import Columns

        scene = replay_scene(found, start or found.pose, Columns.of_space(category, found.model), f"Registration of {image.name}")
        scene.save(out / "replay.html")
    emit(summary, json)
    for warning in found.warnings:
        typer.echo(f"warning: {warning}", err=True)
    if found.confidence < 0.2:
        raise ConvergenceError(
            f"confidence {found.confidence:.2f}: {'; '.join(found.warnings)}; the files in {out} are for inspection only"
        )
