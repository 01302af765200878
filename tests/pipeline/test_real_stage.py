"""The study of real objects: who is tested in which space, and what the page needs of it."""

import dataclasses
import json

import numpy as np
import pytest
import torch
import trimesh

from renderfit import config, paths
from renderfit.cli import real
from renderfit.datasets import mirror
from renderfit.datasets.split import Split
from renderfit.errors import DataError
from renderfit.evaluation import real_misses
from renderfit.geometry import Mesh
from renderfit.pipeline import real_roles, real_study
from renderfit.plotting import real_failures
from renderfit.plotting.real import title_of
from renderfit.whole import write_text


class Mirror:
    """Stands in for the mirror: boxes."""

    origin = "here"

    def __init__(self, licence):
        self.licence = licence

    def names(self, category):
        return {"spray": ["s0", "s1"], "drill": ["d0", "d1", "d2", "d3"]}.get(category, [])

    def listed(self, category):
        return self.names(category)

    def mesh(self, _, name):
        box = trimesh.creation.box([0.1, 0.1 + 0.01 * int(name[1]), 0.2])
        return Mesh(torch.as_tensor(np.array(box.vertices)), torch.as_tensor(np.array(box.faces)))


class Clouds(Mirror):
    """Stands in for the released clouds: three to train on, one to test; some are not to be had."""

    GONE = ()

    def __init__(self, without=()):
        self.without = without

    def names(self):
        return [f"c{k}" for k in range(5)]

    def cloud(self, name):
        if name in self.GONE:
            raise DataError(f"{name}.ply: missing in the mirror")
        return self.mesh("drill", name)

    def splits(self):
        first, *train = [name for name in self.names()[:4] if name not in self.without]
        return {"drill": Split(first, tuple(train), {"t1": "c4"})}


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "ARTIFACTS", tmp_path)
    monkeypatch.setattr(real_roles, "Open", Mirror)
    monkeypatch.setattr(real_roles, "Drills", Clouds)
    splits = {}
    for category in ("spray", "drill"):
        (tmp_path / "shape_space" / category).mkdir(parents=True)
        (tmp_path / "shape_space" / category / "space.json").write_text("{}")
        splits[category] = {"canonical": "a", "train": ["b", "c"], "test": {"t1": "d"}}
    (tmp_path / "dataset").mkdir()
    (tmp_path / "dataset" / "split.json").write_text(json.dumps(splits))
    return tmp_path


def test_real_objects_are_tests_of_the_parametric_space(root):
    folds, left_out = real_roles.roles()
    assert folds["spray transfer"] == [Split("a", ("b", "c"), {"t1": "s0", "t2": "s1"})]
    assert real_roles.objects("spray transfer", folds["spray transfer"][0]) == ["s0", "s1"]
    assert "2 in the mirror" in left_out["spray meshes"]
    assert "0 in the mirror" in left_out["bottle meshes"]
    assert left_out["bottle transfer"] == "none in the mirror"
    assert title_of({"category": "spray", "kind": "transfer"}) == "sprays in the parametric space"


def test_of_few_each_is_the_test_in_turn_and_keeps_its_photographs(root):
    folds, _ = real_roles.roles()
    assert len(folds["drill meshes"]) == 4
    tests = {slot: name for split in folds["drill meshes"] for slot, name in split.test.items()}
    assert tests == {"t1": "d0", "t2": "d1", "t3": "d2", "t4": "d3"}
    assert folds["drill transfer"][0].test == tests


def test_what_stands_against_it_is_said(root, monkeypatch):
    (root / "shape_space" / "spray" / "space.json").unlink()
    assert "no shape space" in real_roles.roles()[1]["spray transfer"]
    other = dataclasses.replace(config.section(config.Dataset), source="open")
    monkeypatch.setattr(config, "section", lambda _: other)
    assert "dataset.source is open" in real_roles.roles()[1]["spray transfer"]


def test_a_missing_object_is_named_and_left_out_and_the_others_go_on(root, monkeypatch):
    assert real_roles.roles()[0]["drill clouds"] == [Split("c0", ("c1", "c2", "c3"), {"t1": "c4"})]
    monkeypatch.setattr(Clouds, "GONE", ("c1",))
    whole = Mirror.mesh

    def broken(self, category, name):
        if name == "d2":
            raise DataError("drill/d2.ply: corrupted: copy it again")
        return whole(self, category, name)

    monkeypatch.setattr(Mirror, "mesh", broken)
    folds, left_out = real_roles.roles()
    assert folds["drill clouds"] == [Split("c0", ("c2", "c3"), {"t1": "c4"})]
    assert left_out["drill clouds, c1"] == "c1.ply: missing in the mirror"
    assert "drill meshes" not in folds  # three are too few, and the broken one is named
    assert left_out["drill meshes"] == "3 in the mirror; a shape space with a test needs 4; d2: drill/d2.ply: corrupted: copy it again"
    assert folds["drill transfer"][0].test == {"t1": "d0", "t2": "d1", "t3": "d3"}
    assert "corrupted" in left_out["drill transfer, d2"]
    assert folds["spray transfer"]


