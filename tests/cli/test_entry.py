"""Exit statuses, messages and the JSON line of the command line."""

import json
import logging
import re

import numpy as np
import pytest
import typer

import renderfit
from renderfit import cli, provenance
from renderfit.cli import output
from renderfit.errors import ConvergenceError, DataError


def exit_status(function, arguments=()):
    app = typer.Typer()
    app.command()(function)
    with pytest.raises(SystemExit) as ended:
        output.run(app, list(arguments))
    return ended.value.code


def test_a_command_that_succeeds_exits_0():
    assert exit_status(lambda: None) == 0


def test_failed_work_exits_1_without_traceback(capsys):
    def diverge() -> None:
        raise ConvergenceError("registration diverged at iteration 3")

    assert exit_status(diverge) == 1
    shown = capsys.readouterr()
    assert shown.err == "renderfit: failed: registration diverged at iteration 3\n"
    assert shown.out == ""


@pytest.mark.parametrize("problem", [DataError("a.ply: no such file"), FileNotFoundError(2, "No such file", "a.ply")])
def test_bad_input_exits_2_without_traceback(capsys, problem):
    def refuse() -> None:
        raise problem

    assert exit_status(refuse) == 2
    shown = capsys.readouterr().err
    assert "a.ply" in shown
    assert "Traceback" not in shown


def test_a_bug_keeps_its_traceback():
    def broken() -> None:
        raise ZeroDivisionError

    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(broken)
    with pytest.raises(ZeroDivisionError):
        output.run(app, [])


