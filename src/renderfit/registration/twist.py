"""Rotation vectors in plain numpy, for solvers that need no autograd."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def cross_matrix(w: Array) -> Array:
    """Return the matrix (3, 3) that maps v to w x v."""
    x, y, z = w
    return np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])


def rotation(w: Array) -> Array:
    """Return the rotation matrix (3, 3) of the rotation vector `w` (3,) [rad]."""
    angle = float(np.linalg.norm(w))
    k = cross_matrix(w)
    if angle < 1e-8:
        return np.eye(3) + k + 0.5 * k @ k
    return np.eye(3) + np.sin(angle) / angle * k + (1 - np.cos(angle)) / angle**2 * k @ k


def right_jacobian(w: Array) -> Array:
    """Return J (3, 3) with rotation(w + d) = rotation(w) rotation(J d) to first order in d."""
    angle = float(np.linalg.norm(w))
    k = cross_matrix(w)
    if angle < 1e-6:
        return np.eye(3) - 0.5 * k
    return np.eye(3) - (1 - np.cos(angle)) / angle**2 * k + (angle - np.sin(angle)) / angle**3 * k @ k


def rotation_vector(matrix: Array) -> Array:
    """Return the rotation vector (3,) [rad] of a rotation matrix, angle in [0, pi]."""
    sine = 0.5 * np.array([matrix[2, 1] - matrix[1, 2], matrix[0, 2] - matrix[2, 0], matrix[1, 0] - matrix[0, 1]])
    cosine = 0.5 * (np.trace(matrix) - 1)
    angle = float(np.arctan2(np.linalg.norm(sine), cosine))
    if angle < 1e-9:
        return sine
    if angle > np.pi - 1e-4:
        axis = np.sqrt(np.maximum((np.diag(matrix) - cosine) / (1 - cosine), 0))
        column = int(axis.argmax())
        signs = np.sign(matrix[:, column] + matrix[column])
        signs[column] = 1.0
        return angle * axis * signs / np.linalg.norm(axis)
    return sine * angle / np.linalg.norm(sine)
