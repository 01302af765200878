"""What each pixel shows, in torch operations: the geometry that images and gradients on CUDA start from."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from renderfit.rendering.devices import faces_on
from renderfit.rendering.fragments import Fragments
from renderfit.rendering.torch_planes import barycentrics_at, face_planes


@dataclass(eq=False)
class Seen:
    """The P covered pixels of an image; floating tensors are float64.

    Parameters
    ----------
    ids : (H, W), faces : (F, 3) int64
        Visible faces and their corners.
    row, column : (P,), corners : (P, 3) int64
        Where the pixels are, and the vertices of their faces.
    p : (P, 3)
        Homogeneous pixel centres [px].
    planes : (P, 3, 3); b : (P, 3); s : (P, 1); regular : (P,) bool
        As from `torch_planes.face_planes` and `torch_planes.barycentrics_at`.
    depth : (H, W)
        Depth [m], as precise as float32; 0 on the background.
    """

    ids: Tensor
    faces: Tensor
    row: Tensor
    column: Tensor
    corners: Tensor
    p: Tensor
    planes: Tensor
    b: Tensor
    s: Tensor
    regular: Tensor
    depth: Tensor

    def interpolated(self, attributes: Tensor) -> Tensor:
        """Return attributes (V, C) as an image (H, W, C); zero on the background."""
        image = attributes.new_zeros((*self.ids.shape, attributes.shape[1]))
        image[self.row, self.column] = (self.b[..., None] * attributes[self.corners].double()).sum(1).to(attributes.dtype)
        return image

    def scatter(self, h: Tensor, force: Tensor, grad_h: Tensor) -> None:
        """Carry forces (P, 2) [loss / px] to the vertices: accumulate into `grad_h` (V, 4)."""
        w = (self.b * h[self.corners, 2]).sum(-1, keepdim=True)
        full = torch.cat([force / w, -(force * self.p[:, :2]).sum(-1, keepdim=True) / w, torch.zeros_like(w)], -1)
        grad_h.index_put_((self.corners,), self.b[..., None] * full[:, None], accumulate=True)


def see(h: Tensor, fragments: Fragments) -> Seen:
    """Return what the fragments show of vertices with homogeneous pixel rows `h` (V, 4), on their device."""
    ids, faces = fragments.face_id_on(h.device), faces_on(fragments.faces, h.device)
    row, column = (ids >= 0).nonzero(as_tuple=True)
    corners = faces[ids[row, column]]
    p = torch.stack([column + 0.5, row + 0.5, torch.ones_like(row, dtype=torch.float64)], -1).to(h)
    planes, z = face_planes(h, corners)
    b, s, regular = barycentrics_at(planes, p)
    depth = torch.zeros(ids.shape, dtype=torch.float32, device=h.device)  # as precise as numba keeps it
    depth[row, column] = (b * z).sum(-1).float()
    return Seen(ids, faces, row, column, corners, p, planes, b, s, regular, depth.double())
