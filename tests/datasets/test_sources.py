"""Every source of meshes: accepted when right, refused by name when not."""

import dataclasses
import json
import shutil

import numpy as np
import pytest
import torch
import trimesh

from renderfit import paths
from renderfit.datasets import mirror, real
from renderfit.datasets.folder import DeepCPD, Folder
from renderfit.datasets.presence import presence
from renderfit.datasets.procedural import build
from renderfit.datasets.procedural.catalogue import recipes
from renderfit.datasets.recipes import build_recipe
from renderfit.datasets.reconstruct import load_cloud, reconstruct
from renderfit.datasets.sources import Recipes, named
from renderfit.datasets.split import Split, chosen
from renderfit.errors import DataError
from renderfit.geometry import Mesh, load_mesh, save_mesh
from renderfit.geometry.nearest import TriangleTree


def box(x, y, z):
    solid = trimesh.creation.box([x, y, z])
    solid.apply_translation([0, 0, z / 2])
    return Mesh(torch.as_tensor(np.asarray(solid.vertices)), torch.as_tensor(np.asarray(solid.faces)))


@pytest.fixture
def folder(tmp_path):
    for k in range(5):
        save_mesh(box(0.05 + 0.002 * k * k, 0.06, 0.2 + 0.01 * k), tmp_path / "mug" / f"m{k}.ply")
    return tmp_path


def test_a_folder_is_split_by_shape(folder):
    split = Folder(folder).splits()["mug"]
    assert split.test["t2"] == "m4"
    assert split.canonical in {"m1", "m2"}
    assert sorted(split.names()) == [f"m{k}" for k in range(5)]


def test_a_stored_split_is_obeyed_and_checked(folder):
    entries = {"mug": {"canonical": "m0", "train": ["m1", "m2"], "test": {"t1": "m9"}}}
    (folder / "split.json").write_text(json.dumps(entries))
    with pytest.raises(DataError, match="names m9"):
        Folder(folder).splits()
    entries["mug"]["test"]["t1"] = "m3"
    (folder / "split.json").write_text(json.dumps(entries))
    assert Folder(folder).splits()["mug"].canonical == "m0"


def test_mistakes_in_a_folder_are_named(folder, tmp_path):
    with pytest.raises(DataError, match="no such folder"):
        named("no/such/place")
    (folder / "mug" / "m0.ply").write_bytes(b"ply\nnothing")
    (folder / "mug" / "m1.ply").write_bytes(b"")
    with pytest.raises(DataError, match=r"(?s)mug has 3 usable instances of 5; expected at least 4.*m0.ply: not readable.*m1.ply: 0 bytes"):
        Folder(folder).splits()
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no meshes in it"):
        Folder(tmp_path / "empty")


def test_a_missing_category_is_named(folder):
    splits = Folder(folder).splits()
    with pytest.raises(DataError, match="no category teapot; it has mug"):
        chosen(splits, ["mug", "teapot"], 13, str(folder))
    assert list(chosen(splits, ["bottle", "drill"], 13, str(folder), strict=False)) == ["mug"]


def test_a_category_that_is_not_wanted_is_said_to_be_left_out(folder, caplog):
    for k in range(4):
        save_mesh(box(0.05 + 0.002 * k * k, 0.06, 0.2 + 0.01 * k), folder / "bottle" / f"b{k}.ply")
    assert list(chosen(Folder(folder).splits(), ["bottle", "drill"], 13, "here", strict=False)) == ["bottle"]
    assert "using bottle (dataset.categories); not mug, which dataset.categories does not name" in caplog.text


def test_a_split_is_cut_down_from_the_end():
    split = Split("a", ("b", "c", "d"), {"t1": "e", "t2": "f"})
    assert split.limited(5).names() == ["a", "b", "c", "e", "f"]
    assert split.limited(3).names() == ["a", "b", "c", "e", "f"]


