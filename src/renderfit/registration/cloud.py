"""Categorical latent shape registration (CLS) of a partial point cloud: the baseline that sees depth.

References
----------
Rodriguez et al., Transferring grasping skills to novel instances by latent space non-rigid registration, ICRA 2018.
"""

from __future__ import annotations

import time
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from renderfit import config
from renderfit.errors import DataError, ShapeError
from renderfit.geometry import Mesh, Pose
from renderfit.registration import checks, twist
from renderfit.registration.columns import Columns
from renderfit.registration.levenberg import Damping, minimise
from renderfit.registration.objective import Prior
from renderfit.registration.result import Registration, Step
from renderfit.registration.starts import require_cloud

Array = NDArray[np.float64]
UNIT = 1e-3
"""Residuals of the front-facing variant count in millimetres."""


class _Nearest:
    """Cost of one parameter vector: observed points against their nearest deformed vertices."""

    def __init__(self, columns: Columns, points: Array, start: tuple[Array, Array], x: Array, precision: Array, front: bool) -> None:
        self.x, self._columns, self._precision, self._front = x, columns, precision, front
        count = columns.count
        self.vertices = columns.decode(x[:count])
        self.rotation = start[0] @ twist.rotation(x[count : count + 3])
        self.translation = start[1] + x[count + 3 :]
        placed = self.vertices @ self.rotation.T + self.translation
        candidates = self._facing(placed) if front else np.arange(len(placed))
        self.distance, index = cKDTree(placed[candidates]).query(points)
        self.chosen = candidates[index]
        self.offset = placed[self.chosen] - points
        power = 1 if front else 2
        self.cost = float(((self.distance / UNIT) ** (2 * power)).sum() + (precision * x) @ x)

    def _facing(self, placed: Array) -> NDArray[np.int64]:
        normals = Mesh(torch.as_tensor(placed), torch.as_tensor(self._columns.faces)).vertex_normals().numpy()
        facing = np.flatnonzero((normals * placed).sum(axis=1) < 0)
        return facing if len(facing) else np.arange(len(placed))

    def normal(self) -> tuple[Array, Array]:
        count = self._columns.count
        chosen = self.chosen
        jacobian = np.empty((len(chosen), 3, count + 6))
        jacobian[:, :, :count] = np.einsum("ij,njk->nik", self.rotation, self._columns.basis[chosen])
        crosses = np.array([twist.cross_matrix(p) for p in self.vertices[chosen]])
        jacobian[:, :, count : count + 3] = -self.rotation @ crosses @ twist.right_jacobian(self.x[count : count + 3])
        jacobian[:, :, count + 3 :] = np.eye(3)
        if self._front:
            flat, residual = jacobian.reshape(-1, count + 6) / UNIT, self.offset.reshape(-1) / UNIT
        else:
            flat = 2 * np.einsum("nd,ndk->nk", self.offset, jacobian) / UNIT**2
            residual = (self.distance / UNIT) ** 2
        return flat.T @ flat + np.diag(self._precision) + 1e-9 * np.eye(count + 6), flat.T @ residual + self._precision * self.x


