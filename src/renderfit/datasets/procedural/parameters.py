"""Parameters of the parametric objects: typed, complete, checked."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar

from renderfit.errors import DataError

Kind = TypeVar("Kind")


def checked(kind: type[Kind], parameters: Mapping[str, Any]) -> Kind:
    """Build the dataclass `kind` from the entries of a recipe.

    Raises
    ------
    DataError
        If a parameter is unknown or missing, or has the wrong type.
    """
    fields = {field.name: field for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    unknown, missing = sorted(set(parameters) - set(fields)), sorted(set(fields) - set(parameters))
    if unknown or missing:
        raise DataError(
            f"recipe of a {kind.__name__.lower()}: unknown parameters {unknown}, missing {missing}; expected {', '.join(fields)}"
        )
    values: dict[str, Any] = {}
    for name, entry in parameters.items():
        wanted = str(fields[name].type)
        if wanted == "float" and isinstance(entry, (int, float)) and not isinstance(entry, bool):
            values[name] = float(entry)
        elif (wanted == "str" and isinstance(entry, str)) or (wanted == "bool" and isinstance(entry, bool)):
            values[name] = entry
        elif wanted == "Rgb" and isinstance(entry, list) and len(entry) == 3:
            values[name] = tuple(float(channel) for channel in entry)
        else:
            raise DataError(f"recipe of a {kind.__name__.lower()}: {name} is {entry!r}; expected {wanted}")
    return kind(**values)


Rgb = tuple[float, ...]
"""Linear RGB in [0, 1]."""
