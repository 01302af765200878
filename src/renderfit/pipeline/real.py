"""Stage real: shape space and registration on real meshes, where a mirror of them is present."""

from __future__ import annotations

import shutil

from renderfit import paths
from renderfit.pipeline.notebooks import run_notebooks


def run() -> None:
    """Write ``artifacts/notebooks/real/<name>.ipynb`` for every notebook on real data."""
    folder = paths.ARTIFACTS / "notebooks" / "real"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    run_notebooks([(source, folder / source.name, {}) for source in sorted(paths.NOTEBOOKS.glob("real*.ipynb"))], "notebooks on real data")
