"""Stage figures: every notebook that has no stage of its own, executed in parallel processes."""

from __future__ import annotations

import shutil

from renderfit import paths
from renderfit.pipeline.notebooks import run_notebooks

ELSEWHERE = ("register", "table1", "real")
"""Notebooks (beginnings of their names) that other stages run."""


def run() -> None:
    """Write ``artifacts/notebooks/figures/<name>.ipynb`` for every figure notebook."""
    folder = paths.ARTIFACTS / "notebooks" / "figures"
    shutil.rmtree(folder, ignore_errors=True)
    sources = [source for source in sorted(paths.NOTEBOOKS.glob("*.ipynb")) if not source.stem.startswith(ELSEWHERE)]
    folder.mkdir(parents=True)
    run_notebooks([(source, folder / source.name, {}) for source in sources], "figure notebooks")
