"""Parametric objects of the embedded data set: recipes in, triangle soups with real defects out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from renderfit.datasets.procedural import bottle, camera, drill, spray
from renderfit.datasets.procedural.parameters import checked
from renderfit.datasets.procedural.soup import grounded, with_defects
from renderfit.errors import DataError
from renderfit.geometry.mesh import Mesh

__all__ = ["BUILDERS", "DEFECTS", "build"]

BUILDERS: dict[str, tuple[type, Any]] = {
    "bottle": (bottle.Bottle, bottle.build),
    "camera": (camera.Camera, camera.build),
    "drill": (drill.Drill, drill.build),
    "spray": (spray.Spray, spray.build),
}
"""Category -> the dataclass of its parameters and the function that models it."""

DEFECTS = ("seed", "flipped", "duplicated", "cracks")
"""Entries of ``defects`` in a recipe; see `renderfit.datasets.procedural.soup.with_defects`."""


def build(category: str, parameters: Mapping[str, Any]) -> Mesh:
    """Build one object.

    Parameters
    ----------
    category : str
        bottle, camera, drill or spray.
    parameters : mapping
        All fields of the category's dataclass (`BUILDERS`), lengths in metres; the optional entry
        ``defects`` says how the soup is spoilt (`DEFECTS`).

    Returns
    -------
    Mesh
        A triangle soup in metres, z up, front +y, base at z = 0, one colour (linear RGB) per material.
        The same recipe gives the same bytes.

    Raises
    ------
    DataError
        If the category is unknown, or a parameter is unknown, missing or of the wrong type.

    References
    ----------
    Section 4.1: four categories of aligned objects, not watertight.
    """
    if category not in BUILDERS:
        raise DataError(f"no procedural category {category!r}; expected one of {', '.join(BUILDERS)}")
    kind, modeller = BUILDERS[category]
    entries = dict(parameters)
    defects = entries.pop("defects", None)
    mesh: Mesh = grounded(modeller(checked(kind, entries)).mesh())
    if defects is None:
        return mesh
    if set(defects) != set(DEFECTS):
        raise DataError(f"recipe of a {category}: defects holds {sorted(defects)}; expected {', '.join(DEFECTS)}")
    return with_defects(mesh, **defects)
