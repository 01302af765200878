"""``renderfit book``: the built book in other forms."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from renderfit.cli.output import emit

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True, help="The built book in other forms.")


@app.callback()
def _group() -> None:
    """Keep the sub-commands' names."""


@app.command()
def pdf(
    book: Annotated[Path | None, typer.Option(help="folder of the built book; default: artifacts/book")] = None,
    out: Annotated[Path | None, typer.Option(help="where the PDF goes; default: build/renderfit.pdf")] = None,
    json: Annotated[bool, typer.Option("--json", help="one JSON object on the last line of stdout")] = False,
) -> None:
    """Print the book to one PDF with an installed Chromium; no TeX."""
    from renderfit import paths
    from renderfit.pipeline.book.pdf import make

    found = make(book or paths.ARTIFACTS / "book", out or paths.ROOT / "build" / "renderfit.pdf")
    emit({"pdf": str(found), "bytes": found.stat().st_size}, json)


@app.command()
def animation(
    out: Annotated[Path | None, typer.Option(help="where the WebP goes; default: results/animation.webp")] = None,
    test: Annotated[str, typer.Option(help="test instance of every category")] = "t1",
    view: Annotated[int, typer.Option(help="which of its photographs")] = 0,
    json: Annotated[bool, typer.Option("--json", help="one JSON object on the last line of stdout")] = False,
) -> None:
    """Register one test object of every category and write the iterations as the README's animation (half a minute)."""
    from renderfit import config, paths
    from renderfit.evaluation.instance import load_instance
    from renderfit.plotting.animation import RATE, film, write
    from renderfit.registration import register
    from renderfit.registration.columns import Columns
    from renderfit.vision import load_network

    network = load_network(paths.ARTIFACTS / "unet")
    runs = []
    for category in config.section(config.Dataset).categories:
        instance = load_instance(category, test)
        seen = instance.views[view]
        found = register(seen.image, instance.space, seen.camera, None, seen.noisy_pose, network=network, category=category)
        runs.append((seen, found, Columns.of_space(instance.space, found.model), instance.reference))
    frames = film(runs)
    path = write(frames, out or paths.RESULTS / "animation.webp")
    emit({"animation": str(path), "seconds": len(frames) / RATE, "bytes": path.stat().st_size}, json)
