"""Stage real: the page on real objects, from the committed results; `renderfit.pipeline.real_study` makes these anew."""

from __future__ import annotations

import shutil

from renderfit import paths
from renderfit.pipeline.notebooks import run_notebooks


def run() -> None:
    """Write ``artifacts/notebooks/real/<name>.ipynb``; what ``renderfit real`` left in ``artifacts/real`` is shown on it."""
    folder = paths.ARTIFACTS / "notebooks" / "real"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    run_notebooks([(source, folder / source.name, {}) for source in sorted(paths.NOTEBOOKS.glob("real*.ipynb"))], "notebooks on real data")
