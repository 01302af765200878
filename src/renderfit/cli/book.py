"""``renderfit book``: the built book in other forms."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from renderfit.cli.output import emit

app = typer.Typer(add_completion=False, no_args_is_help=True, help="The built book in other forms.")


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
