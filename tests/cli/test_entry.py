"""Exit statuses, messages and the JSON line of the command line."""

import json
import logging

import numpy as np
import pytest
import typer

from renderfit import cli
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


@pytest.mark.parametrize("arguments", [["no-such-command"], ["stage"], ["reproduce", "--no-such-option"], ["stage", "no-such-stage"]])
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
