"""Which arithmetic answers for a tensor, and what CUDA tensors keep on their device."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from renderfit.errors import DeviceError
from renderfit.rendering.adjacency import Kept, neighbours

BY_TORCH = {"cuda"}
"""Kinds of device on which all that follows visibility is done in torch operations; add ``cpu`` to try that path there."""

_faces, _neighbours = Kept(), Kept()


def by_torch(tensor: Tensor) -> bool:
    """Tell whether torch operations answer for a tensor; else numba does, which is faster on the processor."""
    return tensor.device.type in BY_TORCH


def check_together(**tensors: Tensor) -> None:
    """Tell that tensors are on one device.

    Raises
    ------
    DeviceError
        If they are not; the message says where each is.
    """
    if len({tensor.device for tensor in tensors.values()}) > 1:
        found = ", ".join(f"{name} on {tensor.device}" for name, tensor in tensors.items())
        raise DeviceError(f"{found}; expected one device: move them with .to(device)")


def faces_on(faces: NDArray[np.int64], device: torch.device) -> Tensor:
    """Return the faces (F, 3) as an int64 tensor on a device; copied once in the lifetime of the array."""
    # always a copy: a tensor over the array's own memory would keep it alive for ever
    known = _faces.get(faces, device)
    return _faces.put(faces, torch.tensor(faces, device=device), device) if known is None else known


def neighbours_on(faces: NDArray[np.int64], device: torch.device) -> tuple[Tensor, Tensor]:
    """Return `adjacency.neighbours` as int64 tensors on a device; made once in the lifetime of the array."""
    known = _neighbours.get(faces, device)
    if known is None:
        known = tuple(torch.as_tensor(values, device=device).long() for values in neighbours(faces))
        _neighbours.put(faces, known, device)
    return known
