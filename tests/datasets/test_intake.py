"""Anybody's meshes: unit, up axis and heading are found, what is broken is refused by name, and a page says so."""

import json

import numpy as np
import pytest
import torch
import trimesh

from renderfit.cli.dataset import align
from renderfit.datasets.discover import discover
from renderfit.datasets.folder import Folder
from renderfit.datasets.intake import take_in
from renderfit.datasets.orientation import AFTER, BACK, CUBE
from renderfit.datasets.taken import Wanted
from renderfit.datasets.units import units_of
from renderfit.datasets.upright import AXES, turn_up
from renderfit.errors import DataError
from renderfit.geometry import Mesh, save_mesh

NUMBER = {"m": 1.0, "mm": 1000.0, "cm": 100.0, "inch": 1 / 0.0254}


def watering_can(width=0.05, height=0.2, spout=0.06):
    """Vertices and faces of a thing with a base, a front and a left side [m], z up."""
    body = trimesh.creation.cone(width, height, sections=24)
    nose = trimesh.creation.box([0.02, spout, 0.02])
    nose.apply_translation([0, 0.03 + spout / 2, 0.3 * height])
    knob = trimesh.creation.box([0.08, 0.02, 0.06])
    knob.apply_translation([0.08, 0, 0.2 * height])
    whole = trimesh.util.concatenate([body, nose, knob])
    return np.asarray(whole.vertices), np.asarray(whole.faces)


