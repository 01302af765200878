"""A surface for an oriented point cloud: Poisson's equation on a regular grid, solved by Fourier transform."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import scipy.fft as sfft
import torch
import trimesh
from numpy.typing import NDArray
from scipy.ndimage import binary_fill_holes, distance_transform_edt, gaussian_filter, map_coordinates, spline_filter
from scipy.spatial import cKDTree

from renderfit.datasets.procedural.implicit import surface
from renderfit.errors import DataError
from renderfit.geometry.mesh import Mesh

Array = NDArray[np.float64]


def load_cloud(path: Path) -> tuple[Array, Array]:
    """Read points (N, 3) [m] and unit normals (N, 3) of a cloud.

    Raises
    ------
    DataError
        If the file is unreadable or has no normals.
    """
    try:
        points, normals = _pcd(path) if path.suffix.lower() == ".pcd" else _ply(path)
    except Exception as problem:  # trimesh raises whatever its parsers raise
        raise DataError(f"{path}: {type(problem).__name__}: {problem}; expected a PLY or PCD cloud with positions and normals") from problem
    return points, normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)


def _ply(path: Path) -> tuple[Array, Array]:
    cloud = trimesh.load(path, process=False)
    rows = cloud.metadata["_ply_raw"]["vertex"]["data"]
    normals = np.stack([np.asarray(rows[name], dtype=np.float64) for name in ("nx", "ny", "nz")], axis=-1).reshape(-1, 3)
    return np.asarray(cloud.vertices, dtype=np.float64), normals


def _pcd(path: Path) -> tuple[Array, Array]:
    """Read an ASCII file of the Point Cloud Library, as the authors of CLS published theirs; single precision like its PLY copy."""
    head, _, body = path.read_text().partition("\nDATA ascii\n")
    fields = next(line.split()[1:] for line in head.splitlines() if line.startswith("FIELDS"))
    rows = np.array([line.split() for line in body.splitlines() if line.strip()], dtype=np.float32).astype(np.float64)
    columns = [[fields.index(name) for name in names] for names in (("x", "y", "z"), ("normal_x", "normal_y", "normal_z"))]
    return rows[:, columns[0]], rows[:, columns[1]]


def oriented(points: Array, normals: Array, reach: float) -> Array:
    """Return the normals (N, 3), all outward: away from the volume that balls of radius `reach` [m] enclose.

    Some of the released clouds have whole parts whose normals point inward, and a few points without any.
    """
    step = 0.25 * reach
    low = points.min(axis=0) - 2 * reach
    shape = np.ceil((points.max(axis=0) + 2 * reach - low) / step).astype(int)
    grid = np.stack(np.meshgrid(*(np.arange(n) for n in shape), indexing="ij"), axis=-1).reshape(-1, 3) * step + low
    solid = binary_fill_holes((cKDTree(points).query(grid, distance_upper_bound=reach)[0] < reach).reshape(shape))
    outside = gaussian_filter(distance_transform_edt(~solid) - distance_transform_edt(solid), 1.0)
    slope = np.stack([map_coordinates(part, ((points - low) / step).T, order=1) for part in np.gradient(outside)], axis=1)
    slope /= np.maximum(np.linalg.norm(slope, axis=1, keepdims=True), 1e-12)
    given = np.where(np.linalg.norm(normals, axis=1, keepdims=True) > 0.5, normals, slope)
    ends = [map_coordinates(outside, ((points + sign * reach * given - low) / step).T, order=1, mode="nearest") for sign in (1, -1)]
    return given * np.where(ends[0] >= ends[1], 1.0, -1.0)[:, None]


def reconstruct(points: Array, normals: Array, cell: float | None = None) -> Mesh:
    """Return a closed surface near an oriented cloud: Poisson's equation on a regular grid.

    Parameters
    ----------
    points, normals : (N, 3) arrays
        Positions [m] and outward unit normals.
    cell : float, optional
        Edge of the grid [m]; default 0.45 times the median spacing of the cloud.

    Returns
    -------
    Mesh
        The largest piece of the level that runs through the points, faces outward.

    References
    ----------
    The released clouds of CLS have no faces; scores are on the points, as in the paper (section 4.1).
    """
    near = cKDTree(points).query(points, k=7)[0]
    spacing = float(np.median(near[:, 1]))
    normals = oriented(points, normals, float(np.quantile(near[:, 4], 0.9)))
    step = cell or 0.45 * spacing
    low = points.min(axis=0) - 6 * spacing
    shape = [sfft.next_fast_len(int(n)) for n in np.ceil((points.max(axis=0) + 6 * spacing - low) / step)]
    areas = (near[:, 1:].mean(axis=1)) ** 2
    inside = _poisson((points - low) / step, normals * areas[:, None] / step**2, shape, 0.75 * spacing / step)
    at_points = map_coordinates(inside, ((points - low) / step).T, order=1)
    slope = np.linalg.norm(np.stack([map_coordinates(g, ((points - low) / step).T, order=1) for g in np.gradient(inside)]), axis=0)
    level, scale = float(np.median(at_points)), step / float(np.median(slope))
    smooth = spline_filter(inside, order=3)

    def field(queries: Array) -> Array:
        return (level - map_coordinates(smooth, ((queries - low) / step).T, order=3, prefilter=False, mode="nearest")) * scale

    vertices, faces = surface(field, points.min(axis=0) - 2 * spacing, points.max(axis=0) + 2 * spacing, 1.3 * step)
    pieces = trimesh.Trimesh(vertices, faces, process=False).split(only_watertight=False)
    largest = max(pieces, key=lambda piece: len(piece.faces))
    return Mesh(torch.as_tensor(np.round(largest.vertices, 6)), torch.as_tensor(np.asarray(largest.faces, dtype=np.int64)))


def _poisson(places: Array, weighted: Array, shape: list[int], width: float) -> Array:
    """Solve for the smoothed indicator on a grid whose gradient is minus the splatted normals (all in cells)."""
    base = np.floor(places).astype(int)
    share = places - base
    splat = np.zeros((3, *shape))
    for corner in np.ndindex(2, 2, 2):
        weight = np.prod(np.where(np.array(corner) == 1, share, 1 - share), axis=1)
        index = tuple((base + np.array(corner)).T)
        for axis in range(3):
            np.add.at(splat[axis], index, weight * weighted[:, axis])
    waves = np.meshgrid(*(2 * np.pi * np.fft.fftfreq(n) for n in shape[:2]), 2 * np.pi * np.fft.rfftfreq(shape[2]), indexing="ij")
    square = sum(wave**2 for wave in waves)
    divergence = sum(1j * wave * sfft.rfftn(part) for wave, part in zip(waves, splat, strict=True))
    blurred = divergence * np.exp(-0.5 * width**2 * square) / np.where(square > 0, square, 1.0)
    solved: Array = sfft.irfftn(blurred, s=shape)
    return solved