def test_renamed_recipes_are_refused(tmp_path):
    shutil.copytree(paths.ROOT / "datasets" / "default", tmp_path / "data")
    source = tmp_path / "data" / "bottle"
    (source / "wine.json").rename(source / "beer.json")
    with pytest.raises(DataError, match="renamed or swapped"):
        build_recipe(source / "beer.json")
    with pytest.raises(DataError, match="dvc"):
        build_recipe(source / "wine.json")
    assert Recipes(tmp_path / "data").splits()["bottle"].canonical == "water"
    with pytest.raises(DataError, match="expected the recipes"):
        Recipes(tmp_path)


@pytest.fixture(scope="module")
def deepcpd_once(tmp_path_factory):
    """A small data set in DeepCPD's layout, made from recipes."""
    splits, folder = {}, tmp_path_factory.mktemp("made") / "deepcpd"
    for category in DeepCPD.CATEGORIES:
        names = []
        for recipe in recipes(category)[:5]:
            whole = build(category, recipe["parameters"])
            save_mesh(Mesh(whole.vertices, whole.faces[::41]), folder / category / f"{recipe['name']}.ply")
            names.append(recipe["name"])
        splits[category] = {"canonical": names[0], "train": names[1:3], "test": {"t1": names[3], "t2": names[4]}}
    (folder / "split.json").write_text(json.dumps(splits))
    return folder


@pytest.fixture
def deepcpd(deepcpd_once, tmp_path):
    return shutil.copytree(deepcpd_once, tmp_path / "deepcpd")


def test_deepcpd_is_read_as_it_is(deepcpd):
    source = DeepCPD(deepcpd)
    splits = source.splits()
    assert set(splits) == set(DeepCPD.CATEGORIES)
    name = splits["drill"].canonical
    stored = load_mesh(deepcpd / "drill" / f"{name}.ply")
    assert float((source.mesh("drill", name).bounds() - stored.bounds()).abs().max()) < 1e-9


def test_deepcpd_is_checked_on_entry(deepcpd, tmp_path):
    with pytest.raises(DataError, match="ask the authors"):
        DeepCPD(tmp_path / "nowhere")
    splits = json.loads((deepcpd / "split.json").read_text())
    name, path = splits["drill"]["train"][0], deepcpd / "drill" / f"{splits['drill']['train'][0]}.ply"
    right = load_mesh(path)
    save_mesh(right.with_vertices(right.vertices * 1000), path)
    with pytest.raises(DataError, match=f"{name}: the object is .* m long; expected metres"):
        DeepCPD(deepcpd).splits()
    save_mesh(right.with_vertices(right.vertices[:, [2, 0, 1]]), path)
    with pytest.raises(DataError, match=f"drill: 1 of 5 files are not as they should be:\\n  {name}: not in the frame"):
        DeepCPD(deepcpd).splits()
    path.write_bytes(b"ply\nnothing")
    with pytest.raises(DataError, match=f"names {name}; expected a usable mesh.*not readable"):
        DeepCPD(deepcpd).splits()
    save_mesh(right, path)
    save_mesh(right.with_vertices(right.vertices * 1.1), deepcpd / "drill" / "extra.ply")
    splits["drill"]["test"].pop("t2")
    (deepcpd / "split.json").write_text(json.dumps(splits))
    with pytest.raises(DataError, match="drill has the tests t1; expected t1 and t2"):
        DeepCPD(deepcpd).splits()
    (deepcpd / "split.json").unlink()
    with pytest.raises(DataError, match=r"no split.json"):
        DeepCPD(deepcpd)
    shutil.rmtree(deepcpd / "spray")
    with pytest.raises(DataError, match="no category spray"):
        DeepCPD(deepcpd)


