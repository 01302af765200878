"""Choosing roles where nobody has: the most central instance is the canonical, the tests are a middling and an outlying one."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from renderfit.datasets.split import FEWEST, FEWEST_TRAINED, Split, check
from renderfit.geometry.mesh import Mesh
from renderfit.geometry.sampling import farthest_points, sample_surface

POINTS = 400


def points_of(mesh: Mesh, count: int = POINTS) -> NDArray[np.float64]:
    """Return about `count` points (count, 3) [m] spread evenly over a mesh or cloud."""
    vertices, faces = mesh.numpy()
    dense = sample_surface(mesh, 8 * count) if len(faces) else vertices
    return dense[farthest_points(dense, count)]


def cloud_of(mesh: Mesh) -> Mesh:
    """Return `points_of` as a mesh without faces."""
    return Mesh(torch.from_numpy(points_of(mesh)), torch.zeros((0, 3), dtype=torch.int64))


def distances(meshes: Mapping[str, Mesh]) -> NDArray[np.float64]:
    """Return the symmetric mean nearest distance (N, N) [m] between all pairs."""
    clouds = [points_of(mesh) for mesh in meshes.values()]
    trees = [cKDTree(cloud) for cloud in clouds]
    found = np.array([[tree.query(cloud)[0].mean() for tree in trees] for cloud in clouds])
    return 0.5 * (found + found.T)


def choose(category: str, meshes: Mapping[str, Mesh], origin: str, guessed: Collection[str] = ()) -> Split:
    """Split the instances of a category by their shapes alone.

    Parameters
    ----------
    category : str
        For messages.
    meshes : mapping
        Name -> mesh or cloud, all in one frame [m].
    origin : str
        Where they come from, for messages.
    guessed : collection of str
        Names whose size is not known. They train only: the canonical gives the category its size, a test is scored in
        millimetres. Where all are guesses, none of this matters.

    Returns
    -------
    Split
        Canonical: smallest mean distance to all others. T1: the median of the others by mean
        distance. T2: the largest (from five instances on). The rest trains, nearest first.

    Raises
    ------
    DataError
        If there are too few instances (`renderfit.datasets.split.FEWEST`).
    """
    names = list(meshes)
    if len(names) < FEWEST:
        check(category, Split(names[0] if names else "", tuple(names[1:]), {}), origin)
    mean = distances(meshes).mean(axis=1)
    order = [names[k] for k in np.lexsort((np.array(names), mean.round(9)))]
    measured = [name for name in order if name not in guessed] or order
    canonical, fit = measured[0], measured[1:] or [name for name in order if name != measured[0]]
    test = {"t1": fit[len(fit) // 2]}
    if len(names) >= 5 and len(fit) > 1:
        test["t2"] = fit[-1]
    split = Split(canonical, tuple(name for name in order if name not in (canonical, *test.values())), test)
    check(category, split, origin)
    return split


def spread(split: Split, trained: int) -> Split:
    """Return the split with more tests: `trained` objects train, what is left over is tested on, evenly spaced by how central it is."""
    spare = len(split.train) - max(trained, FEWEST_TRAINED)
    if spare <= 0:
        return split
    picked = [split.train[int((k + 0.5) * len(split.train) / spare)] for k in range(spare)]
    number = len(split.test)
    tests = split.test | {f"t{number + 1 + k}": name for k, name in enumerate(picked)}
    return Split(split.canonical, tuple(name for name in split.train if name not in picked), tests)


def in_turn(category: str, meshes: Mapping[str, Mesh], origin: str) -> list[Split]:
    """Split a small category so that each instance is the test once: its canonical is the most central of the others.

    Raises
    ------
    DataError
        If there are too few instances (`renderfit.datasets.split.FEWEST`).
    """
    names, apart, found = sorted(meshes), distances({name: meshes[name] for name in sorted(meshes)}), []
    for k, test in enumerate(names):
        others = np.array([i for i in range(len(names)) if i != k], dtype=int)
        mean = apart[np.ix_(others, others)].mean(axis=1).round(9) if len(others) else np.zeros(0)
        rest = [names[others[i]] for i in np.lexsort((others, mean))]
        check(category, Split(rest[0] if rest else "", tuple(rest[1:]), {"t1": test}), origin)
        found.append(Split(rest[0], tuple(rest[1:]), {f"t{k + 1}": test}))
    return found
