"""Where things are: every path of the project starts at one root.

The root is ``$RENDERFIT_ROOT``, else the nearest folder at or above the working directory that
holds ``dvc.yaml``, else the checkout this file lies in.
"""

import os
from pathlib import Path


def find_root(start: Path | None = None) -> Path:
    """Return the root folder of the reproduction that `start` (default: here) belongs to."""
    named = os.environ.get("RENDERFIT_ROOT")
    if named:
        return Path(named).resolve()
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "dvc.yaml").is_file():
            return folder
    return Path(__file__).resolve().parents[2]


ROOT = find_root()
DATA = ROOT / "data"
ARTIFACTS = ROOT / "artifacts"
RESULTS = ROOT / "results"
NOTEBOOKS = ROOT / "notebooks"
BOOK = ROOT / "book"
