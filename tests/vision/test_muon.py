"""The optimiser: orthogonal steps for kernels, AdamW for the rest."""

import pytest
import torch

from renderfit.vision.muon import Muon, orthogonalised
from renderfit.vision.unet import UNet


@pytest.mark.parametrize("shape", [(6, 40), (40, 6), (8, 8)])
def test_singular_values_come_near_one_and_singular_vectors_stay(shape):
    torch.manual_seed(0)
    matrix = torch.randn(shape, dtype=torch.float64)
    found = orthogonalised(matrix)
    values = torch.linalg.svdvals(found)
    assert 0.5 < values.min() < values.max() < 1.3
    left, _, right = torch.linalg.svd(matrix, full_matrices=False)
    within = left.T @ found @ right.T
    assert torch.allclose(within, torch.diag(within.diagonal()), atol=1e-6)


def test_all_but_kernels_move_as_under_adamw():
    torch.manual_seed(0)
    network, twin = UNet(("can",), 4, 3), UNet(("can",), 4, 3)
    twin.load_state_dict(network.state_dict())
    ours, theirs = Muon(network, 0.02, 0.004), torch.optim.AdamW(twin.parameters(), lr=0.004, weight_decay=1e-3)
    generator = torch.Generator().manual_seed(1)
    for _ in range(3):
        for mine, other in zip(network.parameters(), twin.parameters(), strict=True):
            mine.grad = torch.randn(mine.shape, generator=generator)
            other.grad = mine.grad.clone()
        ours.step()
        theirs.step()
    same = {name for name, value in network.named_parameters() if torch.allclose(value, twin.get_parameter(name), atol=1e-6)}
    kernels = {name for name, value in network.named_parameters() if value.ndim == 4 and not name.startswith(("first", "output"))}
    assert same == {name for name, _ in network.named_parameters()} - kernels


def test_rates_follow_the_schedule():
    optimizer = Muon(UNet(("can",), 4, 3), 0.02, 0.004)
    optimizer.schedule(0.5)
    optimizer.schedule(0.25)
    assert [group["lr"] for group in optimizer.param_groups] == [0.005, 0.001]
