"""The `edge` estimator in torch operations, for CUDA tensors: the twin of `edges` and `crossings`."""

from __future__ import annotations

import torch
from torch import Tensor

from renderfit.rendering.layers import BORDER, CROSSING, JUMP, ONE, OUTLINE
from renderfit.rendering.settings import FACE, PIXEL, VERTEX, Settings
from renderfit.rendering.torch_layers import Meetings, relations, same_surface
from renderfit.rendering.torch_planes import barycentrics_at, depth_plane, face_planes, value_at, value_slope
from renderfit.rendering.torch_walk import Surfaces


def edge_forces(
    surfaces: Surfaces,
    ids: Tensor,
    depth: Tensor,
    attributes: Tensor,
    image: Tensor,
    upstream: Tensor,
    upstream_mask: Tensor,
    settings: Settings,
    grad_h: Tensor,
) -> tuple[Tensor, Tensor]:
    """Return forces (H, W, 2) as `edges.edge_forces` does, and the share (H, W, 2) of the interior term that is still to be added.

    Parameters
    ----------
    surfaces : Surfaces
    ids : (H, W); depth : (H, W) [m]
    attributes : (V, C), or as `settings.values` says
    image, upstream : (H, W, C) float64; upstream_mask : (H, W) float64
    settings : Settings
    grad_h : (V, 4)
        Accumulated into, at the vertices of each outline edge and of each crossing.
    """
    per_face, interior = settings.values == FACE, settings.values == VERTEX
    force, share = depth.new_zeros((*ids.shape, 2)), depth.new_ones((*ids.shape, 2))
    for axis, dim in ((0, 1), (1, 0)):
        count = ids.shape[dim] - 1
        if count == 0:
            continue
        a, b = ids.narrow(dim, 0, count), ids.narrow(dim, 1, count)
        differs, smooth = a != b, same_surface(ids, depth, settings.camera, dim)
        one = differs & smooth & (a >= 0) & (b >= 0)
        if per_face:
            one = torch.zeros_like(one)
        elif len(surfaces.parts):
            one &= surfaces.parts[a.clamp(min=0)] == surfaces.parts[b.clamp(min=0)]
        pairs = (differs & ~one).nonzero()
        row, column = pairs.unbind(1)
        r, c = row + axis, column + 1 - axis
        here = torch.stack([column + 0.5, row + 0.5, torch.ones_like(row)], 1).to(depth)
        seen = ids[row, column], ids[r, c], depth[row, column], depth[r, c], smooth[row, column]
        met = relations(surfaces, *seen, here, axis, per_face=per_face)
        one[row, column] = met.kind == ONE
        step = (image.narrow(dim, 1, count) - image.narrow(dim, 0, count)) * (0.5 * one)[..., None]
        for k in range(2 if interior else 0):
            share.narrow(dim, k, count)[..., axis] -= 0.5 * differs
            force.narrow(dim, k, count)[..., axis] -= (step * upstream.narrow(dim, k, count)).sum(-1)
        rest = met.kind != ONE
        ends = (row[rest], column[rest]), (r[rest], c[rest])
        faces = ids[ends[0]], ids[ends[1]]
        colours, gradients, of_mask = ([values[end] for end in ends] for values in (image, upstream, upstream_mask))
        first, second = _pairs(
            surfaces, met.of(rest), faces, here[rest], attributes, colours, gradients, of_mask, axis, settings.values, grad_h
        )
        # along one axis a pixel is the first of one pair and the next of another at most: no place comes twice
        force[(*ends[0], torch.full_like(faces[0], axis))] += first
        force[(*ends[1], torch.full_like(faces[0], axis))] += second
    return force, share


