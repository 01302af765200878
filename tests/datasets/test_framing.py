"""Objects too large or too small for the camera of the test views are named, with the parameter to set."""

import dataclasses
import logging
import math

import numpy as np
import pytest
import torch
import trimesh

from renderfit import config
from renderfit.datasets import framing, views
from renderfit.datasets.split import FEWEST
from renderfit.errors import DataError
from renderfit.geometry import Camera, Mesh
from renderfit.rendering.photo import props

CAMERA, BAND = Camera.centred(48, 80.0), config.Views()


def box(*sides):
    vertices, faces = props.box()
    unit = (vertices - vertices.min(0)) / np.ptp(vertices, axis=0)
    return Mesh(torch.as_tensor(unit * sides), torch.as_tensor(faces))


@pytest.mark.parametrize("sides", [(0.1, 0.1, 0.3), (0.3, 0.05, 0.1), (0.2, 0.2, 0.2)])
def test_the_reach_bounds_what_views_show(sides):
    """From the distance that is recommended all views are whole, and from half of it some are cut."""
    mesh = box(*sides)
    distance = framing.fitting_distance(mesh, CAMERA, BAND)
    assert 0.8 < framing.framing(mesh, CAMERA, distance, BAND).reach <= framing.ROOM

    def cut(share):
        masks = [views.sample_view(mesh, CAMERA, seed, BAND, share * distance).mask for seed in range(6)]
        return [bool(m[0].any() or m[-1].any() or m[:, 0].any() or m[:, -1].any()) for m in masks]

    assert not any(cut(1.0))
    assert any(cut(0.5))


def test_the_embedded_objects_fit_and_a_flat_one_is_measured():
    framing.require_in_frame({"bottle": box(0.08, 0.08, 0.3)})
    flat = Mesh([[0.0, 0, 0], [0.1, 0, 0], [0, 0.1, 0]], [[0, 1, 2]])
    assert 0 < framing.framing(flat, CAMERA, 0.7, BAND).span < 0.5
    assert framing.framing(box(2.0, 2.0, 2.0), CAMERA, 0.7, BAND).reach == math.inf


def test_a_large_object_is_an_error_that_says_what_to_set():
    with pytest.raises(
        DataError, match=r"(?s)mug/a \(T1\) is 0\.6 x 0\.2 x 0\.6 m: it reaches .* cut\nset camera\.distance in params\.yaml to 1\."
    ) as raised:
        framing.require_in_frame({"mug/a (T1)": box(0.6, 0.2, 0.6), "mug/b (T2)": box(0.1, 0.1, 0.2)})
    assert "mug/b" not in str(raised.value)
    with pytest.raises(DataError, match="part of it lies behind the camera"):
        framing.require_in_frame({"mug/a (T1)": box(3.0, 3.0, 3.0)})


def test_the_recommended_distance_is_accepted(monkeypatch):
    lens, meshes = config.CameraSection(), {"mug/a (T1)": box(0.6, 0.2, 0.6), "mug/b (T2)": box(0.4, 0.2, 0.5)}
    with pytest.raises(DataError) as raised:
        framing.require_in_frame(meshes)
    distance = float(str(raised.value).rsplit(" ", 1)[1])
    sections = {config.CameraSection: config.CameraSection(lens.size, lens.focal, distance), config.Views: BAND}
    monkeypatch.setattr(framing.config, "section", sections.get)
    framing.require_in_frame(meshes)


def test_a_speck_is_an_error_too():
    size, share = r"pea/a \(T1\) is 0\.02 x 0\.02 x 0\.02 m", r"it spans \d+ of 256 px; expected 26 and more"
    with pytest.raises(DataError, match=rf"{size}: {share}\nset camera\.distance in params\.yaml to 0\.0"):
        framing.require_in_frame({"pea/a (T1)": box(0.02, 0.02, 0.02)})
    with pytest.raises(DataError, match=r"pea/a \(T1\) would be a speck: the sizes differ too much"):
        framing.require_in_frame({"pea/a (T1)": box(0.02, 0.02, 0.02), "door/b (T1)": box(0.8, 0.1, 2.0)})


def test_where_the_distance_is_chosen_the_log_says_so(caplog):
    mesh = box(0.6, 0.2, 0.6)
    with caplog.at_level(logging.WARNING):
        distance = framing.distance_for(mesh, CAMERA, 0.7, BAND, "drill saw")
    assert distance > 1
    assert "drill saw is photographed from" in caplog.text
    assert framing.distance_for(box(0.1, 0.1, 0.2), CAMERA, 0.7, BAND, "drill") == 0.7


def test_only_the_hull_counts():
    ball = trimesh.creation.icosphere(3, 0.1)
    mesh = Mesh(np.vstack([ball.vertices, ball.vertices * 0.5]), np.vstack([ball.faces, ball.faces + len(ball.vertices)]))
    assert framing.framing(mesh, CAMERA, 0.7, BAND) == framing.framing(Mesh(ball.vertices, ball.faces), CAMERA, 0.7, BAND)


def test_no_fewer_instances_can_be_asked_for_than_are_needed():
    (instances,) = (field for field in dataclasses.fields(config.Dataset) if field.name == "instances")
    assert instances.metadata["low"] == FEWEST
