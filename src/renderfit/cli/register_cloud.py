"""``renderfit register-cloud``: CLS on a partial point cloud."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from renderfit.cli.output import emit


def command(
    cloud: Annotated[
        Path, typer.Argument(help="point cloud [m]: PLY, .npy, .xyz, .csv or a mesh; camera frame with --pose, else object frame")
    ],
    space: Annotated[Path, typer.Option(help="folder made by `renderfit shape-space`")],
    out: Annotated[Path, typer.Option(help="folder for registration.json and mesh.ply")],
    pose: Annotated[Path | None, typer.Option(help='JSON {"object_to_camera": 4x4}')] = None,
    optimise_pose: Annotated[bool, typer.Option("--optimise-pose/--known-pose", help="move the pose too")] = True,
    front: Annotated[bool, typer.Option("--front/--released", help="front-facing vertices with a prior, or the released cost")] = False,
    json: Annotated[bool, typer.Option("--json", help="one JSON object on the last line of stdout")] = False,
) -> None:
    """Deform the category's canonical object to CLOUD (CLS)."""
    from renderfit.errors import ConvergenceError
    from renderfit.geometry import Pose
    from renderfit.registration import register_pointcloud
    from renderfit.registration.files import read_points, write_registration
    from renderfit.shapes import ShapeSpace
    from renderfit.whole import require_apart, require_folder

    require_folder(out)
    require_apart(out, [space])
    points = read_points(cloud)
    start = Pose.load(pose) if pose is not None else None
    found = register_pointcloud(points, ShapeSpace.load(space), start, optimise_pose, "front" if front else "released")
    inputs = [path for path in (cloud, space, pose) if path is not None]
    emit(write_registration(found, out, inputs), json)
    for warning in found.warnings:
        typer.echo(f"warning: {warning}", err=True)
    if found.confidence < 0.2:
        raise ConvergenceError(
            f"confidence {found.confidence:.2f}: {'; '.join(found.warnings)}; the files in {out} are for inspection only"
        )
