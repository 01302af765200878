"""How the surfaces of neighbouring pixels meet, for many pairs at once in torch operations: the twin of `layers`."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from renderfit.geometry import Camera
from renderfit.rendering.layers import BORDER, CROSSING, JUMP, ONE, OUTLINE, SLOPE_FACTOR, SMOOTH
from renderfit.rendering.silhouette import CONTINUES, FOLDS, OPEN
from renderfit.rendering.torch_planes import depth_plane
from renderfit.rendering.torch_walk import Surfaces, walk


@dataclass(eq=False)
class Meetings:
    """Kind, owner, edge (i, j), place t and faces (last, other) of each pair, as `layers.relation` returns them; all (P,)."""

    kind: Tensor
    owner: Tensor
    i: Tensor
    j: Tensor
    t: Tensor
    last: Tensor
    other: Tensor

    def of(self, pairs: Tensor) -> Meetings:
        """Return those of some pairs."""
        return Meetings(*(value[pairs] for value in (self.kind, self.owner, self.i, self.j, self.t, self.last, self.other)))

    def decide(self, where: Tensor, kind: int, owner: Tensor, *values: Tensor) -> None:
        """Set what is not decided yet: kind, owner and the first of i, j, t and last."""
        where = where & (self.kind < 0)
        self.kind = torch.where(where, kind, self.kind)
        self.owner = torch.where(where, owner, self.owner)
        for name, value in zip(("i", "j", "t", "last", "other"), values, strict=False):
            setattr(self, name, torch.where(where, value, getattr(self, name)))


def same_surface(ids: Tensor, depth: Tensor, camera: Camera, dim: int) -> Tensor:
    """Tell from depths (H, W) alone which neighbours along a dimension show one smooth surface, as `layers.same_surface`."""
    count = ids.shape[dim] - 1
    flat = torch.zeros_like(ids.narrow(dim, 0, count), dtype=torch.bool)
    if count < 3:
        return flat
    inner = torch.minimum(depth.narrow(dim, 1, count - 2), depth.narrow(dim, 2, count - 2))
    unit = (torch.ones_like(inner) if camera.orthographic else inner) / (0.5 * (camera.fx + camera.fy))
    step = depth.diff(dim=dim)
    bend = 2 * step.narrow(dim, 1, count - 2) - step.narrow(dim, 0, count - 2) - step.narrow(dim, 2, count - 2)
    seen = (ids.narrow(dim, 0, count - 2) >= 0) & (ids.narrow(dim, 3, count - 2) >= 0)
    flat.narrow(dim, 1, count - 2).copy_(seen & (bend.abs() < 2 * SMOOTH * unit))
    return flat


def relations(
    surfaces: Surfaces,
    fa: Tensor,
    fb: Tensor,
    za: Tensor,
    zb: Tensor,
    smooth: Tensor,
    here: Tensor,
    axis: int,
    *,
    per_face: bool,
) -> Meetings:
    """Say how the surfaces seen at pixels and at the next ones along an image axis meet.

    Parameters
    ----------
    surfaces : Surfaces
    fa, fb : (P,)
        Faces at the pixels and at the next ones, -1 is background.
    za, zb : (P,)
        Depths [m].
    smooth : (P,) bool
        Answers of `same_surface`.
    here : (P, 3)
        Homogeneous centres of the first pixels [px].
    axis : int
    per_face : bool
        Values are constant on each face: an edge between two faces of one surface is told apart too.
    """
    zero, none = torch.zeros_like(fa), torch.zeros_like(za)
    found = Meetings(zero - 1, zero, zero, zero, none, fa, fb)
    both = (fa >= 0) & (fb >= 0)
    first_a = (fb < 0) | ((fa >= 0) & (za <= zb))  # the nearer of the two is asked first
    beyond_a, beyond_b = zero - 1, zero - 1
    opened = [zero, zero, none - 1.0, zero]
    for attempt in range(2):
        ask_a = first_a == (attempt == 0)
        owner = torch.where(ask_a, 1, -1)
        asked, target = torch.where(ask_a, fa, fb), torch.where(ask_a, fb, fa)
        todo = ((found.kind < 0) & (asked >= 0)).nonzero()[:, 0]
        start, sense = here[:, axis] + torch.where(ask_a, 0.0, 1.0), owner.double()
        ends = walk(surfaces, asked[todo], target[todo], start[todo], here[todo, 1 - axis], sense[todo], axis)
        status = (zero - 1).index_put((todo,), ends.status)
        edge = [
            empty.index_put((todo,), value)
            for empty, value in zip((zero, zero, none, zero), (ends.i, ends.j, ends.t, ends.last), strict=True)
        ]
        found.decide((status == FOLDS) | ((status == OPEN) & ~both), OUTLINE, owner, *edge)
        goes_on = status == CONTINUES
        arrived = goes_on & (edge[2] < 1.0)
        if per_face:
            found.decide(arrived, BORDER, owner, *edge)
        else:
            found.decide(arrived, ONE, owner)
        beyond_a = torch.where(goes_on & ask_a, edge[3], beyond_a)
        beyond_b = torch.where(goes_on & ~ask_a, edge[3], beyond_b)
        if attempt == 0:
            opened = [torch.where(status == OPEN, value, old) for value, old in zip(edge, opened, strict=True)]
        found.decide((status >= 0) & ~goes_on & ~both, JUMP, owner)
    found.decide(~both, JUMP, torch.where(fb < 0, 1, -1))
    _behind_each_other(surfaces, found, fa, fb, za, zb, smooth, here, axis, (beyond_a, beyond_b), per_face=per_face)
    owner = torch.where(za <= zb, 1, -1)
    found.decide((opened[2] >= 0) & (opened[2] <= 1), OUTLINE, owner, *opened)
    found.decide(torch.ones_like(both), JUMP, owner)
    return found


def _behind_each_other(
    surfaces: Surfaces,
    found: Meetings,
    fa: Tensor,
    fb: Tensor,
    za: Tensor,
    zb: Tensor,
    smooth: Tensor,
    here: Tensor,
    axis: int,
    beyond: tuple[Tensor, Tensor],
    *,
    per_face: bool,
) -> None:
    """Decide the pairs of two faces whose surfaces go on, by depths: they cross, or are one surface after all."""
    left = (found.kind < 0).nonzero()[:, 0]
    there = here.clone()
    there[:, axis] += 1
    corners = surfaces.faces
    hidden_b = depth_plane(surfaces.h, corners[beyond[1][left].clamp(min=0)], here[left])[0]
    hidden_a = depth_plane(surfaces.h, corners[beyond[0][left].clamp(min=0)], there[left])[0]
    behind, before = za[left] - hidden_b, hidden_a - zb[left]
    cross = (beyond[0][left] >= 0) & (beyond[1][left] >= 0)
    cross &= (behind <= 0) & (before >= 0) & (before < torch.inf) & (behind < before)
    place = -behind / torch.where(cross, before - behind, torch.ones_like(before))
    no, zero = torch.zeros_like(smooth), torch.zeros_like(fa)
    t = torch.zeros_like(za).index_put((left,), place)
    found.decide(no.index_put((left,), cross), CROSSING, zero, zero, zero, t, *beyond)
    if per_face:
        return
    slope_a = depth_plane(surfaces.h, corners[fa[left]], here[left])[1][:, axis].abs()
    slope_b = depth_plane(surfaces.h, corners[fb[left]], there[left])[1][:, axis].abs()
    one = ((surfaces.parts[fa[left]] != surfaces.parts[fb[left]]) & smooth[left]) | (
        (zb[left] - za[left]).abs() <= SLOPE_FACTOR * torch.maximum(slope_a, slope_b)
    )
    found.decide(no.index_put((left,), one), ONE, zero)
