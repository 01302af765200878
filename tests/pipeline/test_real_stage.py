"""Real objects as tests of the parametric shape space: only where that space is one, and there are real objects."""

import dataclasses
import json

import pytest

from renderfit import config, paths
from renderfit.datasets.split import Split
from renderfit.evaluation.real import Size
from renderfit.pipeline import real
from renderfit.plotting.real import title_of


class Mirror:
    """Stands in for the mirror: names only."""

    def names(self, category):
        return [f"{category}{k}" for k in range(3)]


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "ARTIFACTS", tmp_path)
    monkeypatch.setattr(real, "Open", Mirror)
    monkeypatch.setattr(real, "presence", lambda: type("Found", (), {"categories": {"spray": 2}}))
    (tmp_path / "shape_space" / "spray").mkdir(parents=True)
    (tmp_path / "shape_space" / "spray" / "space.json").write_text("{}")
    (tmp_path / "dataset").mkdir()
    (tmp_path / "dataset" / "split.json").write_text(json.dumps({"spray": {"canonical": "a", "train": ["b", "c"], "test": {"t1": "d"}}}))
    return tmp_path


def test_real_objects_are_tests_of_the_parametric_space(root):
    splits, left_out = real._splits({"spray transfer": Size(2, 2)})
    assert splits == {"spray transfer": Split("a", ("b", "c"), {"t1": "spray0", "t2": "spray1"})}
    assert real._real("spray transfer", splits["spray transfer"]) == ["spray0", "spray1"]
    assert "instead" in left_out["spray meshes"]
    assert title_of({"category": "spray", "kind": "transfer"}) == "sprays in the parametric space"


def test_what_stands_against_it_is_said(root, monkeypatch):
    assert real._splits({"camera transfer": Size(2, 2)})[1]["camera transfer"] == "none in the mirror"
    (root / "shape_space" / "spray" / "space.json").unlink()
    assert "no shape space" in real._splits({"spray transfer": Size(2, 2)})[1]["spray transfer"]
    other = dataclasses.replace(config.section(config.Dataset), source="open")
    monkeypatch.setattr(config, "section", lambda _: other)
    assert "dataset.source is open" in real._splits({"spray transfer": Size(2, 2)})[1]["spray transfer"]
