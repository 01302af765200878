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
