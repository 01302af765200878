"""The walk of `silhouette` for many pairs of pixels at once, in torch operations."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from renderfit.rendering.silhouette import CONTINUES, FOLDS, LOST, OPEN, STEPS


@dataclass(eq=False)
class Surfaces:
    """What the walk goes over.

    Parameters
    ----------
    h : (V, 4) float64
        Homogeneous pixel rows (X, Y, W, z).
    faces : (F, 3), across : (F, 3), parts : (F,) int64
        Corners, neighbours (-1 at a boundary) and connected part of each face.
    near : float
        Faces nearer than this [m] are not followed.
    """

    h: Tensor
    faces: Tensor
    across: Tensor
    parts: Tensor
    near: float

    def __post_init__(self) -> None:
        self.xy = self.h[:, :2] / self.h[:, 2:3]

    def side(self, i: Tensor, j: Tensor, k: Tensor) -> Tensor:
        """Return twice the signed areas of the projected triangles."""
        a, b = self.xy[j] - self.xy[i], self.xy[k] - self.xy[i]
        return a[:, 0] * b[:, 1] - b[:, 0] * a[:, 1]


@dataclass(eq=False)
class Ends:
    """Where walks ended: status, edge (i, j), its place `t` between the pixels, and the face before it; all (P,)."""

    status: Tensor
    i: Tensor
    j: Tensor
    t: Tensor
    last: Tensor


def walk(surfaces: Surfaces, face: Tensor, target: Tensor, start: Tensor, across: Tensor, sense: Tensor, axis: int) -> Ends:
    """Walk from pixel centres to the next along an image axis, see `silhouette.walk`.

    Parameters
    ----------
    surfaces : Surfaces
    face, target : (P,)
        Where the walks start; the faces seen at the other pixels (-1: background).
    start, across, sense : (P,) float64
        Starts along the axis and across it [px]; +1 or -1: the direction.
    axis : int
        0 along columns, 1 along rows.
    """
    faces, along, level = surfaces.faces, surfaces.xy[:, axis], surfaces.xy[:, 1 - axis]

    def place(i: Tensor, j: Tensor, at: Tensor) -> Tensor:
        met = along[i] + (across[at] - level[i]) / (level[j] - level[i]) * (along[j] - along[i])
        return (met - start[at]) * sense[at]

    every = torch.arange(len(face), device=face.device)
    t, leave = torch.full_like(start, -1e30), torch.full_like(face, -1)
    for k in range(3):
        i, j = faces[face, k], faces[face, (k + 1) % 3]
        at = place(i, j, every)
        better = ((level[i] <= across) != (level[j] <= across)) & (at > t)
        t, leave = torch.where(better, at, t), torch.where(better, k, leave)
    lost = (leave < 0) | (surfaces.h[faces[face], 3] < surfaces.near).any(1)
    leave = leave.clamp(min=0)
    i, j, k3 = (faces[face, (leave + n) % 3] for n in range(3))
    ends = Ends(torch.full_like(face, LOST), i, j, t, face.clone())
    side = surfaces.side(i, j, k3)
    active = every[~lost]
    for _ in range(STEPS):
        active, leave, side = _step(surfaces, ends, active, leave, side, target, level, across)
        if len(active) == 0:
            break
        ends.t[active] = place(ends.i[active], ends.j[active], active)
    return ends


def _step(
    surfaces: Surfaces, ends: Ends, active: Tensor, leave: Tensor, side: Tensor, target: Tensor, level: Tensor, across: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Go one face further with the active walks; return those that go on, and the edge to leave by and the side of all."""
    faces, face = surfaces.faces, ends.last[active]
    i, j = ends.i[active], ends.j[active]
    ahead = surfaces.across[face, leave[active]]
    arrived, boundary = ends.t[active] >= 1.0, ahead < 0
    corners = faces[ahead.clamp(min=0)]
    other = (corners != i[:, None]) & (corners != j[:, None])
    k = corners.gather(1, other.long().argmax(1, keepdim=True))[:, 0]
    broken = ~other.any(1) | (surfaces.h[k, 3] < surfaces.near)
    folds = surfaces.side(i, j, k) * side[active] > 0
    met = ahead == target[active]
    status = torch.full_like(face, -1)
    for found, name in ((met, CONTINUES), (folds, FOLDS), (broken, LOST), (boundary, OPEN), (arrived, CONTINUES)):
        status = torch.where(found, name, status)
    on = status < 0
    ends.status[active] = torch.where(on, LOST, status)
    active, i, j, k, ahead, corners = active[on], i[on], j[on], k[on], ahead[on], corners[on]
    # the new corner replaces the one on its own side of the line
    keep_i = (level[i] <= across[active]) != (level[k] <= across[active])
    opposite, i, j = torch.where(keep_i, j, i), torch.where(keep_i, i, k), torch.where(keep_i, k, j)
    edge = ((corners == i[:, None]) | (corners == j[:, None])).long()
    first = (edge * edge.roll(-1, 1)).argmax(1)
    leave, side = leave.clone(), side.clone()
    leave[active], side[active] = first, surfaces.side(i, j, opposite)
    ends.i[active], ends.j[active], ends.last[active] = i, j, ahead
    return active, leave, side