def test_too_few_clouds_end_their_study_only(root, monkeypatch):
    monkeypatch.setattr(Clouds, "GONE", ("c0", "c1", "c2", "c3"))
    folds, left_out = real_roles.roles()
    assert "drill clouds" not in folds
    assert left_out["drill clouds"].startswith("1 in the mirror; a shape space with a test needs 4; c0: c0.ply: missing")
    assert left_out["drill clouds"].endswith("; and 1 more")
    assert folds["drill meshes"]


def test_messages_say_nothing_of_where_the_mirror_is(tmp_path, monkeypatch):
    monkeypatch.setenv(mirror.VARIABLE, str(tmp_path))
    _, left_out = real_roles.roles()
    assert "drill_pcd/ais__drill_1.ply: missing" in left_out["drill clouds"]
    assert set(real_roles.STUDIES) <= set(left_out)
    assert str(tmp_path) not in "".join(left_out.values())


@pytest.fixture
def study(root, monkeypatch):
    """A study without work, in a root that has results of an earlier one."""
    monkeypatch.setattr(paths, "RESULTS", root / "results")
    monkeypatch.setattr(mirror, "required", lambda: root)
    monkeypatch.setattr(mirror, "fingerprint", dict)
    monkeypatch.setattr(real_study, "provenance", lambda *_: {})
    monkeypatch.setattr(real_study, "roles", lambda: ({"drill clouds": [Split("a", ("b", "c"), {"t1": "d"})]}, {"spray meshes": "few"}))
    floor = {"instance": "t1", "method": "latent_floor", "pose": "known", "view": 0, "v2v_mm": 2.0}
    ours = [floor | {"method": "ours", "pose": pose, "failed": False} for pose in ("known", "noise")]

    def work(_, tasks, label):
        return [([floor, *ours] if not task[5] else [], {"seen": 1.0}) for task in tasks] if label == "real views" else []

    monkeypatch.setattr(real_study, "fan_out", work)
    write_text(root / "real" / "real.json", "earlier")
    write_text(root / "results" / "real.json", "earlier")
    return root / "real" / "real.json", root / "results" / "real.json"


def test_photographs_and_results_are_of_the_same_run(study):
    found = real_study.study_all(1)
    assert found["left_out"] == {"spray meshes": "few"}
    copy, results = (path.read_bytes() for path in study)
    assert copy == results
    assert json.loads(results)["studies"][0]["category"] == "drill"
    assert not list(study[0].parents[1].glob("*.part"))


def test_a_study_that_fails_at_the_end_leaves_the_earlier_one(study, monkeypatch):
    def fail(*_):
        raise DataError("no more")

    monkeypatch.setattr(real_study, "provenance", fail)
    with pytest.raises(DataError, match="no more"):
        real_study.study_all(1)
    assert [path.read_text() for path in study] == ["earlier", "earlier"]


def test_after_a_kill_between_the_two_no_page_mixes_them(study, monkeypatch):
    whole = real_study.write_text

    def killed(path, text):
        if path == study[1]:
            raise KeyboardInterrupt
        whole(path, text)

    (study[0].parent / "drill clouds" / "views" / "t1" / "0").mkdir(parents=True)
    kept = [{"category": "drill", "kind": "clouds"}]
    assert real_failures.at_hand(kept, study[1], study[0].parent) == kept
    monkeypatch.setattr(real_study, "write_text", killed)
    with pytest.raises(KeyboardInterrupt):
        real_study.study_all(1)
    (study[0].parent / "drill clouds" / "views" / "t1" / "0").mkdir(parents=True)
    assert real_failures.at_hand(kept, study[1], study[0].parent) == []


def test_the_help_says_the_licence_policy_of_every_study():
    said = " ".join(real.command.__doc__.split())
    for words, policy in (("Clear", "clear"), ("Clear or stated", "stated"), ("without a licence are used too", "any")):
        listed = said.split(f"{words}: ")[1].split(".")[0]
        assert sorted(listed.split(", ")) == sorted(name for name, kind in real_roles.STUDIES.items() if kind == policy)


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
