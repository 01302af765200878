"""Shape spaces on disk: .npy arrays and one JSON file, nothing that can execute."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from renderfit.errors import DataError
from renderfit.whole import write_json

FORMAT = 1


def write(folder: str | Path, arrays: dict[str, NDArray[Any]], entries: dict[str, Any]) -> None:
    """Write `arrays` and `entries` to `folder`; space.json goes first and appears last, so a half-written space is none."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "space.json").unlink(missing_ok=True)
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array, allow_pickle=False)
    write_json(folder / "space.json", {"format": FORMAT, **entries, "arrays": sorted(arrays)})


def read(folder: str | Path) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Read what `write` wrote.

    Raises
    ------
    DataError
        If the folder is missing, is not a shape space or is of another format.
    """
    folder = Path(folder)
    try:
        entries = json.loads((folder / "space.json").read_text())
        if entries["format"] != FORMAT:
            raise ValueError(f"format {entries['format']}, expected {FORMAT}")
        return {name: np.load(folder / f"{name}.npy", allow_pickle=False) for name in entries["arrays"]}, entries
    except Exception as problem:  # a damaged header makes NumPy raise whatever its parser meets
        raise DataError(
            f"{folder}: no readable shape space ({problem}); expected a folder made by ShapeSpace.save or `renderfit shape-space`"
        ) from problem
