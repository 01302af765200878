"""``renderfit render MESH``: an image, a mask and a depth map of a mesh."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def command(
    mesh: Annotated[Path, typer.Argument(metavar="MESH", help="mesh in metres: PLY, OBJ, STL, OFF, GLB")],
    camera: Annotated[Path, typer.Option(help='JSON {"width", "height", "fx", "fy", "cx", "cy"} [px]')],
    pose: Annotated[Path, typer.Option(help='JSON {"object_to_camera": 4x4 row-major} [m], OpenCV axes')],
    out: Annotated[Path, typer.Option(help="image to write, PNG or JPEG")],
    mask: Annotated[Path | None, typer.Option(help="mask to write, PNG")] = None,
    depth_map: Annotated[Path | None, typer.Option(help="depth to write [m], NPY")] = None,
    backend: Annotated[str, typer.Option(help="auto, gl or cpu")] = "auto",
    shading: Annotated[str, typer.Option(help="red, lambert, normals, colors or photo")] = "red",
    seed: Annotated[int, typer.Option(help="of the surroundings when shading is photo")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object on the last line")] = False,
) -> None:
    """Render a mesh to an image file."""
    import numpy as np

    from renderfit.cli.output import emit
    from renderfit.errors import DataError
    from renderfit.geometry import Camera, Pose, load_mesh
    from renderfit.rendering.images import require_image_name, write_image, write_mask
    from renderfit.whole import whole_file

    for path in (out, mask):
        if path is not None:
            require_image_name(path)
    if depth_map is not None and depth_map.suffix.lower() != ".npy":
        raise DataError(f"{depth_map}: got the ending '{depth_map.suffix}'; expected a depth map to be named .npy")
    loaded, view, where = load_mesh(mesh, textures=True), Camera.load(camera), Pose.load(pose)
    if not len(loaded.faces):
        raise DataError(f"{mesh}: {len(loaded.vertices)} points without faces; expected triangles: reconstruct a surface first")
    if shading == "photo":
        from renderfit.rendering.photo import photograph

        photo = photograph(loaded, view, where, seed)
        image, covered, depth, used = photo.image, photo.mask, photo.depth, "photo"
    else:
        from renderfit.rendering import render

        frame = render(loaded, view, where, shading, backend)  # type: ignore[arg-type]
        image, covered = frame.rgb.detach().numpy(), frame.mask.numpy() > 0
        depth, used = frame.fragments.depth.astype(np.float32), frame.fragments.backend
    write_image(image, out)
    if mask is not None:
        write_mask(covered, mask)
    if depth_map is not None:
        with whole_file(depth_map) as part:
            np.save(part, depth)
    emit({"out": str(out), "coverage": float(np.mean(covered)), "backend": used}, as_json)
    if not covered.any():
        typer.echo(
            f"warning: nothing of {mesh} is in the image; expected metres, and a pose from object to camera, OpenCV axes (z forward)",
            err=True,
        )
