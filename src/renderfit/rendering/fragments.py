"""What covers each pixel: the non-differentiable answer of the rasterisers."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from renderfit.rendering.kernels import fragments_kernel


@dataclass(eq=False)
class Fragments:
    """The visible face of each pixel; the rest is computed on first use.

    Parameters
    ----------
    ids : (H, W) int32
        Row into `faces`, -1 is background; an array, or a CUDA tensor where OpenGL's texture is shared with CUDA.
        Row 0 is the top of the image.
    faces : (F, 3) int64
        Vertex indices.
    pixels : (V, 4) float64
        Homogeneous pixel rows (X, Y, W, z) of the vertices, see `projection`.
    backend : str
        Which rasteriser answered: ``gl`` or ``cpu``.
    channels : (H, W, 3) float64, optional
        Barycentrics that the shader wrote (``layout="paper"``); else they are derived from the pixels.

    Examples
    --------
    >>> import renderfit as rf
    >>> camera = rf.Camera(width=2, height=2, fx=1.0, fy=1.0, cx=0.0, cy=0.0)
    >>> seen = rf.rasterize([[0.0, 0, 1], [1.5, 0, 1], [0, 1.5, 1]], [[0, 1, 2]], camera, backend="cpu")
    >>> seen.mask.tolist()
    [[True, False], [False, False]]
    >>> seen.vertex_id[0, 0].tolist(), seen.barycentrics[0, 0].round(6).tolist(), float(seen.depth[0, 0])
    ([0, 1, 2], [0.333333, 0.333333, 0.333333], 1.0)
    """

    ids: NDArray[np.int32] | Tensor
    faces: NDArray[np.int64]
    pixels: NDArray[np.float64]
    backend: str
    channels: NDArray[np.float64] | None = None
    _moved: Tensor | None = field(default=None, init=False, repr=False)

    @cached_property
    def face_id(self) -> NDArray[np.int32]:
        """Visible face (H, W) of each pixel, a row into `faces`; -1 on the background."""
        return self.ids.cpu().numpy() if isinstance(self.ids, Tensor) else self.ids

    def face_id_on(self, device: torch.device) -> Tensor:
        """Return `face_id` as an int64 tensor on a device."""
        if self._moved is None or self._moved.device != device:
            self._moved = torch.as_tensor(self.ids, device=device).long()
        return self._moved

    @cached_property
    def _derived(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        barycentrics, depth = np.zeros((*self.face_id.shape, 3)), np.zeros(self.face_id.shape)
        fragments_kernel(self.face_id, self.faces, self.pixels, barycentrics, depth)
        return (barycentrics if self.channels is None else self.channels), depth

    @property
    def barycentrics(self) -> NDArray[np.float64]:
        """Perspective-correct barycentrics (H, W, 3); zero on the background."""
        return self._derived[0]

    @property
    def depth(self) -> NDArray[np.float64]:
        """Depth along the optical axis (H, W) [m]; zero on the background."""
        return self._derived[1]

    @property
    def mask(self) -> NDArray[np.bool_]:
        """Covered pixels (H, W)."""
        return self.face_id >= 0

    @cached_property
    def vertex_id(self) -> NDArray[np.int64]:
        """Vertex indices (H, W, 3) of the visible face; -1 on the background (Fig. 1 of the paper)."""
        ids = np.full((*self.face_id.shape, 3), -1, np.int64)
        ids[self.mask] = self.faces[self.face_id[self.mask]]
        return ids
