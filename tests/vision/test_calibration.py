"""Masks as large as the objects they show."""

import copy

import torch

from renderfit.vision.calibration import area, calibrate, photographed


def shifted(network, level):
    changed = copy.deepcopy(network)
    with torch.no_grad():
        changed.output.bias[0] += level
    return changed


def test_masks_of_a_network_that_draws_too_wide_become_as_large_as_the_objects(network, source):
    wide = shifted(network, -0.6)
    other = {"first": 100, "count": 8}
    before = area(photographed(wide, source, **other), 0.0)
    level = calibrate(wide, source, 10)
    after = area(photographed(wide, source, **other), 0.0)
    assert level > 0
    assert abs(after - 1) < 0.5 * abs(before - 1)


def test_a_network_that_finds_nothing_stays_as_it_is(network, source):
    blind = shifted(network, 50.0)
    before = blind.output.bias.clone()
    assert calibrate(blind, source, 4) == 0
    assert calibrate(blind, source, 0) == 0
    assert torch.equal(blind.output.bias, before)
