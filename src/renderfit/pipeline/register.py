"""Stage register: one executed notebook for every test instance."""

from __future__ import annotations

import shutil

from renderfit import paths
from renderfit.pipeline.catalogue import tests
from renderfit.pipeline.notebooks import run_notebooks


def run() -> None:
    """Run ``notebooks/register.ipynb`` per test instance; it writes ``artifacts/records/<category>-<t>.json``."""
    folder = paths.ARTIFACTS / "notebooks" / "register"
    for stale in (folder, paths.ARTIFACTS / "records"):
        shutil.rmtree(stale, ignore_errors=True)
        stale.mkdir(parents=True)
    source = paths.NOTEBOOKS / "register.ipynb"
    jobs = [(source, folder / f"{category}-{test}.ipynb", {"category": category, "test": test}) for category, test in tests()]
    run_notebooks(jobs, "registration notebooks")
