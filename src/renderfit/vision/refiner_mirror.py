"""Left and right: inputs and predictions of a refiner mirrored, and the mean of both answers."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from renderfit.vision.refiner import CHANNELS, Prediction, Refiner


def mirrored_inputs(values: Tensor) -> Tensor:
    """Return inputs (B, 11, H, W) of the mirrored photograph beside the mirrored start."""
    signs = torch.ones(CHANNELS, dtype=values.dtype, device=values.device)
    signs[[4, 7]] = -1  # x of points and normals
    return values.flip(-1) * signs[:, None, None]


def mirrored_prediction(found: Prediction) -> Prediction:
    """Return the prediction of the mirrored object."""
    flip = torch.tensor([-1.0, 1, 1], device=found.shift.device)
    residual, normals = (values.flip(-1) * flip[:, None, None] for values in (found.residual, found.normals))
    turn = found.turn * flip[:, None] * flip[None, :]
    return Prediction(found.mask.flip(-1), residual, found.log_scale.flip(-1), normals, turn, found.shift * flip)


def both_ways(network: Refiner, values: Tensor) -> Prediction:
    """Return the mean of what `network` says of inputs (B, 11, H, W) and of the mirrored ones, mirrored back.

    Left and right are alike to the world but not to a trained network: the errors of the two answers partly cancel.
    """
    with torch.no_grad():
        whole = Prediction(*(part.float() for part in network(torch.cat([values, mirrored_inputs(values)]))))
    one, other = (Prediction(*(part[half] for part in whole)) for half in (slice(len(values)), slice(len(values), None)))
    other = mirrored_prediction(other)
    u, _, v = torch.linalg.svd(one.turn + other.turn)  # the rotation nearest to the sum of two that are less than a half turn apart
    mean = [(a + b) / 2 for a, b in zip(one, other, strict=True)]
    return Prediction(*mean)._replace(normals=functional.normalize(one.normals + other.normals, dim=1), turn=u @ v)
