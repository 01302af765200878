"""The rendered start as a refiner sees it: mask, points and normals, continued beyond its silhouette."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from renderfit.geometry import Camera
from renderfit.rendering.raster import rasterize

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Start:
    """A mesh at a pose, seen by the camera of a window.

    Beyond the silhouette a pixel takes the depth of the nearest pixel inside it: its ray is known
    exactly, and the outline's depth is the best guess for what lies just outside of it, so that
    points stay continuous across the outline, where a wrong start leaves most to correct.

    Attributes
    ----------
    camera : Camera
        Of the window, a square.
    rotation, translation : (3, 3) and (3,) arrays
        Object to camera [m].
    mask : (H, W) bool array
    depth : (H, W) array
        [m], continued.
    normals : (H, W, 3) array
        Camera frame, 0 outside the mask.
    centre : (3,) array
        Middle of the mesh's box, camera frame [m].
    """

    camera: Camera
    rotation: Array
    translation: Array
    mask: NDArray[np.bool_]
    depth: Array
    normals: Array
    centre: Array

    @classmethod
    def of(cls, vertices: Array, normals: Array, faces: NDArray[np.int64], camera: Camera, rotation: Array, translation: Array) -> Start:
        """Render vertices (V, 3) [m] with unit normals (V, 3), object frame."""
        inside = vertices @ rotation.T + translation
        centre = (inside.min(axis=0) + inside.max(axis=0)) / 2
        fragments = rasterize(inside, faces, camera, backend="cpu")
        mask = fragments.mask
        depth, directions = np.full(mask.shape, centre[2]), np.zeros((*mask.shape, 3))
        if mask.any():
            nearest = distance_transform_edt(~mask, return_distances=False, return_indices=True)
            depth = np.asarray(fragments.depth, np.float64)[nearest[0], nearest[1]]
            corners = normals[faces[fragments.face_id[mask]]]
            seen = np.einsum("nk,nkd->nd", fragments.barycentrics[mask], corners) @ rotation.T
            directions[mask] = seen / np.maximum(np.linalg.norm(seen, axis=1, keepdims=True), 1e-9)
        return cls(camera, rotation, translation, mask, depth, directions, centre)

    @property
    def unit(self) -> float:
        """Width of the window at the start's depth [m]: the length that the network counts in."""
        return float(self.camera.width * self.centre[2] / self.camera.fx)

    @cached_property
    def points(self) -> Array:
        """Points (H, W, 3) of the start, camera frame [m]."""
        return rays(self.camera) * self.depth[..., None]

    def channels(self, exact: bool) -> NDArray[np.float32]:
        """Return what the network gets (8, H, W): mask, points about the centre in window widths, normals, and 1 if the pose is `exact`."""
        points = (self.points - self.centre) / self.unit
        known = np.full((*self.mask.shape, 1), float(exact))
        stacked = np.concatenate([self.mask[..., None], points, self.normals, known], axis=2)
        return np.ascontiguousarray(stacked.transpose(2, 0, 1), np.float32)

    def residual(self, coordinates: NDArray[np.floating]) -> Array:
        """Return how coordinates (H, W, 3) [m], object frame, differ from the start's, camera axes, in window widths."""
        return np.asarray((coordinates @ self.rotation.T + self.translation - self.points) / self.unit)

    def motion(self, rotation: Array, translation: Array) -> tuple[Array, Array]:
        """Return the turn (3, 3) about the centre and the shift (3,) in window widths that take the start to another pose."""
        turn = rotation @ self.rotation.T
        return turn, (turn @ (self.centre - self.translation) + translation - self.centre) / self.unit

    def moved(self, turn: Array, shift: Array) -> tuple[Array, Array]:
        """Return rotation (3, 3) and translation (3,) [m] of the start after a motion: the inverse of `motion`."""
        return turn @ self.rotation, turn @ (self.translation - self.centre) + self.centre + self.unit * shift

    def coordinates(self, residual: Array) -> Array:
        """Return the coordinates (H, W, 3) [m], object frame, of a residual (H, W, 3): the inverse of `residual`."""
        return np.asarray((self.points + self.unit * residual - self.translation) @ self.rotation)


def rays(camera: Camera) -> Array:
    """Return the points (H, W, 3) at depth 1 that the pixels' centres show."""
    x = (np.arange(camera.width) + 0.5 - camera.cx) / camera.fx
    y = (np.arange(camera.height) + 0.5 - camera.cy) / camera.fy
    return np.stack([*np.broadcast_arrays(x[None, :], y[:, None]), np.ones((camera.height, camera.width))], axis=2)


def aligned(inside: Array, camera: Camera, mask: NDArray[np.bool_]) -> Array:
    """Return the shift (3,) [m] across the view that brings the box of points (V, 3), camera frame, over that of a mask.

    The mask covers the camera's picture at any resolution.
    """
    if not mask.any():
        return np.zeros(3)
    flat = inside[:, :2] / inside[:, 2:]
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    ratio = np.array([camera.width / mask.shape[1], camera.height / mask.shape[0]])
    middle = ratio * np.array([columns[0] + columns[-1] + 1, rows[0] + rows[-1] + 1]) / 2
    wanted = (middle - [camera.cx, camera.cy]) / [camera.fx, camera.fy]
    columns_of = np.ascontiguousarray(flat.T)
    present = (columns_of.min(axis=1) + columns_of.max(axis=1)) / 2
    return np.append((wanted - present) * (inside[:, 2].min() + inside[:, 2].max()) / 2, 0.0)