@pytest.fixture
def small_mirror(tmp_path, monkeypatch):
    """A mirror of two files with a manifest of their own."""
    contents = {"drill/a.ply": b"first", "drill/b.ply": b"other"}
    entries = []
    for name, content in contents.items():
        path = tmp_path / "mirror" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        digest = __import__("hashlib").sha256(content).hexdigest()
        entries.append(
            mirror.Entry(
                name,
                "drill",
                "",
                len(content),
                digest,
                "somebody/thing",
                "0123456789abcdef",
                "CC0",
                "clear",
                "somebody",
                "as published",
            )
        )
    monkeypatch.setenv(mirror.VARIABLE, str(tmp_path / "mirror"))
    monkeypatch.setattr(mirror, "manifest", lambda: entries)
    return tmp_path / "mirror", entries


def test_files_of_the_mirror_are_checked_byte_by_byte(small_mirror):
    folder, (first, second) = small_mirror
    assert mirror.checked(first).read_bytes() == b"first"
    (folder / first.file).write_bytes(b"fir")
    with pytest.raises(DataError, match="3 bytes; expected 5: truncated"):
        mirror.checked(first)
    (folder / first.file).write_bytes(b"f1rst")
    with pytest.raises(DataError, match="corrupted"):
        mirror.checked(first)
    (folder / first.file).write_bytes(b"other")
    with pytest.raises(DataError, match=r"this is drill/b.ply, swapped or renamed"):
        mirror.checked(first)
    (folder / second.file).unlink()
    with pytest.raises(DataError, match=r"missing in the mirror.*somebody/thing"):
        mirror.checked(second)


def test_a_renamed_file_of_the_mirror_is_refused_under_both_names(small_mirror, caplog):
    folder, (first, _) = small_mirror
    (folder / first.file).rename(folder / "drill" / "mine.ply")
    for read in (lambda: mirror.checked(first), real.Open().splits):
        with pytest.raises(DataError, match=r"mine.ply: has the bytes of drill/a.ply.*rename it back"):
            read()
    (folder / "drill" / "mine.ply").unlink()
    with pytest.raises(DataError, match=r"b\.ply"):
        real.Open().splits()
    assert "lacks 1 files of the manifest: drill/a.ply" in caplog.text


def test_without_a_mirror_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv(mirror.VARIABLE, str(tmp_path / "nothing"))
    assert not presence().present
    assert mirror.VARIABLE in presence().text
    for source in ("open", "drills"):
        with pytest.raises(DataError, match=mirror.VARIABLE):
            named(source)


def test_the_manifest_is_complete():
    entries = mirror.manifest()
    assert len({entry.file for entry in entries}) == len(entries)
    assert sum(entry.category == "bottle" for entry in entries) >= 17
    roles = [entry.role for entry in entries if entry.category == real.CLOUDS]
    assert (roles.count("train"), roles.count("test")) == (11, 3)
    for entry in entries:
        assert len(entry.sha256) == 64
        assert all(getattr(entry, field.name) for field in dataclasses.fields(entry)[:11] if field.name != "role")


def test_a_cloud_gets_a_closed_surface_even_where_normals_are_wrong(tmp_path):
    """A synthetic drill-like cloud; a quarter of its normals point inward."""
    solid = trimesh.util.concatenate([trimesh.creation.capsule(0.15, 0.03)])
    points, faces = trimesh.sample.sample_surface_even(solid, 500, seed=0)
    normals = solid.face_normals[faces].copy()
    normals[points[:, 2] > 0.1] *= -1
    lines = [f"ply\nformat ascii 1.0\nelement vertex {len(points)}"] + [
        f"property float {name}" for name in ("x", "y", "z", "nx", "ny", "nz")
    ]
    rows = [" ".join(f"{value:.6g}" for value in (*point, *normal)) for point, normal in zip(points, normals, strict=True)]
    path = tmp_path / "cloud.ply"
    path.write_text("\n".join([*lines, "end_header", *rows, ""]))
    mesh = reconstruct(*load_cloud(path))
    vertices, triangles = mesh.numpy()
    assert trimesh.Trimesh(vertices, triangles, process=False).is_watertight
    assert mesh.volume() == pytest.approx(solid.volume, rel=0.12)
    assert TriangleTree(vertices, triangles).query(points)[0].mean() < 0.0015
