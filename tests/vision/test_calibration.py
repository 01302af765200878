"""Masks as large as the objects they show."""

import copy

import numpy as np
import torch

from renderfit.geometry import Camera, Pose, load_mesh
from renderfit.rendering.photo import Style, photograph
from renderfit.vision import load_network, save_network, segment
from renderfit.vision.calibration import FOUND, area, calibrate, mask_of, photographed
from renderfit.vision.looks import drawn_in
from renderfit.vision.scores import intersection_over_union

CAMERA = Camera.centred(128, 210.0)
EASY = Style(backgrounds=("plain",), clutter=0, noise=0.3, dome=3, dome_size=24, shadow_size=48, defocus=0.0)
POSE = Pose.look_at(torch.tensor([0.35, 0.4, 0.4]), torch.tensor([0.0, 0.0, 0.09]))


def shifted(network, level):
    changed = copy.deepcopy(network)
    with torch.no_grad():
        changed.output.bias[0] += level
    return changed


def test_masks_of_a_network_that_draws_too_wide_become_as_large_as_the_objects(network, source):
    wide = shifted(network, -0.6)
    edge = calibrate(wide, source, 10)
    seen = photographed(wide, source, 10)
    found = [look for look in seen if intersection_over_union(mask_of(look, 0.0), look[2]) > FOUND]
    assert 0 < edge < 1
    assert area(found, 0.0) > 1.02
    assert abs(area(found, edge) - 1) < 0.01


def test_a_network_that_finds_nothing_or_draws_too_narrow_is_left_as_it_is(network, source):
    assert calibrate(shifted(network, 50.0), source, 4) == 0
    assert calibrate(shifted(network, 4.0), source, 8) == 0
    assert calibrate(network, source, 0) == 0


def test_outlines_are_drawn_in_by_parts_of_a_pixel():
    ramp = torch.clamp((torch.arange(16) - 7.5) / 4 + 0.5, 0, 1).expand(1, 16, 16)
    for edge in (0.25, 0.5, 1.0):
        (row,) = drawn_in(ramp, edge)[:, 8]
        at = float(np.interp(0.5, row[4:12].numpy(), np.arange(4, 12)))
        assert abs(at - 7.5 - edge) < 1e-5
    assert torch.equal(drawn_in(ramp, 0.0), ramp)
    sure = torch.full((1, 8, 8), 0.55)
    assert torch.allclose(drawn_in(sure, 1.0), sure)  # a part that is barely seen stays


def test_the_edge_is_kept_with_the_weights_and_counts_in_masks(network, folder, tmp_path):
    drawn = copy.deepcopy(network)
    drawn.edge = 0.5
    save_network(drawn, tmp_path)
    image = photograph(load_mesh(folder / "can" / "one.ply"), CAMERA, POSE, 2, EASY).image
    before, after = (segment(image, each, "can") for each in (network, load_network(tmp_path)))
    assert (after <= before + 1e-6).all()
    assert after.sum() < before.sum()