def write(path, vertices, faces, suffix=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    trimesh.Trimesh(vertices, faces, process=False).export(path, file_type=(suffix or path.suffix[1:]).lower())


@pytest.fixture
def cans(tmp_path):
    """Six cans: millimetres and metres, z up and y up, nested, capitals and umlauts."""
    to_y = turn_up("y")  # y up -> z up; rows are read backwards below
    for k in range(6):
        vertices, faces = watering_can(0.05 + 0.002 * k, 0.2 + 0.008 * k, 0.06 + 0.004 * k)
        if k % 2:
            write(tmp_path / "Gießkanne" / "blau 1" / f"kännchen{k}.obj", vertices @ to_y, faces)
        else:
            write(tmp_path / "Gießkanne" / f"can{k}.STL", vertices * 1000, faces)
    return tmp_path


def test_cube_rotations_form_a_group():
    assert (CUBE[0] == np.eye(3)).all()
    for a in range(24):
        assert (CUBE[BACK[a]] @ CUBE[a] == np.eye(3)).all()
        assert (CUBE[AFTER[a, 5]] == CUBE[a] @ CUBE[5]).all()


@pytest.mark.parametrize("axis", AXES)
def test_turning_up_keeps_handedness(axis):
    number, sign = AXES[axis]
    assert np.linalg.det(turn_up(axis)) == pytest.approx(1.0)
    assert (turn_up(axis) @ (sign * np.eye(3)[number]) == [0, 0, 1]).all()


@pytest.mark.parametrize("unit", NUMBER)
def test_one_unit_is_found(unit):
    sides = {f"a{k}": (0.14 + 0.02 * k) * NUMBER[unit] for k in range(6)}
    assert {found.unit for found in units_of(sides).values()} == {unit}


def test_an_instance_of_lost_size_only_trains(tmp_path):
    for k in range(6):
        vertices, faces = watering_can(0.05 + 0.002 * k, 0.2 + 0.008 * k, 0.06 + 0.004 * k)
        write(tmp_path / "can" / f"can{k}.ply", vertices * (1.0e9 if k == 3 else 1.0), faces)  # the most central shape
    source = Folder(tmp_path, Wanted(up="z"))
    split = source.chosen("can")
    assert [name for name, one in source.intake("can").taken.items() if one.size.lost] == ["can3"]
    assert split is not None
    assert "can3" in split.train


def test_mixed_units_are_found_and_lost_sizes_given_up():
    found = units_of({"a": 0.21, "b": 230.0, "c": 19.0, "d": 0.2, "e": 1.0e9})
    assert [size.unit for size in found.values()] == ["m", "mm", "cm", "m", "unknown"]
    assert found["e"].factor * 1e9 == pytest.approx(0.21, rel=0.1)
    with pytest.raises(DataError, match="--size"):
        units_of({"a": 1e7, "b": 1.1e7})
    assert units_of({"a": 1e7, "b": 1e7}, size=0.2)["a"].factor == pytest.approx(2e-8)
    with pytest.raises(DataError, match="expected one of m, mm"):
        units_of({"a": 1.0}, unit="furlong")


def test_files_are_found_wherever_they_lie(cans):
    found = discover(cans)
    assert list(found) == ["Gießkanne"]
    assert {"can0", "blau_1-kännchen1"} <= set(found["Gießkanne"])
    for name in ("a", "b", "c", "d"):
        write(cans / "like_shapenet" / name / "models" / "model.obj", *watering_can())
    assert sorted(discover(cans / "like_shapenet")["like_shapenet"]) == ["a-models", "b-models", "c-models", "d-models"]
    assert len(discover(cans)["like_shapenet"]) == 4


def test_unit_up_and_heading_are_found(cans):
    intake = take_in("can", discover(cans)["Gießkanne"])
    assert not intake.rejected
    assert intake.up.sure
    assert {found.size.unit for name, found in intake.taken.items() if name.startswith("can")} == {"mm"}
    ends = []
    for found in intake.taken.values():
        low, high = found.mesh.bounds().numpy()
        assert low[2] == pytest.approx(0, abs=1e-9)
        assert high[2] == pytest.approx(0.22, abs=0.025)
        vertices = found.mesh.numpy()[0]
        ends.append(vertices[vertices[:, 2] < 0.02, :2].mean(axis=0))
    assert np.ptp(ends, axis=0).max() < 0.01, "all bases lie on the same side of the spouts"


def test_what_is_right_already_stays(tmp_path):
    for k in range(4):
        save_mesh(Mesh(*map(torch.as_tensor, watering_can(height=0.2 + 0.01 * k))), tmp_path / "can" / f"{k}.ply")
    for found in take_in("can", discover(tmp_path)["can"]).taken.values():
        assert (found.turn == np.eye(3)).all()
        assert (found.size.unit, found.notes) == ("m", ())


def test_a_mirror_image_is_mirrored_back_and_an_inside_out_one_turned_round(cans):
    vertices, faces = watering_can(0.055, 0.23)
    write(cans / "Gießkanne" / "left.ply", vertices * [-1, 1, 1], faces)
    found = take_in("can", discover(cans)["Gießkanne"]).taken["left"]
    assert any("mirrored back" in note for note in found.notes)
    assert any("inside out" in note for note in found.notes)
    assert found.mesh.volume() > 0


def test_every_reject_has_its_reason(cans):
    folder = cans / "Gießkanne"
    (folder / "empty.ply").write_bytes(b"")
    (folder / "points.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\n")
    (folder / "nan.obj").write_text("v 0 0 nan\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 2 3\nf 1 3 4\nf 1 2 4\nf 2 3 4\n")
    (folder / "model.fbx").write_bytes(b"Kaydara")
    trimesh.creation.box([1, 1, 0]).export(folder / "sheet.stl")
    write(folder / "twin.ply", *watering_can())
    wire = trimesh.creation.box([0.3, 0.004, 0.004])
    write(folder / "wire.ply", wire.vertices, wire.faces)
    rejected = take_in("can", discover(cans)["Gießkanne"]).rejected
    expected = {
        "empty": "the file is empty", "points": "without faces", "nan": "finite", "model": "fbx is not read", "sheet": "flat sheet",
        "twin": "a copy or mirror image of can0", "wire": "another kind of object",
    }  # fmt: skip
    assert set(rejected) == set(expected)
    for name, words in expected.items():
        assert words in rejected[name]


def test_too_few_instances_are_refused_with_all_reasons(tmp_path):
    write(tmp_path / "can" / "only.ply", *watering_can())
    with pytest.raises(DataError, match="has 1 usable instances of 1; expected at least 4"):
        Folder(tmp_path).splits()


def test_what_is_known_is_obeyed(cans):
    (cans / "intake.json").write_text(json.dumps({"Gießkanne": {"up": "x", "unit": "m"}}))
    found = Folder(cans).intake("Gießkanne")
    assert found.up.axis == "x"
    (cans / "intake.json").write_text(json.dumps({"Gießkanne": {"axis": "x"}}))
    with pytest.raises(DataError, match=r"expected .* any of up, unit, size, align, each"):
        Folder(cans)
    with pytest.raises(DataError, match="up axis is 'w'"):
        take_in("can", discover(cans)["Gießkanne"], Wanted(up="w"))


def test_align_writes_meshes_roles_and_a_page(cans, tmp_path_factory, capsys):
    out = tmp_path_factory.mktemp("aligned")
    (cans / "Gießkanne" / "empty.ply").write_bytes(b"")
    align(cans, out, as_json=True)
    report = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert len(report["Gießkanne"]["instances"]) == 6
    page = (out / "report.html").read_text()
    assert page.count("data:image/png;base64,") == 6
    assert "the file is empty" in page
    assert "http" not in page
    assert len(page) < 200_000
    again = Folder(out)
    assert again.splits()["Gießkanne"].entries() == json.loads((out / "split.json").read_text())["Gießkanne"]
    with pytest.raises(DataError, match="another place"):
        align(cans, cans / "out")


def test_of_a_category_without_a_usable_mesh_no_up_axis_is_said(cans, tmp_path_factory, capsys):
    out = tmp_path_factory.mktemp("aligned")
    (cans / "mug").mkdir()
    (cans / "mug" / "empty.ply").write_bytes(b"")
    (cans / "mug" / "words.off").write_text("no mesh at all")
    align(cans, out, as_json=True)
    report = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert report["mug"]["problem"] == "none of 2 meshes is usable"
    assert [report["mug"][key] for key in ("up", "up_is_a_guess", "up_probability")] == [None, None, None]
    assert sorted(report["mug"]["rejected"]) == ["empty", "words"]
    assert "problem" not in report["Gießkanne"]
    assert "None of 2 meshes is usable" in (out / "report.html").read_text()
    assert list(json.loads((out / "intake.json").read_text())) == ["Gießkanne"]


def test_links_wrong_names_and_what_downloads_leave_behind_are_named(cans, tmp_path_factory):
    folder = cans / "Gießkanne"
    vertices, faces = watering_can(0.053, 0.215)
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "more"
    write(elsewhere / "linked.ply", vertices, faces)
    (folder / "link").symlink_to(elsewhere, target_is_directory=True)
    (folder / "round").symlink_to(folder, target_is_directory=True)
    (folder / "nowhere.ply").symlink_to("gone.ply")
    write(folder / "renamed.obj", *watering_can(0.056, 0.225), suffix="ply")
    (folder / "page.stl").write_text("<!DOCTYPE html><html>404</html>")
    (folder / "pointer.glb").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    (folder / "words.off").write_text("no mesh at all")
    write(folder / "header.stl", *watering_can(0.058, 0.235))
    content = bytearray((folder / "header.stl").read_bytes())
    content[:20] = b"solid office of cans"
    (folder / "header.stl").write_bytes(content)
    found = take_in("can", discover(cans)["Gießkanne"])
    assert {"link-linked", "header"} <= set(found.taken)
    assert not [name for name in (*found.taken, *found.rejected) if name.startswith("round")]
    expected = {
        "nowhere": "a link to gone.ply, where there is no file",
        "renamed": "bytes are those of a .ply file; expected what .obj says: rename",
        "page": "a web page, so the download failed", "pointer": "git lfs pull", "words": "words.off",
    }  # fmt: skip
    assert set(found.rejected) == set(expected)
    for name, words in expected.items():
        assert words in found.rejected[name]


def test_a_mesh_with_a_floor_is_refused_before_it_tilts_the_others(cans):
    floor = trimesh.creation.box([0.6, 0.6, 0.005])
    can = trimesh.Trimesh(*watering_can(0.057, 0.24), process=False)
    whole = trimesh.util.concatenate([can, floor])
    write(cans / "Gießkanne" / "standing.ply", whole.vertices, whole.faces)
    intake = take_in("can", discover(cans)["Gießkanne"])
    assert list(intake.rejected) == ["standing"]
    assert "-z end" in intake.rejected["standing"]
    assert "a floor or a stand? remove it" in intake.rejected["standing"]
    assert intake.up.sure


def test_a_stand_that_all_have_belongs_to_them(tmp_path):
    for k in range(4):
        pole, plate = trimesh.creation.box([0.05, 0.04, 0.3 + 0.01 * k]), trimesh.creation.box([0.15, 0.15, 0.005])
        plate.apply_translation([0, 0, -0.15 - 0.005 * k])
        whole = trimesh.util.concatenate([pole, plate])
        write(tmp_path / "lamp" / f"{k}.ply", whole.vertices, whole.faces)
    intake = take_in("lamp", discover(tmp_path)["lamp"])
    assert not intake.rejected
    assert all("a floor or a stand" in " ".join(one.notes) for one in intake.taken.values())


@pytest.mark.parametrize(
    ("sides", "unit", "sure"), [((22, 24, 26), "cm", False), ((190, 210, 240), "mm", True), ((8, 9, 9.5), "inch", False)]
)
def test_a_unit_that_another_would_do_for_is_called_a_guess(sides, unit, sure):
    found = units_of({f"a{k}": side for k, side in enumerate(sides)})
    assert {(one.unit, one.sure) for one in found.values()} == {(unit, sure)}


def test_very_long_names_and_names_of_signs_alone_can_be_written(tmp_path):
    files, folder = [], tmp_path / ("ä" * 120)
    folder.mkdir()
    for name in ("長" * 80 + "1.ply", "長" * 80 + "2.ply", "???.ply", "??.ply"):
        write(folder / name, *watering_can())
        files.append(folder / name)
    (names,) = discover(tmp_path).values()
    assert sorted(names.values()) == sorted(files)
    assert max(len(name.encode()) for name in names) <= 120
    assert "mesh" in names


def test_a_category_nobody_has_is_named_in_what_the_owner_knows(cans):
    (cans / "intake.json").write_text(json.dumps({"Giesskanne": {"up": "z"}}))
    with pytest.raises(DataError, match="no category Giesskanne here; it has Gießkanne"):
        Folder(cans)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ([1], "a list"),
        ({"mug": 3}, "mug: int"),
        ({"mug": {"upp": "z"}}, "mug: upp; expected .* up, unit, size, align, each"),
        ({"mug": {"up": "top"}}, "mug: up axis is 'top'"),
        ({"mug": {"up": ["z"]}}, "mug: up axis is"),
        ({"mug": {"each": ["x"]}}, "mug: each is"),
        ({"mug": {"size": "big"}}, "mug: size is 'big'"),
        ({"mug": {"size": -1}}, "mug: size is -1"),
        ({"mug": {"size": True}}, "mug: size is True"),
        ({"mug": {"unit": ["mm"]}}, r"mug: unit \['mm'\]; expected one of m, mm"),
        ({"mug": {"unit": "parsec"}}, "mug: unit 'parsec'; expected one of m, mm"),
        ({"mug": {"align": "no"}}, "mug: align is 'no'"),
    ],
)
def test_mistakes_in_what_the_owner_says_name_file_and_entry(tmp_path, entry, said):
    write(tmp_path / "mug" / "a.ply", *watering_can())
    (tmp_path / "intake.json").write_text(json.dumps(entry))
    with pytest.raises(DataError, match=f"intake.json: {said}"):
        Folder(tmp_path)
