"""Commands keep their results apart from what they are made from."""

import numpy as np
import pytest
import trimesh

from renderfit.cli import segment, shape_space
from renderfit.errors import DataError
from renderfit.rendering.images import write_image


def test_a_shape_space_does_not_go_among_its_instances(tmp_path):
    for k in range(3):
        trimesh.creation.box([0.1, 0.1, 0.1 + 0.01 * k]).export(tmp_path / f"box{k}.ply")
    with pytest.raises(DataError, match=r"is the input .*; expected another place for results"):
        shape_space.command(tmp_path / "box0.ply", tmp_path, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["box0.ply", "box1.ply", "box2.ply"]


def test_a_mask_does_not_replace_its_photograph(tmp_path):
    write_image(np.full((32, 32, 3), 90, np.uint8), tmp_path / "photo.png")
    before = (tmp_path / "photo.png").read_bytes()
    with pytest.raises(DataError, match=r"photo.png: is the input .*; expected another place for results"):
        segment.command(tmp_path / "photo.png", tmp_path / "photo.png")
    assert (tmp_path / "photo.png").read_bytes() == before
