"""Masks as large as the objects they show."""

import copy

import numpy as np
import torch
from scipy.special import logit

from renderfit.geometry import Camera, Pose, load_mesh
from renderfit.rendering.photo import photograph
from renderfit.vision import load_network, save_network, segment
from renderfit.vision.calibration import area, calibrate, photographed

CAMERA = Camera.centred(128, 210.0)
POSE = Pose.look_at(torch.tensor([0.35, 0.4, 0.4]), torch.tensor([0.0, 0.0, 0.09]))


def shifted(network, level):
    changed = copy.deepcopy(network)
    with torch.no_grad():
        changed.output.bias[0] += level
    return changed


def test_masks_of_a_network_that_draws_too_wide_become_as_large_as_the_objects(network, source):
    wide = shifted(network, -0.6)
    other = {"first": 100, "count": 8}
    before = area(photographed(wide, source, **other), 0.0)
    level = wide.level = calibrate(wide, source, 10)
    after = area(photographed(wide, source, **other), level)
    assert level > 0
    assert abs(after - 1) < 0.7 * abs(before - 1)


def test_a_network_that_finds_nothing_is_not_calibrated(network, source):
    blind = shifted(network, 50.0)
    assert calibrate(blind, source, 4) == 0
    assert calibrate(blind, source, 0) == 0


def test_the_level_is_kept_with_the_weights_and_counts_in_masks(network, folder, tmp_path):
    raised = copy.deepcopy(network)
    raised.level = 0.5
    save_network(raised, tmp_path)
    loaded, image = load_network(tmp_path), photograph(load_mesh(folder / "can" / "one.ply"), CAMERA, POSE, 2).image
    before, after = (segment(image, each, "can") for each in (network, loaded))
    inside = before > 0
    assert inside.any()
    assert np.allclose(logit(before[inside]) - logit(after[inside]), 0.5, atol=1e-4)
