import numpy as np
import pytest
import torch

from renderfit.vision import comparison

OFFSETS = np.linspace(-1, 1, 21)


def test_the_valley_of_a_parabola_is_the_whole_range():
    found = comparison.valley(OFFSETS, OFFSETS**2)
    assert found.basin == 1
    assert found.bias == pytest.approx(0)
    assert found.sharpness == pytest.approx(0.04)


def test_a_second_dip_ends_the_basin_and_a_shift_is_the_bias():
    values = np.minimum((OFFSETS - 0.1) ** 2, 0.05 + (OFFSETS + 0.8) ** 2)
    found = comparison.valley(OFFSETS, values)
    assert found.bias == pytest.approx(0.1)
    assert 0.5 < found.basin < 0.8


def test_a_flat_curve_has_no_basin():
    found = comparison.valley(OFFSETS, np.ones(21))
    assert (found.basin, found.sharpness) == (0, 0)


def test_structural_similarity_of_equal_and_different_images():
    image = torch.rand(24, 24, 3, generator=torch.Generator().manual_seed(0))
    assert comparison.structural_similarity(image, image).item() == pytest.approx(1, abs=1e-5)
    assert comparison.structural_similarity(image, 1 - image).item() < 0.2


def test_every_loss_is_least_at_the_observed_image(network):
    rows, columns = torch.meshgrid(torch.arange(32.0), torch.arange(32.0), indexing="ij")

    def render(offset):
        mask = torch.sigmoid(7 - torch.sqrt((rows - 16) ** 2 + (columns - 16 - offset) ** 2))
        return mask[..., None] * torch.tensor([0.8, 0.1, 0.1]), mask

    observed, mask = render(0.0)
    found = comparison.sweep(render, np.array([-6.0, -2.0, 0.0, 2.0, 6.0]), observed, mask, comparison.losses(network))
    assert len(found) == 11
    for name, values in found.items():
        assert values.argmin() == 2, name
        assert values[0] > values[2], name
