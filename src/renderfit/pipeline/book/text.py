"""Numbers in prose: a page of book/ is a Jinja template that can only print what results/ and params.yaml hold.

A page asks for a result by name; one that does not exist is an error, never an empty place.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2

from renderfit.errors import DataError


def render(page: Path, names: dict[str, Any]) -> str:
    """Return the Markdown of `page` with its expressions evaluated.

    Parameters
    ----------
    page : Path
        A Markdown file of ``book/`` with ``{{ expressions }}``.
    names : dict
        What they see (`renderfit.pipeline.book.context.context`).

    Raises
    ------
    DataError
        If an expression fails; the message names page and line.
    """
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False, keep_trailing_newline=True, trim_blocks=True)
    try:
        return environment.from_string(page.read_text()).render(**names)
    except jinja2.TemplateError as problem:
        line = getattr(problem, "lineno", None) or _line(problem)
        raise DataError(f"{page}, line {line}: {problem}; expected a name of results/ or params.yaml: run `dvc repro` first") from problem


def _line(problem: BaseException) -> int | str:
    """Return the template line an expression failed in."""
    found: int | str = "?"
    trace = problem.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename == "<template>":
            found = trace.tb_lineno
        trace = trace.tb_next
    return found