def _pairs(
    surfaces: Surfaces,
    met: Meetings,
    faces: tuple[Tensor, Tensor],
    here: Tensor,
    attributes: Tensor,
    image: list[Tensor],
    upstream: list[Tensor],
    upstream_mask: list[Tensor],
    axis: int,
    values: int,
    grad_h: Tensor,
) -> tuple[Tensor, Tensor]:
    """Return the forces (P,) on both pixels of pairs that are not one surface; motions of edges and crossings go to `grad_h`."""
    h, corners = surfaces.h, surfaces.faces
    outline, crossing, jump = met.kind == OUTLINE, met.kind == CROSSING, met.kind == JUMP
    edge = outline | (met.kind == BORDER)
    t = torch.where(jump, 0.5, met.t.clamp(0, 1))
    ta = torch.where((met.owner > 0) | crossing, t, 1 - t)  # place between the first pixel and the next
    at = here.clone()
    at[:, axis] += ta
    # weights of the two vertices at the edge, on the screen and in perspective
    level = surfaces.xy[:, 1 - axis]
    vi, vj, wi, wj = level[met.i], level[met.j], h[met.i, 2], h[met.j, 2]
    si = torch.where(edge, (vj - at[:, 1 - axis]) / torch.where(edge, vj - vi, torch.ones_like(vi)), torch.zeros_like(vi))
    wi, wj = (torch.where(edge, w, torch.ones_like(w)) for w in (wi, wj))
    w = 1 / (si / wi + (1 - si) / wj)
    bi = si / wi * w
    early = ta < 0.5
    seen = [torch.where(early, faces[0], met.last), torch.where(early, met.other, faces[1])]
    first, second = (face[crossing] for face in seen)
    va, vb = image
    if values != PIXEL:
        if values == FACE:
            value, crossed = attributes[met.last].double(), [attributes[face].double() for face in (first, second)]
        else:
            value = bi[:, None] * attributes[met.i].double() + (1 - bi[:, None]) * attributes[met.j].double()
            crossed = [value_at(h, corners[face], attributes, at[crossing]) for face in (first, second)]
        va = torch.where((outline & (met.owner > 0))[:, None], value, va)
        vb = torch.where((outline & (met.owner < 0))[:, None], value, vb)
        va[crossing], vb[crossing] = crossed
    between = (1 - ta) * upstream_mask[0] + ta * upstream_mask[1]
    term = (((1 - ta[:, None]) * upstream[0] + ta[:, None] * upstream[1]) * (va - vb)).sum(-1)
    term = term + torch.where(faces[1] < 0, between, torch.where(faces[0] < 0, -between, torch.zeros_like(between)))
    forces = [torch.where(jump & (met.owner == side), term, torch.zeros_like(term)) for side in (1, -1)]
    for vertex, share in ((met.i, bi), (met.j, 1 - bi)):
        push = torch.zeros_like(h[vertex])
        push[:, axis], push[:, 2] = share * term / w, -share * term * at[:, axis] / w
        grad_h.index_put_((vertex[edge],), push[edge], accumulate=True)
    _move_crossings(h, corners[first], corners[second], at[crossing], term[crossing], axis, grad_h)
    if values != VERTEX:
        return forces[0], forces[1]
    for end, known in ((0, crossing | (outline & (met.owner > 0))), (1, crossing | (outline & (met.owner < 0)))):
        # from each centre to the place where its surface ends; where that is not known, by the slope
        centre = here.clone()
        centre[:, axis] += end
        to_edge = (upstream[end] * (va - image[0] if end == 0 else image[1] - vb)).sum(-1)
        by_slope = 0.5 * value_slope(h, corners[faces[end].clamp(min=0)], attributes, centre, upstream[end], axis)
        inner = torch.where(known, to_edge, by_slope)
        forces[end] = forces[end] - torch.where(faces[end] >= 0, inner, torch.zeros_like(inner))
    return forces[0], forces[1]


def _move_crossings(h: Tensor, first: Tensor, second: Tensor, at: Tensor, term: Tensor, axis: int, grad_h: Tensor) -> None:
    """Carry the loss gradients `term` (P,) [1 / px] of the places of crossings to the vertices, as `crossings.move_crossing`."""
    slopes = depth_plane(h, first, at)[1], depth_plane(h, second, at)[1]
    apart = slopes[0] - slopes[1]
    size = (apart**2).sum(1)
    good = (size > 0) & (size < 1e300) & (apart[:, axis] != 0)
    weight = torch.where(good, -term * apart[:, axis] / torch.where(good, size, torch.ones_like(size)), torch.zeros_like(term))
    for corners, slope, sign in ((first, slopes[0], 1.0), (second, slopes[1], -1.0)):
        b = barycentrics_at(face_planes(h, corners)[0], at)[0]
        w = (b * h[corners, 2]).sum(1)
        # a surface point that moves sideways brings another depth to the pixel
        push = torch.stack([-slope[:, 0] / w, -slope[:, 1] / w, (slope * at[:, :2]).sum(1) / w, torch.ones_like(w)], 1)
        push = torch.where(good[:, None], sign * weight[:, None] * push, torch.zeros_like(push))
        grad_h.index_put_((corners,), b[..., None] * push[:, None], accumulate=True)
