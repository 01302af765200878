"""Stage table1: the records of all runs become Table 1."""

from __future__ import annotations

from renderfit import paths
from renderfit.evaluation import table1
from renderfit.pipeline.notebooks import run_notebook


def run() -> None:
    """Write ``results/table1.json``, ``results/table1.csv`` and the executed notebook that shows them."""
    table1.write(table1.build())
    run_notebook(paths.NOTEBOOKS / "table1.ipynb", paths.ARTIFACTS / "notebooks" / "table1" / "table1.ipynb")
