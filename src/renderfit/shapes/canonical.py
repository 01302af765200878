"""Which mesh of a category is deformed to all others: named, or the one from which that costs least."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from renderfit.errors import DataError
from renderfit.geometry import Mesh
from renderfit.progress import progress
from renderfit.shapes.clouds import frame
from renderfit.shapes.cpd import coherent_point_drift, template_kernel
from renderfit.shapes.fields import even_points
from renderfit.shapes.inspection import complaint_about

_log = logging.getLogger(__name__)
POINTS = 300
"""Points of each mesh that are registered."""


@dataclass(frozen=True)
class Canonical:
    """The choice of a canonical mesh.

    Attributes
    ----------
    name : str
        The mesh chosen.
    energies : dict
        Name -> mean energy of its registrations to all others; the smallest wins. Empty where it was named.
    """

    name: str
    energies: dict[str, float]


def choose_canonical(
    meshes: Mapping[str, Mesh], named: str | None = None, *, points: int = POINTS, beta: float = 0.3, lam: float = 5.0, iterations: int = 60
) -> Canonical:
    """Choose the canonical of a category: the mesh `named`, else the one with the lowest mean energy to all others.

    Every mesh is registered to every other by non-rigid Coherent Point Drift with one stiffness for all. The energy of a
    registration is what the deformation costs per reference point, lambda / 2 tr(W^T G W) / N, and what it leaves: three times the
    logarithm of sigma over half the spacing of the points, nothing below that. (The likelihood itself knows no such bound: where
    both sets have as many points it grows for ever as each finds one of its own.)

    Parameters
    ----------
    meshes : mapping
        Name -> mesh or cloud, all in one frame [m].
    named : str, optional
        Take this one.
    points : int
        Points of each that are compared, the same number of all.
    beta, lam, iterations
        Of the registrations; `beta` and `lam` in the median RMS radius of the meshes.

    Raises
    ------
    DataError
        If there are fewer than two meshes, or none of that name.

    References
    ----------
    Rodriguez et al., IEEE RA-L 2018: the canonical model by its deformation energy; section 4.1 of the paper has one for each category.

    Examples
    --------
    >>> import trimesh
    >>> import renderfit as rf
    >>> ball = trimesh.creation.icosphere(2)
    >>> eggs = {f"egg-{h}": rf.Mesh(0.05 * ball.vertices * [1, 1, h], ball.faces) for h in (1.0, 1.3, 1.8)}
    >>> choose_canonical(eggs).name
    'egg-1.3'
    """
    if named is not None:
        if named not in meshes:
            raise DataError(f"no mesh {named!r} to be the canonical; expected one of {', '.join(meshes)}")
        return Canonical(named, {})
    if len(meshes) < 2:
        raise DataError(f"a canonical of {len(meshes)} meshes; expected at least 2 to choose from: name it")
    count = min(points, *(len(mesh.vertices) for mesh in meshes.values()))
    clouds = {name: even_points(mesh, count) for name, mesh in meshes.items()}
    radius = float(np.median([frame(cloud)[1] for cloud in clouds.values()]))
    spacing = float(np.median(np.concatenate([cKDTree(cloud).query(cloud, k=2)[0][:, 1] for cloud in clouds.values()])))
    energies = {}
    for name, template in progress(list(clouds.items()), "canonical"):
        own = frame(template)[1]
        kernel = template_kernel(template, beta * radius / own, lam=lam * (own / radius) ** 2)
        found = [
            coherent_point_drift(
                template,
                other,
                beta=beta * radius,
                lam=lam / radius**2,
                unit="metre",
                iterations=iterations,
                kernel=kernel,
                quiet=True,
            )
            for key, other in clouds.items()
            if key != name
        ]
        energies[name] = float(np.mean([one.penalty / count + 3 * np.log(max(1.0, 2 * np.sqrt(one.sigma2) / spacing)) for one in found]))
    return Canonical(min(energies, key=lambda name: (round(energies[name], 9), name)), energies)


def matching_canonical(meshes: Mapping[str, Mesh], chosen: Canonical) -> Canonical:
    """Return the choice of lowest energy whose frame all other meshes match; `chosen` where there is none.

    Two instances of which one could as well stand on its head may match a third one and not each other.
    """
    for name in sorted(chosen.energies, key=lambda name: (round(chosen.energies[name], 9), name)):
        strange = [key for key, mesh in meshes.items() if key != name and complaint_about(mesh, meshes[name])]
        if not strange:
            return Canonical(name, chosen.energies)
        _log.info("canonical: not %s, whose frame %s would not match", name, ", ".join(strange))
    return chosen
