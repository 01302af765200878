"""Which meshes of the manifest are used depends on how clear their licences are; what is kept out is named."""

import hashlib

import pytest
import trimesh

from renderfit.datasets import download, licences, mirror, presence, real
from renderfit.datasets.roles import in_turn, spread
from renderfit.datasets.split import Split
from renderfit.errors import ConfigError, DataError
from renderfit.geometry import load_mesh

TERMS = {"a": "clear", "b": "clear", "c": "stated", "d": "stated", "e": "none"}


@pytest.fixture
def boxes(tmp_path, monkeypatch):
    """A mirror of five cameras with licences of all kinds."""
    monkeypatch.setenv(mirror.VARIABLE, str(tmp_path))
    entries = []
    for k, (name, terms) in enumerate(TERMS.items()):
        path = tmp_path / "camera" / f"{name}.ply"
        path.parent.mkdir(exist_ok=True)
        solid = trimesh.creation.box([0.12 + 0.01 * k, 0.05, 0.08])
        solid.apply_translation([0, 0, 0.04])
        path.write_bytes(solid.export(file_type="ply"))
        content = path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        here = (f"camera/{name}.ply", "camera", "", len(content), digest, "somebody", "0" * 12, "some licence", terms, "somebody", "z up")
        entries.append(mirror.Entry(*here))
    monkeypatch.setattr(mirror, "manifest", lambda: entries)
    return entries


def test_a_policy_says_what_is_used(boxes, caplog):
    assert real.Open("clear").names("camera") == ["a", "b"]
    assert real.Open().names("camera") == ["a", "b", "c", "d"]
    assert set(real.Open().splits()["camera"].names()) == set("abcd")
    assert "camera/e.ply" in caplog.text
    assert set(real.Open("any").splits()["camera"].names()) == set(TERMS)
    with pytest.raises(DataError, match="licence is clear"):
        real.Open("clear").splits()


def test_a_mesh_that_is_kept_out_is_named(boxes):
    assert len(real.Open("any").mesh("camera", "e").faces) == 12
    with pytest.raises(DataError, match=r"camera/e is kept out by its licence \(some licence\); set dataset.licence to any"):
        real.Open().mesh("camera", "e")
    with pytest.raises(DataError, match="not in the manifest"):
        real.Open().mesh("camera", "f")
    with pytest.raises(ConfigError, match="policy 'free'; expected one of clear, stated, any"):
        real.Open("free")


def test_downloads_keep_to_the_policy(boxes):
    assert download.fetch_all()["barred"] == ["camera/e.ply"]
    assert download.fetch_all(licence="any")["barred"] == []


def test_the_page_counts_licences(boxes):
    lines = presence.licence_lines([{"category": "camera", "kind": "meshes", "unlicensed": ["e"]}])
    assert lines[0] == "- camera: 2 clear, 2 stated, 1 none (e)"
    assert lines[-1].endswith("camera meshes (e).")


def test_the_manifest_has_enough_bottles_with_a_licence():
    kept = licences.allowed(mirror.manifest(), "stated")
    assert sum(entry.category == "bottle" for entry in kept) >= 1 + 15 + 2
    assert not any("no license" in entry.licence or "unknown" in entry.licence for entry in kept)


def test_spare_objects_become_tests():
    split = Split("c", tuple(f"n{k}" for k in range(9)), {"t1": "x", "t2": "y"})
    found = spread(split, 6)
    assert found.test == {"t1": "x", "t2": "y", "t3": "n1", "t4": "n4", "t5": "n7"}
    assert len(found.train) == 6
    assert spread(split, 9) is split


def test_each_of_a_few_is_the_test_once(boxes):
    meshes = {name: real.Open("any").mesh("camera", name) for name in TERMS}
    found = in_turn("camera", meshes, "here")
    assert [split.test for split in found] == [{f"t{k + 1}": name} for k, name in enumerate("abcde")]
    assert all(sorted(split.names()) == list("abcde") for split in found)
    assert found[0].canonical in {"c", "d"}
    with pytest.raises(DataError, match="3 instances, 1 to train"):
        in_turn("camera", {name: meshes[name] for name in "abc"}, "here")


def test_objects_unlike_the_canonical_are_tests(tmp_path):
    shapes = {"a": (0.1, 0.04, 0.2), "b": (0.1, 0.05, 0.2), "c": (0.11, 0.04, 0.21), "d": (0.2, 0.04, 0.1)}
    meshes = {}
    for name, sides in shapes.items():
        trimesh.creation.box(sides).export(tmp_path / f"{name}.ply")
        meshes[name] = load_mesh(tmp_path / f"{name}.ply")
    found = real.acceptable(Split("a", ("b", "d"), {"t1": "c"}), meshes)
    assert found == Split("a", ("b", "c"), {"t1": "d"})
    assert real.acceptable(Split("a", ("b", "c", "d"), {}), meshes).train == ("b", "c")
