"""Fits of painted photographs to their outlines, kept beside them: one file a chunk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from renderfit.errors import DataError
from renderfit.vision.refiner_cuts import Fit
from renderfit.whole import whole_file


def save_fits(path: Path, fits: Sequence[Fit | None]) -> None:
    """Write the fits of a chunk, None where a photograph has none.

    Raises
    ------
    DataError
        If none has one.
    """
    found = [fit for fit in fits if fit is not None]
    if not found:
        raise DataError(f"{path}: none of the {len(fits)} photographs could be fitted; expected most: check the shape spaces")
    with whole_file(path) as part:
        np.savez(
            part,
            there=np.array([fit is not None for fit in fits]),
            vertices=np.stack([fit.vertices for fit in found]),
            pose=np.stack([fit.pose for fit in found]),
            known=np.stack([fit.known for fit in found]),
        )


def load_fits(path: Path) -> list[Fit | None]:
    """Read what `save_fits` wrote.

    Raises
    ------
    DataError
        If the file is missing or broken.
    """
    try:
        with np.load(path) as found:
            there, *fields = (found[name] for name in ("there", "vertices", "pose", "known"))
        rows = iter(zip(*fields, strict=True))
        return [Fit(*next(rows)) if one else None for one in there]
    except (OSError, ValueError, KeyError, StopIteration) as problem:
        raise DataError(
            f"fits {path}: {problem}; expected those of a chunk of training photographs: delete the file to have them made anew"
        ) from problem
