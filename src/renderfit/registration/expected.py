"""How far off an answer is expected to be: the posterior, said in millimetres of the placed surface and in degrees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from renderfit.registration import twist
from renderfit.registration.columns import Columns
from renderfit.registration.objective import State
from renderfit.registration.orientation import vertex_normals

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Expected:
    """Standard deviations of one view's answer, in its camera's frame.

    Attributes
    ----------
    surface : float
        Of the placed surface [m], along its normal, root mean square over the vertices: shape and pose together. Sliding along the
        surface does not count: the turn of a bottle about its axis moves every vertex and nothing of the surface.
    posed : float
        The same for the pose alone, the shape held [m].
    rotation : (3,) array
        About the camera's axes [degree].
    translation : (3,) array
        Of the object's origin, along the camera's axes [m].
    turn : (3, 3) array
        Covariance of the rotation vector [rad^2], about the object's axes.
    size : float
        Diagonal of the registered shape's bounding box [m].
    """

    surface: float
    posed: float
    rotation: Array
    translation: Array
    turn: Array
    size: float

    @classmethod
    def of(cls, columns: Columns, state: State, covariance: Array, view: int = 0) -> Expected:
        """Read them off the posterior covariance (K + 6 views, K + 6 views) at a solved state, to first order."""
        first = columns.count + 6 * view
        pose = slice(first, first + 6)
        own = np.r_[: columns.count, pose]
        jacobian = normal_motion(columns, state, view)
        moments = covariance[np.ix_(own, own)] * (jacobian.T @ jacobian) / len(jacobian)
        turned = twist.right_jacobian(state.x[first : first + 3])
        turn = turned @ covariance[pose, pose][:3, :3] @ turned.T
        rotation = state.placed(view)[0]
        return cls(
            surface=_root(moments.sum()),
            posed=_root(moments[columns.count :, columns.count :].sum()),
            rotation=np.degrees(np.sqrt(np.maximum(np.diag(rotation @ turn @ rotation.T), 0))),
            translation=np.sqrt(np.maximum(np.diag(covariance[pose, pose])[3:], 0)),
            turn=turn,
            size=float(np.linalg.norm(np.ptp(state.vertices, axis=0))),
        )


def normal_motion(columns: Columns, state: State, view: int = 0) -> Array:
    """Return how far each vertex moves along its normal in the camera frame, by shape and pose: the derivative (V, K + 6).

    A vertex lies at R v(z) + t. With its normal n, in the object's frame, its column k of the basis moves it by n . b_k, a further
    turn d by n . (d x v) = d . (v x n), a shift by R n . t.
    """
    normals, _ = vertex_normals(state.vertices, columns.faces)
    first = columns.count + 6 * view
    shape = np.einsum("vi,vik->vk", normals, columns.basis)
    turn = np.cross(state.vertices, normals) @ twist.right_jacobian(state.x[first : first + 3])
    return np.concatenate([shape, turn, normals @ state.placed(view)[0].T], axis=1)


def _root(variance: float) -> float:
    return float(np.sqrt(max(variance, 0.0)))  # rounding may leave a variance of nothing just below zero
