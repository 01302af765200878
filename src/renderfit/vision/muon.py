"""Optimiser of the segmentation network: orthogonalised momentum for kernels, AdamW's step for the rest."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

POLYNOMIAL = (3.4445, -4.7750, 2.0315)
"""An odd polynomial that, applied five times, brings singular values in (0, 1] near 1."""
ROUNDS = 5


class Muon(torch.optim.Optimizer):
    """Steps of equal size in all directions a kernel's momentum has, whatever their strength.

    Parameters
    ----------
    network : Module
        Kernels (out, in, k, k) between hidden layers take orthogonalised steps; the first and the output layer,
        biases and normalisations those of AdamW.
    rate : float
        Of the orthogonalised steps.
    other : float
        Rate of the AdamW steps.
    decay : float
        Weight decay of the AdamW steps.

    References
    ----------
    Jordan et al., Muon: an optimizer for hidden layers in neural networks (2024); Loshchilov and Hutter (2019) for AdamW.
    """

    def __init__(self, network: nn.Module, rate: float, other: float, decay: float = 1e-3) -> None:
        edge = {"first", "output"}
        hidden = [value for name, value in network.named_parameters() if value.ndim == 4 and name.split(".")[0] not in edge]
        chosen = {id(value) for value in hidden}
        rest = [value for value in network.parameters() if id(value) not in chosen]
        groups = [{"params": hidden, "lr": rate, "hidden": True}, {"params": rest, "lr": other, "hidden": False}]
        super().__init__(groups, {"peak": 0.0, "decay": decay})
        for group in self.param_groups:
            group["peak"] = group["lr"]

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]
        """Move all parameters that have a gradient."""
        for group in self.param_groups:
            for value in group["params"]:
                if value.grad is None:
                    continue
                if group["hidden"]:
                    _orthogonal(value, value.grad, self.state[value], group["lr"])
                else:
                    _adam(value, value.grad, self.state[value], group["lr"], group["decay"])

    def schedule(self, factor: float) -> None:
        """Set all rates to `factor` of their highest."""
        for group in self.param_groups:
            group["lr"] = group["peak"] * factor


def _orthogonal(value: Tensor, gradient: Tensor, state: dict[str, Any], rate: float) -> None:
    if "momentum" not in state:
        state["momentum"] = torch.zeros_like(value)
    momentum: Tensor = state["momentum"]
    momentum.lerp_(gradient, 0.05)
    update = orthogonalised(gradient.lerp(momentum, 0.95).reshape(len(value), -1))
    value.add_(update.reshape(value.shape), alpha=-rate * max(1.0, update.shape[0] / update.shape[1]) ** 0.5)


def orthogonalised(matrix: Tensor) -> Tensor:
    """Return a matrix with the singular vectors of `matrix` (M, N) and singular values near 1."""
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if tall else matrix
    x = x / (x.norm() + 1e-7)
    a, b, c = POLYNOMIAL
    # Every round multiplies x by a polynomial of x x^T; those commute, so that only small squares are multiplied until the end.
    square, unit = x @ x.T, torch.eye(len(x), dtype=x.dtype, device=x.device)
    product = unit
    for _ in range(ROUNDS):
        factor = a * unit + b * square + c * (square @ square)
        product, square = factor @ product, factor @ factor @ square
    x = product @ x
    return x.T if tall else x


def _adam(value: Tensor, gradient: Tensor, state: dict[str, Any], rate: float, decay: float) -> None:
    if "step" not in state:
        state["step"], state["mean"], state["square"] = torch.zeros(()), torch.zeros_like(value), torch.zeros_like(value)
    state["step"] += 1
    count = float(state["step"])
    state["mean"].lerp_(gradient, 0.1)
    state["square"].mul_(0.999).addcmul_(gradient, gradient, value=0.001)
    scale = (state["square"] / (1 - 0.999**count)).sqrt_().add_(1e-8)
    value.mul_(1 - rate * decay).addcdiv_(state["mean"], scale, value=-rate / (1 - 0.9**count))