def register_pointcloud(
    points: ArrayLike,
    space: Any,
    pose: Pose | None = None,
    optimise_pose: bool = True,
    method: Literal["released", "front"] = "released",
    *,
    samples: int = 500,
    prior: float = 100.0,
    model: str = "pca",
) -> Registration:
    """Register the canonical of `space` to a partial cloud by least squares over latent and rigid pose.

    Parameters
    ----------
    points : (N, 3) array
        Observed points [m], in the camera frame when `pose` is given, else in the object frame.
    space : ShapeSpace
        The category's shape space.
    pose : Pose, optional
        Object to camera, exact or a first guess.
    optimise_pose : bool
        Move the pose together with the latent variables.
    method : "released" or "front"
        "released": squared nearest distances as residuals, all vertices, no prior, as the authors' code.
        "front": distances to the nearest vertex that faces the camera, with a Gaussian prior; needs `pose`.
    samples : int
        At most so many observed points are used, evenly picked.
    prior : float
        Weight of the Gaussian prior against squared millimetres ("front" only): the variance of one distance times the
        number of points whose errors go together.
    model : str
        "pca" or "rich".

    Returns
    -------
    Registration

    Raises
    ------
    ShapeError, DataError
        If the cloud is malformed, nearly empty, not in metres or not where the pose puts the object, or "front" is asked for
        without a pose.

    Examples
    --------
    >>> import trimesh
    >>> import renderfit as rf
    >>> def ellipsoid(width, height):
    ...     ball = trimesh.creation.icosphere(2)
    ...     return rf.Mesh(ball.vertices * [width, width, height], ball.faces)
    >>> family = [ellipsoid(0.05, 0.08), ellipsoid(0.06, 0.08), ellipsoid(0.06, 0.1), ellipsoid(0.04, 0.1)]
    >>> space = rf.ShapeSpace.fit(ellipsoid(0.05, 0.09), family, components=2, points=162, iterations=50)
    >>> truth = ellipsoid(0.06, 0.09)
    >>> fit = rf.register_pointcloud(truth.vertices[::2], space, optimise_pose=False)  # in the object frame
    >>> rf.vertex_error(space.canonical, truth).mean > 0.005, rf.vertex_error(fit.mesh, truth).mean < 0.0005
    (True, True)
    """
    begun = time.process_time()
    cloud = np.asarray(points, dtype=np.float64)
    if cloud.ndim != 2 or cloud.shape[1] != 3:
        raise ShapeError(f"points has shape {cloud.shape}; expected (N, 3) finite positions in metres")
    if bad := int((~np.isfinite(cloud)).any(axis=1).sum()):
        raise ShapeError(f"{bad} of {len(cloud)} points are not finite; expected (N, 3) finite positions in metres: leave those points out")
    if len(cloud) < 10:
        raise DataError(f"the cloud has {len(cloud)} points; expected at least 10 on the object: check the mask and the depth")
    if method == "front" and pose is None:
        raise DataError(
            'method "front" needs to know where the camera is; expected a pose (object to camera) and points in the camera frame'
        )
    columns = Columns.of_space(space, model)
    require_cloud(cloud, columns.mean, pose)
    cloud = cloud[np.linspace(0, len(cloud) - 1, min(samples, len(cloud))).round().astype(np.int64)]
    start = pose if pose is not None else Pose(torch.eye(4, dtype=torch.float64))
    parts = start.rotation.numpy().astype(np.float64), start.translation.numpy().astype(np.float64)
    count = columns.count
    weights = Prior(weight=prior, along=0.03).diagonal(count, 1) if method == "front" else np.zeros(count + 6)

    def evaluate(x: Array) -> _Nearest:
        return _Nearest(columns, cloud, parts, x, weights, method == "front")

    iterations = config.section(config.Cls).iterations
    damping = Damping(stop=1e-4, enough=prior if method == "front" else 0.0)
    x, first = np.zeros(count + 6), 0
    free = np.arange(count + 6) if optimise_pose else np.arange(count)
    if optimise_pose and method == "front":
        first = iterations // 4
        x = minimise(evaluate, x, np.arange(count, count + 6), first, damping).best.x
    path = minimise(evaluate, x, free, iterations - first, damping)
    final = path.best
    mesh = Mesh(torch.as_tensor(final.vertices), torch.as_tensor(columns.faces))
    found = Pose.from_parts(torch.as_tensor(final.rotation), torch.as_tensor(final.translation))
    size = float(np.linalg.norm(np.ptp(columns.mean, axis=0)))
    verdict = checks.judge_cloud(columns, final.x, final.distance, size)
    history = [Step("cls", cost, point[:count], point[count:]) for cost, point in zip(path.costs, path.points, strict=True)]
    return Registration(
        latent=torch.as_tensor(final.x[:count].copy()),
        pose=found,
        mesh=mesh,
        covariance=np.zeros((0, 0)),
        history=history,
        converged=path.converged and verdict.confidence >= checks.TRUSTED,
        renders=0,
        cpu_seconds=time.process_time() - begun,
        confidence=verdict.confidence,
        warnings=[*verdict.warnings, *([] if path.converged else [checks.UNSETTLED])],
        poses=[found],
        model=model,
        method=f"cls-{method}",
    )
