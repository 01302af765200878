"""Planes of faces over the image in torch operations: barycentrics, depth and slopes, as in `kernels` and `layers`."""

from __future__ import annotations

import torch
from torch import Tensor

from renderfit.rendering.kernels import OUTSIDE


def face_planes(h: Tensor, corners: Tensor) -> tuple[Tensor, Tensor]:
    """Return N_0, N_1, N_2 (P, 3, 3) and depths (P, 3) [m] of the faces with these corners (P, 3)."""
    a, b, c = h[corners, :3].unbind(1)
    return torch.stack([torch.linalg.cross(b, c), torch.linalg.cross(c, a), torch.linalg.cross(a, b)], 1), h[corners, 3]


def barycentrics_at(planes: Tensor, p: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return barycentrics (P, 3), ``p . N`` (P, 1) and which are regular (P,) at homogeneous positions (P, 3) [px]."""
    u = (planes * p[:, None]).sum(-1)
    s = u.sum(-1, keepdim=True)
    safe = torch.where(s == 0, torch.ones_like(s), s)
    b = torch.where(s == 0, torch.full_like(u, 1 / 3), u / safe)
    regular = (b >= OUTSIDE).all(-1) & (s[:, 0] != 0)
    clamped = b.clamp(min=0)
    return torch.where(regular[:, None], b, clamped / clamped.sum(-1, keepdim=True)), safe, regular


def depth_plane(h: Tensor, corners: Tensor, p: Tensor) -> tuple[Tensor, Tensor]:
    """Return the depth (P,) [m] of the faces' planes at positions (P, 3) [px] and its slopes (P, 2) [m / px]; infinite for slivers."""
    planes, z = face_planes(h, corners)
    u = (planes * p[:, None]).sum(-1)
    s = u.sum(-1)
    safe = torch.where(s == 0, torch.ones_like(s), s)
    depth = (u * z).sum(-1) / safe
    slope = ((z - depth[:, None])[..., None] * planes[..., :2]).sum(1) / safe[:, None]
    return torch.where(s == 0, z[:, 0], depth), torch.where((s == 0)[:, None], torch.full_like(slope, torch.inf), slope)


def value_at(h: Tensor, corners: Tensor, attributes: Tensor, p: Tensor) -> Tensor:
    """Return the attributes (P, C) float64 of the faces at positions (P, 3) [px]."""
    weights = barycentrics_at(face_planes(h, corners)[0], p)[0]
    return (weights[..., None] * attributes[corners].double()).sum(1)


def value_slope(h: Tensor, corners: Tensor, attributes: Tensor, p: Tensor, g: Tensor, axis: int) -> Tensor:
    """Return how `g` . values changes [1 / px] along an image axis over the faces, at positions (P, 3) [px]; 0 for slivers."""
    planes, _ = face_planes(h, corners)
    b, s, regular = barycentrics_at(planes, p)
    a = (attributes[corners].double() * g[:, None]).sum(-1)
    slope = ((a - (a * b).sum(-1, keepdim=True)) * planes[..., axis]).sum(1) / s[:, 0]
    return torch.where(regular, slope, torch.zeros_like(slope))