@pytest.mark.parametrize(
    "arguments",
    [
        ["no-such-command"],
        ["stage"],
        ["reproduce", "--no-such-option"],
        ["stage", "no-such-stage"],
        ["train", "deepcpd", "none/out", "--steps", "-4"],
        ["train", "deepcpd", "none/out", "--pictures", "-1"],
        ["train", "unet", "none", "none/out", "--size", "-1"],
    ],
)
def test_usage_mistakes_exit_2(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


def test_help_lists_every_command(capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    for name in cli.command_names():
        assert name in shown


def test_units_in_square_brackets_stay_in_the_help(capsys):
    with pytest.raises(SystemExit):
        cli.main(["render", "--help"])
    assert "[m]" in capsys.readouterr().out


@pytest.mark.parametrize("name", cli.command_names())
def test_every_command_has_help(name, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main([name, "--help"])
    assert ended.value.code == 0
    assert name in capsys.readouterr().out


def test_json_is_one_object_on_the_last_line(capsys):
    output.configure_logging()
    logging.getLogger("renderfit").info("working")
    output.emit({"volume": np.float64(0.5), "sides": np.arange(3), "name": "box"}, as_json=True)
    shown = capsys.readouterr()
    assert json.loads(shown.out.splitlines()[-1]) == {"volume": 0.5, "sides": [0, 1, 2], "name": "box"}
    assert len(shown.out.splitlines()) == 1


def test_plain_output_is_one_line_an_entry(capsys):
    output.emit({"vertices": 8, "watertight": True}, as_json=False)
    assert capsys.readouterr().out.splitlines() == ["vertices    8", "watertight  true"]


def test_a_network_is_named_trained_here_or_the_package_s(tmp_path, monkeypatch):
    from renderfit.vision import UNet, checkpoint

    monkeypatch.setattr(checkpoint.paths, "ARTIFACTS", tmp_path)
    assert checkpoint.chosen_network().categories == checkpoint.load_network().categories
    checkpoint.save_network(UNet(["cup"], width=4, levels=2), tmp_path / "unet")
    assert checkpoint.chosen_network().categories == ("cup",)
    with pytest.raises(DataError, match="nowhere: no trained network; expected a folder"):
        checkpoint.chosen_network(tmp_path / "nowhere")


def test_the_version_names_the_commit_and_the_code(capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["--version"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert re.fullmatch(
        rf"renderfit {renderfit.__version__} \((commit [0-9a-f]{{12}}(, modified)?|no checkout), code [0-9a-f]{{12}}\)\n", shown
    )
    assert provenance.code_hash().startswith(shown[-14:-2])


def test_a_package_beside_a_foreign_repository_has_no_commit(monkeypatch):
    monkeypatch.setattr(provenance, "_run", lambda _, *words: "c0ffee" if words[0] == "rev-parse" else "")
    assert "no checkout" in provenance.version_line()
    monkeypatch.setattr(provenance, "_run", lambda _, *words: {"rev-parse": "c0ffee", "ls-files": "x", "status": " M y"}[words[0]])
    assert "(commit c0ffee, modified, code " in provenance.version_line()


def test_lists_of_entries_have_a_line_each(capsys):
    output.emit(
        {"size": 64, "rows": [{"scene": "torus", "cosine": 0.99961234, "from": None}, {"scene": "two", "cosine": 1.0}]}, as_json=False
    )
    lines = ["size  64", "rows", "  scene torus  cosine 0.9996  from null", "  scene two  cosine 1"]
    assert capsys.readouterr().out.splitlines() == lines


CAMERA = {"width": 32, "height": 24, "fx": 30.0, "fy": 30.0, "cx": 16.0, "cy": 12.0}
TETRAHEDRON = "v 0 0 0\nv .1 0 0\nv 0 .1 0\nv 0 0 .1\nf 1 3 2\nf 1 2 4\nf 2 3 4\nf 1 4 3\n"


@pytest.fixture
def scene(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mesh.obj").write_text(TETRAHEDRON)
    (tmp_path / "points.obj").write_text(TETRAHEDRON.split("f", maxsplit=1)[0])
    (tmp_path / "camera.json").write_text(json.dumps(CAMERA))
    for name, distance in (("pose", 0.5), ("behind", -0.5)):
        matrix = np.eye(4)
        matrix[2, 3] = distance
        (tmp_path / f"{name}.json").write_text(json.dumps({"object_to_camera": matrix.tolist()}))
    return tmp_path


def rendered(mesh, pose, *more):
    with pytest.raises(SystemExit) as ended:
        cli.main(["render", mesh, "--camera", "camera.json", "--pose", pose, "--backend", "cpu", "--json", *more])
    return ended.value.code


def test_renders_go_to_folders_that_need_not_exist(scene, capsys):
    assert rendered("mesh.obj", "pose.json", "--out", "a/b.png", "--mask", "c/ö d.png", "--depth-map", "e/f.npy") == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["coverage"] > 0
    assert (scene / "a/b.png").is_file()
    assert (scene / "c/ö d.png").is_file()
    assert np.load(scene / "e/f.npy").shape == (24, 32)


@pytest.mark.parametrize(
    ("mesh", "more", "said"),
    [
        ("points.obj", ["--out", "a.png"], "4 points without faces"),
        ("points.obj", ["--out", "a.png", "--shading", "photo"], "4 points without faces"),
        ("mesh.obj", ["--out", "a.xyz"], "unknown image format '.xyz'"),
        ("mesh.obj", ["--out", "a.png", "--mask", "a"], "unknown image format ''"),
        ("mesh.obj", ["--out", "a.png", "--depth-map", "a.tif"], "got the ending '.tif'; expected a depth map to be named .npy"),
        (".", ["--out", "a.png"], "a folder; expected a mesh"),
    ],
)
def test_what_cannot_be_rendered_is_refused_before_anything_is_written(scene, capsys, mesh, more, said):
    before = sorted(scene.iterdir())
    assert rendered(mesh, "pose.json", *more) == 2
    assert said in capsys.readouterr().err
    assert sorted(scene.iterdir()) == before


def test_an_empty_render_is_warned_of(scene, capsys):
    assert rendered("mesh.obj", "behind.json", "--out", "a.png") == 0
    assert "warning: nothing of mesh.obj is in the image" in capsys.readouterr().err
    assert (scene / "a.png").is_file()


@pytest.mark.parametrize("command", ["register", "register-cloud", "shape-space", "dataset align"])
def test_a_file_in_place_of_the_result_s_folder_is_named_before_the_work(scene, capsys, command):
    arguments = {
        "register": ["none.png", "--space", "none", "--camera", "camera.json", "--out", "mesh.obj/fit"],
        "register-cloud": ["none.npy", "--space", "none", "--out", "mesh.obj"],
        "shape-space": ["auto", "none", "mesh.obj"],
        "dataset align": ["none", "mesh.obj"],
    }
    with pytest.raises(SystemExit) as ended:
        cli.main([*command.split(), *arguments[command]])
    assert ended.value.code == 2
    assert "mesh.obj is a file; expected a folder to write into" in capsys.readouterr().err
    assert (scene / "mesh.obj").is_file()
