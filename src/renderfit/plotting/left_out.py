"""Tables of shape models judged by leaving training instances out."""

from __future__ import annotations

import json
from typing import Any

from renderfit import paths
from renderfit.errors import DataError

SCORES = {"v2s_ratio": "to the surface", "v2v_ratio": "to the nearest vertex"}


def ratios(name: str) -> dict[str, Any]:
    """Return caption -> table of a results file of ``benchmarks/shape_models.py``: a row a model, a column per view and category.

    Raises
    ------
    DataError
        If the file is missing.
    """
    import pandas as pd

    path = paths.RESULTS / name
    if not path.is_file():
        raise DataError(f"{path}: missing; expected leave-one-out results: run python benchmarks/shape_models.py")
    measured = json.loads(path.read_text())["categories"]
    table = pd.DataFrame([{"category": category, **row} for category, entry in measured.items() for row in entry["summary"]])
    left_out = "; ".join(f"{category}: {', '.join(entry['left_out'])}" for category, entry in measured.items())
    return {
        f"distance {what}, ratio to five components (left out: {left_out})": table.pivot_table(
            index="model", columns=["view", "category"], values=score, sort=False
        ).round(3)
        for score, what in SCORES.items()
    }
