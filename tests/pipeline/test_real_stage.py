"""The study of real objects: who is tested in which space, and what the page needs of it."""

import dataclasses
import json

import numpy as np
import pytest
import torch
import trimesh

from renderfit import config, paths
from renderfit.datasets.split import Split
from renderfit.evaluation import real_misses
from renderfit.geometry import Mesh
from renderfit.pipeline import real_study
from renderfit.plotting.real import title_of


class Mirror:
    """Stands in for the mirror: boxes."""

    origin = "here"

    def __init__(self, licence):
        self.licence = licence

    def names(self, category):
        return {"spray": ["s0", "s1"], "drill": ["d0", "d1", "d2", "d3"]}.get(category, [])

    def mesh(self, _, name):
        box = trimesh.creation.box([0.1, 0.1 + 0.01 * int(name[1]), 0.2])
        return Mesh(torch.as_tensor(np.array(box.vertices)), torch.as_tensor(np.array(box.faces)))


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "ARTIFACTS", tmp_path)
    monkeypatch.setattr(real_study, "Open", Mirror)
    monkeypatch.setattr(real_study, "presence", lambda: type("Found", (), {"categories": {"spray": 2, "drill": 4}}))
    splits = {}
    for category in ("spray", "drill"):
        (tmp_path / "shape_space" / category).mkdir(parents=True)
        (tmp_path / "shape_space" / category / "space.json").write_text("{}")
        splits[category] = {"canonical": "a", "train": ["b", "c"], "test": {"t1": "d"}}
    (tmp_path / "dataset").mkdir()
    (tmp_path / "dataset" / "split.json").write_text(json.dumps(splits))
    return tmp_path


def test_real_objects_are_tests_of_the_parametric_space(root):
    folds, left_out = real_study.roles()
    assert folds["spray transfer"] == [Split("a", ("b", "c"), {"t1": "s0", "t2": "s1"})]
    assert real_study._real("spray transfer", folds["spray transfer"][0]) == ["s0", "s1"]
    assert "2 in the mirror" in left_out["spray meshes"]
    assert "0 in the mirror" in left_out["bottle meshes"]
    assert left_out["bottle transfer"] == "none in the mirror"
    assert title_of({"category": "spray", "kind": "transfer"}) == "sprays in the parametric space"


def test_of_few_each_is_the_test_in_turn_and_keeps_its_photographs(root):
    folds, _ = real_study.roles()
    assert len(folds["drill meshes"]) == 4
    tests = {slot: name for split in folds["drill meshes"] for slot, name in split.test.items()}
    assert tests == {"t1": "d0", "t2": "d1", "t3": "d2", "t4": "d3"}
    assert folds["drill transfer"][0].test == tests


def test_what_stands_against_it_is_said(root, monkeypatch):
    (root / "shape_space" / "spray" / "space.json").unlink()
    assert "no shape space" in real_study.roles()[1]["spray transfer"]
    other = dataclasses.replace(config.section(config.Dataset), source="open")
    monkeypatch.setattr(config, "section", lambda _: other)
    assert "dataset.source is open" in real_study.roles()[1]["spray transfer"]


def test_outlines_follow_masks():
    mask = np.zeros((20, 30), dtype=bool)
    mask[5:11, 8:20] = True
    (line,) = real_misses.outline(mask)
    assert np.ptp(np.array(line), axis=0) == pytest.approx([12, 6], abs=1)
    assert real_misses.overlap(mask, mask) == 1.0
    assert real_misses.overlap(mask, ~mask) == 0.0
    assert real_misses.outline(np.zeros((4, 4), dtype=bool)) == []


@pytest.mark.parametrize(
    ("run", "twin", "seen", "why"),
    [
        ({"failed": True, "warnings": ["the network found nothing"]}, {}, 0.0, "the network found nothing"),
        ({}, {"v2v_mm": 3.0}, 0.4, "segmentation: its mask overlaps the true one by 0.40"),
        ({"rotation_left_deg": 30.0}, {"v2v_mm": 9.0, "rotation_left_deg": 28.0}, 0.9, "pose: 30 degrees"),
        ({}, {"v2v_mm": 9.0}, 0.9, "shape: "),
    ],
)
def test_the_step_that_failed_is_named(run, twin, seen, why):
    record = {"failed": False, "warnings": [], "v2v_mm": 9.0}
    assert real_misses.reason(record | run, record | twin, seen, 2.0).startswith(why)
