"""``renderfit segment IMAGE``: the mask of an object, from the trained network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def command(
    image: Annotated[Path, typer.Argument(help="photograph: PNG or JPEG")],
    out: Annotated[Path, typer.Option(help="mask to write (PNG, 0..255: probability)")],
    category: Annotated[str, typer.Option(help="what to look for; default: what covers most pixels")] = "",
    network: Annotated[
        Path | None, typer.Option(help="folder of a trained network; default: artifacts/unet, else that of the package")
    ] = None,
    camera: Annotated[Path | None, typer.Option(help="CAM.json; with --pose the search starts there")] = None,
    pose: Annotated[Path | None, typer.Option(help="POSE.json, a first guess")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object on the last line")] = False,
) -> None:
    """Find the object in a photograph."""
    from renderfit.cli.output import emit
    from renderfit.geometry import Camera, Pose
    from renderfit.rendering.images import require_image_name, write_image
    from renderfit.vision import segment
    from renderfit.vision.checkpoint import chosen_network
    from renderfit.vision.images import load_image
    from renderfit.whole import require_apart

    require_image_name(out)
    require_apart(out, [image])
    lens = Camera.load(camera) if camera else None
    start = Pose.load(pose) if pose else None
    probability = segment(load_image(image), chosen_network(network), category or None, lens, start)
    write_image((probability * 255).round().astype("uint8"), out)
    inside = probability > 0.5
    rows, columns = inside.nonzero()
    box = [int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1] if len(rows) else []
    emit({"pixels": int(inside.sum()), "box": box, "mask": str(out)}, as_json)
