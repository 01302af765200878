"""Evidence that no network made: the truth as a ceiling, and the truth with errors like a network's.

The errors of a network are correlated: a turn and a shift of the whole object, which no pixel can tell from a true one,
and smooth waves over its surface. Weights are chosen on evidence degraded like that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, gaussian_filter

from renderfit import rendering
from renderfit.datasets.views import View
from renderfit.geometry import Mesh
from renderfit.registration import twist
from renderfit.vision.evidence import Evidence

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Errors:
    """Size of the errors of one network.

    Attributes
    ----------
    turn : float
        Rotation common to all coordinates of a view [degree].
    shift, wave : float
        Common translation and root mean square of the correlated noise of the coordinates [m].
    tilt, bend : float
        Common rotation and correlated noise of the normals [degree].
    length : float
        Correlation length of the noise [px] in a 256 px image.
    edge : float
        Standard deviation of the outline's error [px] in a 256 px image.
    """

    turn: float = 6.0
    shift: float = 0.003
    wave: float = 0.008
    tilt: float = 4.0
    bend: float = 10.0
    length: float = 8.0
    edge: float = 1.5


def oracle(view: View, reference: Mesh, noise: float = 0.003) -> Evidence:
    """Return the true mask, coordinates and normals of a view of the mesh `reference`; `noise` [m] is the scale it claims."""
    vertices, faces = reference.numpy()
    placed = view.pose.apply(torch.as_tensor(vertices)).numpy()
    fragments = rendering.rasterize(placed, faces, view.camera, backend="cpu")
    valid = np.asarray(fragments.mask) & view.mask
    corners, weights = faces[fragments.face_id[valid]], fragments.barycentrics[valid]
    coordinates, normals = np.zeros((2, *valid.shape, 3))
    coordinates[valid] = np.einsum("nk,nkd->nd", weights, vertices[corners])
    own = Mesh(torch.as_tensor(placed), torch.as_tensor(faces)).vertex_normals().numpy()
    found = np.einsum("nk,nkd->nd", weights, own[corners])
    normals[valid] = found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12)
    return Evidence(view.mask.astype(np.float64), coordinates, np.where(valid, noise, 0.0), normals, valid)


def degraded(evidence: Evidence, errors: Errors, seed: int) -> Evidence:
    """Return `evidence` with the errors of a network drawn from `seed`, and the scale that fits them."""
    generator = np.random.default_rng(seed)
    valid = evidence.valid
    unit = max(valid.shape) / 256
    points, normals = evidence.coordinates[valid], evidence.normals[valid]
    waves = np.stack([_smooth(generator, valid.shape, errors.length * unit)[valid] for _ in range(3)], axis=1)
    bends = np.stack([_smooth(generator, valid.shape, errors.length * unit)[valid] for _ in range(3)], axis=1)
    centre = points.mean(axis=0)
    coordinates, directions = np.zeros((2, *valid.shape, 3))
    turned = (points - centre) @ twist.rotation(_axis(generator) * np.radians(errors.turn)).T
    shifted = centre + errors.shift * _axis(generator)
    coordinates[valid] = turned + shifted + errors.wave * waves
    found = normals @ twist.rotation(_axis(generator) * np.radians(errors.tilt)).T
    found = found + np.cross(np.radians(errors.bend) * bends, found)
    directions[valid] = found / np.linalg.norm(found, axis=1, keepdims=True)
    off = np.abs(coordinates[valid] - points).mean()
    scale = np.where(valid, off * np.exp(0.3 * generator.standard_normal()), 0.0)
    distance = distance_transform_edt(evidence.mask > 0.5) - distance_transform_edt(evidence.mask <= 0.5)
    mask = np.clip(0.5 + distance / unit + errors.edge * _smooth(generator, valid.shape, errors.length * unit), 0, 1)
    return Evidence(mask, coordinates, scale, directions, valid)


def _smooth(generator: np.random.Generator, shape: tuple[int, int], length: float) -> Array:
    field = gaussian_filter(generator.standard_normal(shape), length)
    smooth: Array = field / field.std()
    return smooth


def _axis(generator: np.random.Generator) -> Array:
    axis = generator.standard_normal(3)
    unit: Array = axis / np.linalg.norm(axis)
    return unit
