"""Grasp transfer: a gripper pose on the canonical object carried to a registered instance.

References
----------
Rodriguez et al., Transferring grasping skills to novel instances by latent space non-rigid registration, ICRA 2018.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from renderfit.errors import ShapeError
from renderfit.geometry import Mesh, Pose

Array = NDArray[np.float64]


def transfer_grasp(grasp: Pose, canonical: Mesh, deformed: Mesh, contacts: ArrayLike | None = None, radius: float = 0.02) -> Pose:
    """Carry a gripper pose from the canonical mesh to its deformed copy.

    The vertices near the contacts move with the deformation; the rigid motion closest to theirs (weighted least
    squares) is applied to the gripper.

    Parameters
    ----------
    grasp : Pose
        Gripper to canonical object frame.
    canonical, deformed : Mesh
        The same vertices before and after the deformation [m], as ``space.canonical`` and ``Registration.mesh``.
    contacts : (N, 3) array, optional
        Contact points in the gripper frame [m]; default: its origin.
    radius : float
        Width [m] of the weights around the contacts.

    Returns
    -------
    Pose
        Gripper to the frame of the deformed mesh.

    Raises
    ------
    ShapeError
        If the two meshes do not have the same number of vertices.

    Examples
    --------
    >>> triangle = Mesh([[0.0, 0, 0], [0.1, 0, 0], [0, 0.1, 0]], [[0, 1, 2]])
    >>> moved = transfer_grasp(Pose(torch.eye(4)), triangle, triangle.with_vertices(triangle.vertices + 0.5))
    >>> [round(float(x), 6) for x in moved.translation]
    [0.5, 0.5, 0.5]
    """
    before, after = canonical.numpy()[0], deformed.numpy()[0]
    if before.shape != after.shape:
        raise ShapeError(f"canonical has {len(before)} vertices, deformed {len(after)}; expected the same mesh before and after")
    points = np.zeros((1, 3)) if contacts is None else np.asarray(contacts, dtype=np.float64).reshape(-1, 3)
    placed = grasp.apply(torch.as_tensor(points)).numpy()
    distance, _ = cKDTree(placed).query(before)
    reach = max(radius, float(np.sort(distance)[min(2, len(distance) - 1)]))
    weights = np.exp(-0.5 * (distance / reach) ** 2)
    rotation, translation = _rigid(before, after, weights)
    motion = Pose.from_parts(torch.as_tensor(rotation), torch.as_tensor(translation))
    return motion @ Pose(grasp.matrix.double())


def side_grasp(mesh: Mesh) -> tuple[Pose, Array]:
    """Return a grasp from both sides at half height: gripper pose, and the two contacts (2, 3) in the gripper's frame [m].

    The contacts are the outermost vertices along x within a centimetre of the height of the mean vertex.
    """
    vertices = mesh.vertices.detach().double()
    centre = vertices.mean(dim=0)
    sides = vertices[(vertices[:, 2] - centre[2]).abs() < 0.01]
    if not len(sides):
        raise ShapeError("the mesh has no vertex near its middle height; expected one with vertices all over")
    contacts = torch.stack([sides[sides[:, 0].argmin()], sides[sides[:, 0].argmax()]]) - centre
    return Pose.from_parts(torch.eye(3, dtype=torch.float64), centre), contacts.numpy()


def _rigid(before: Array, after: Array, weights: Array) -> tuple[Array, Array]:
    """Return the rotation and translation that map `before` onto `after` in the weighted least squares sense."""
    share = weights / weights.sum()
    a, b = share @ before, share @ after
    u, _, vt = np.linalg.svd((after - b).T @ (share[:, None] * (before - a)))
    rotation = u @ np.diag([1.0, 1.0, np.linalg.det(u @ vt)]) @ vt
    return rotation, b - rotation @ a
