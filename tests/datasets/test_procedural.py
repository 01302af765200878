"""The embedded data set: complete, reproducible, in one frame, with the defects it should have."""

import hashlib
import json

import numpy as np
import pytest
import trimesh

from renderfit import paths
from renderfit.datasets import load_split
from renderfit.datasets.procedural import BUILDERS, build
from renderfit.datasets.procedural.catalogue import recipes, write_default
from renderfit.errors import DataError

DEFAULT = paths.ROOT / "datasets" / "default"
CATEGORIES = list(BUILDERS)


@pytest.fixture(scope="module")
def canonical():
    return {category: build(category, recipes(category)[0]["parameters"]) for category in CATEGORIES}


def test_the_stored_recipes_are_what_the_seeds_give(tmp_path):
    write_default(tmp_path)
    written = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.json"))
    stored = sorted(path.relative_to(DEFAULT) for path in DEFAULT.rglob("*.json"))
    assert written == stored
    for path in written:
        assert (tmp_path / path).read_bytes() == (DEFAULT / path).read_bytes(), path


def test_thirteen_instances_with_two_tests_each():
    for category, split in load_split(DEFAULT / "split.json").items():
        assert len(split.names()) >= 13, category
        assert set(split.test) == {"t1", "t2"}
        assert not set(split.test.values()) & {split.canonical, *split.train}


@pytest.mark.parametrize("category", CATEGORIES)
def test_frame_and_size(category, canonical):
    vertices, _ = canonical[category].numpy()
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    assert low[2] == 0.0
    assert 0.08 < (high - low).max() < 0.32
    assert abs(low[0] + high[0]) < 0.15 * (high[0] - low[0])
    if category != "bottle":
        assert high[1] > abs(low[1])


@pytest.mark.parametrize("category", CATEGORIES)
def test_the_same_recipe_gives_the_same_bytes(category, canonical):
    again = build(category, recipes(category)[0]["parameters"])
    for first, second in zip(canonical[category].numpy(), again.numpy(), strict=True):
        assert hashlib.sha256(first.tobytes()).digest() == hashlib.sha256(second.tobytes()).digest()


@pytest.mark.parametrize("category", CATEGORIES)
def test_it_is_a_soup_with_real_defects(category, canonical):
    vertices, faces = canonical[category].numpy()
    soup = trimesh.Trimesh(vertices, faces, process=False)
    assert not soup.is_watertight
    assert soup.body_count > 5
    assert len(np.unique(np.sort(faces, axis=1), axis=0)) < len(faces)
    merged = trimesh.Trimesh(vertices, faces, process=True)
    assert not merged.is_winding_consistent


@pytest.mark.parametrize("category", CATEGORIES)
def test_materials_are_few_colours(category, canonical):
    colors = np.unique(canonical[category].colors.numpy(), axis=0)
    assert 3 <= len(colors) <= 16


def test_most_faces_of_a_clean_soup_face_outward():
    parameters = {key: value for key, value in recipes("drill")[0]["parameters"].items() if key != "defects"}
    mesh = build("drill", parameters)
    assert mesh.volume() > 0


def test_instances_differ_in_shape_and_parts():
    heights = [recipe["parameters"]["height"] for recipe in recipes("bottle")]
    assert max(heights) > 1.5 * min(heights)
    assert len({recipe["parameters"]["cap"] for recipe in recipes("bottle")}) >= 4


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"hight": 0.2}, "unknown parameters"),
        ({"height": "tall"}, "expected float"),
        ({"cap": "cork"}, "cap is 'cork'"),
        ({"defects": {}}, "defects holds"),
    ],
)
def test_wrong_recipes_are_refused(change, expected):
    with pytest.raises(DataError, match=expected):
        build("bottle", {**recipes("bottle")[0]["parameters"], **change})


def test_unknown_category():
    with pytest.raises(DataError, match="no procedural category 'mug'"):
        build("mug", {})


def test_split_file_is_readable_by_anyone():
    assert set(json.loads((DEFAULT / "split.json").read_text())) == set(CATEGORIES)
