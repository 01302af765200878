"""``renderfit watertight``: keys of the contract, statuses, messages."""

import json

import pytest

from renderfit.cli import main
from renderfit.geometry import Mesh, load_mesh, save_mesh
from renderfit.geometry.topology import topology

KEYS = {
    "vertices", "faces", "watertight", "edge_manifold", "vertex_manifold", "volume", "volume_ratio_to_hull", "components",
    "distance_max", "distance_mean", "cpu_seconds", "seal", "suggested_seal", "volume_ratio",
}  # fmt: skip


def _run(capsys, *arguments):
    with pytest.raises(SystemExit) as ended:
        main(["watertight", *map(str, arguments)])
    return ended.value.code, capsys.readouterr()


def test_writes_a_solid_and_tells_about_it(tmp_path, capsys, open_bottle):
    save_mesh(open_bottle, tmp_path / "in.ply")
    status, said = _run(capsys, tmp_path / "in.ply", tmp_path / "out.ply", "--depth", 6, "--seal", -1, "--vertices", 700, "--json")
    assert status == 0
    found = json.loads(said.out.splitlines()[-1])
    assert set(found) == KEYS
    assert found["vertices"] == 700
    assert found["seal"] > 0
    assert found["watertight"] and found["edge_manifold"] and found["vertex_manifold"]  # noqa: PT018
    made = load_mesh(tmp_path / "out.ply")
    assert topology(made.faces).solid
    assert made.volume() == pytest.approx(found["volume"], rel=1e-4)


@pytest.mark.parametrize(
    ("name", "text", "words"), [("no.ply", None, "no such file"), ("bad.obj", "v 0 0 nan\n", "finite"), ("in.ply", "x", "mesh")]
)
def test_mistakes_are_told_plainly(tmp_path, capsys, name, text, words):
    if text:
        (tmp_path / name).write_text(text)
    status, said = _run(capsys, tmp_path / name, tmp_path / "out.ply")
    assert status == 2
    assert words in said.err
    assert "Traceback" not in said.err
    assert not (tmp_path / "out.ply").exists()


def test_the_input_is_never_replaced(tmp_path, capsys, open_bottle):
    save_mesh(open_bottle, tmp_path / "in.ply")
    (tmp_path / "link.ply").symlink_to(tmp_path / "in.ply")
    before = (tmp_path / "in.ply").read_bytes()
    for name in ("in.ply", "link.ply"):
        status, said = _run(capsys, tmp_path / "in.ply", tmp_path / name)
        assert status == 2
        assert "the input itself" in said.err
    assert (tmp_path / "in.ply").read_bytes() == before


def test_a_name_that_no_file_can_have_is_told_plainly(tmp_path, capsys, open_bottle):
    save_mesh(open_bottle, tmp_path / "in.ply")
    for source, out, words in (
        ("in.ply", "o" * 300 + ".ply", "a name of 304 bytes; expected at most 255"),
        ("i" * 300, "out.ply", "shorten it"),
    ):
        status, said = _run(capsys, tmp_path / source, tmp_path / out)
        assert status == 2
        assert words in said.err
    assert [path.name for path in tmp_path.iterdir()] == ["in.ply"]


def test_a_cloud_is_refused_by_name_and_millimetres_are_warned_of(tmp_path, capsys, open_bottle):
    save_mesh(Mesh(open_bottle.vertices, open_bottle.faces[:0]), tmp_path / "scan µ.ply")
    status, said = _run(capsys, tmp_path / "scan µ.ply", tmp_path / "out.ply")
    assert status == 2
    assert "scan µ.ply: " in said.err
    assert "points without faces" in said.err
    save_mesh(open_bottle.with_vertices(open_bottle.vertices * 1000), tmp_path / "mm.ply")
    status, said = _run(capsys, tmp_path / "mm.ply", tmp_path / "out.ply", "--depth", 4, "--seal", -1)
    assert status == 0
    assert "scale it by 0.001" in said.err
    assert "renderfit dataset align" in said.err


@pytest.mark.parametrize("name", ["out", "out.jpg"])
def test_an_ending_that_holds_no_mesh_is_named(tmp_path, capsys, open_bottle, name):
    save_mesh(open_bottle, tmp_path / "in.ply")
    status, said = _run(capsys, tmp_path / "in.ply", tmp_path / name, "--depth", 4, "--seal", -1)
    assert status == 2
    assert "got the ending" in said.err
    assert {path.name for path in tmp_path.iterdir()} == {"in.ply"}


def test_a_folder_is_converted_mesh_by_mesh(tmp_path, capsys, open_bottle):
    for name in ("one.ply", "deeper/two.obj", "deeper/points.ply"):
        faces = open_bottle.faces[: 0 if "points" in name else None]
        save_mesh(Mesh(open_bottle.vertices, faces), tmp_path / "in" / name)
    (tmp_path / "in" / "notes.txt").write_text("no mesh")
    status, said = _run(capsys, tmp_path / "in", tmp_path / "out", "--depth", 4, "--seal", -1, "--json")
    assert status == 2  # one of them is a cloud
    found = json.loads(said.out.splitlines()[-1])
    assert set(found["meshes"]) == {"one.ply", "deeper/two.obj"}
    assert "points without faces" in found["failed"]["deeper/points.ply"]
    for name, entry in found["meshes"].items():
        assert set(entry) == KEYS
        assert topology(load_mesh((tmp_path / "out" / name).with_suffix(".ply")).faces).solid
    (tmp_path / "in/deeper/points.ply").unlink()
    assert _run(capsys, tmp_path / "in", tmp_path / "out", "--depth", 4, "--seal", -1)[0] == 0


def test_folders_that_cannot_be_converted_are_refused(tmp_path, capsys, open_bottle):
    for name in ("in/one.ply", "in/one.obj", "file.ply"):
        save_mesh(open_bottle, tmp_path / name)
    (tmp_path / "empty").mkdir()
    for source, out, words in (
        ("in", "out", "distinct names"),
        ("in", "in/out", "another place"),
        ("in", "file.ply", "expected a folder"),
        ("file.ply", "in", "file.ply"),
        ("file.ply", "in/one.ply/out.ply", "is a file"),
        ("empty", "out", "no mesh in this folder"),
    ):
        status, said = _run(capsys, tmp_path / source, tmp_path / out)
        assert status == 2
        assert words in said.err
    assert not (tmp_path / "out").exists()


def test_missing_folders_above_the_result_are_made(tmp_path, capsys, open_bottle):
    save_mesh(open_bottle, tmp_path / "in.ply")
    assert _run(capsys, tmp_path / "in.ply", tmp_path / "a" / "b" / "out.ply", "--depth", 4, "--seal", -1)[0] == 0
    assert topology(load_mesh(tmp_path / "a" / "b" / "out.ply").faces).solid


@pytest.mark.parametrize(
    ("option", "number", "words"),
    [
        ("--seal", -7, "or -1: as many as needed"),
        ("--depth", 70, "expected depth 4..10"),
        ("--vertices", 3, "at least 4"),
        ("--ratio", 0, "ratio in"),
    ],
)
def test_numbers_out_of_range_are_told_before_any_work(tmp_path, capsys, option, number, words):
    status, said = _run(capsys, tmp_path / "missing.ply", tmp_path / "out.ply", option, number)
    assert status == 2
    assert str(number) in said.err
    assert words in said.err
