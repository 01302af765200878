"""Fan-out, announcements and the watch on the parent."""

import logging
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from renderfit import config, paths
from renderfit.errors import ConfigError, DataError
from renderfit.pipeline import STAGES, estimate, fanout, guard, run_stage


def square(number):
    return number**2, os.getpid()


@pytest.mark.parametrize("backend", ["serial", "loky", "dask"])
def test_fan_out_keeps_the_order_of_the_tasks(backend, monkeypatch):
    monkeypatch.setattr(config, "section", lambda _: config.Compute(backend=backend, jobs=2))
    results = fanout.fan_out(square, [(number,) for number in range(5)], "squares")
    assert [value for value, _ in results] == [0, 1, 4, 9, 16]
    processes = {process for _, process in results}
    assert (processes == {os.getpid()}) == (backend == "serial")


@pytest.mark.parametrize(("starting", "here"), [(60.0, 5), (-1.0, 1)])
def test_light_tasks_are_done_here_unless_starting_workers_pays(starting, here, monkeypatch):
    monkeypatch.setattr(config, "section", lambda _: config.Compute(backend="loky", jobs=2))
    monkeypatch.setattr(fanout, "STARTING", starting)
    results = fanout.fan_out(square, [(number,) for number in range(5)], "squares", light=True)
    assert [value for value, _ in results] == [0, 1, 4, 9, 16]
    assert [process == os.getpid() for _, process in results] == [number < here for number in range(5)]
    assert fanout.fan_out(square, [], "squares", light=True) == []
    assert fanout._light(square, [], "squares", None) == []


def test_stages_are_announced_with_an_estimate_that_learns(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    with caplog.at_level(logging.INFO):
        for _ in range(2):
            with estimate.announced("views", STAGES):
                pass
    first, done, second, _ = (record.getMessage() for record in caplog.records)
    assert first.startswith(f"stage 4 of {len(STAGES)}, views: about {estimate.TYPICAL['views'][0]:.0f} s (first run here)")
    assert done == f"stage 4 of {len(STAGES)}, views: done in 0 s"
    assert second.startswith(f"stage 4 of {len(STAGES)}, views: about 0 s (as last time)")


def test_every_stage_has_a_typical_time_and_a_command():
    assert set(estimate.TYPICAL) == set(STAGES)
    commands = (paths.find_root(paths.Path(__file__).parent) / "dvc.yaml").read_text()
    for stage in STAGES:
        assert f"cmd: renderfit stage {stage}\n" in commands


def test_an_unknown_stage_is_refused():
    with pytest.raises(ConfigError, match="no stage 'watertigth'; expected one of dataset, watertight"):
        run_stage("watertigth")


def test_two_stages_in_one_root_are_refused_and_a_killed_one_leaves_the_way_free(tmp_path):
    hold = (
        "import sys, time, pathlib; from renderfit.pipeline import guard\n"
        "with guard.alone(pathlib.Path(sys.argv[1])):\n print('in', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", hold, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "in\n"
    with pytest.raises(DataError, match=rf"another stage is running.*process {process.pid}"), guard.alone(tmp_path, patience=0.1):
        pass
    process.kill()
    process.wait()
    process.stdout.close()
    with guard.alone(tmp_path):
        assert (tmp_path / "build" / "stage.lock").read_text() == str(os.getpid())


def test_a_stage_ends_when_its_parent_is_killed(tmp_path):
    child = "import time; from renderfit.pipeline import guard; guard.end_with_parent(.05); print('ready', flush=True); time.sleep(60)"
    parent = f"import os, subprocess, sys; p = subprocess.Popen([sys.executable, '-c', {child!r}]); print(p.pid, flush=True); p.wait()"
    process = subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True)
    orphan = int(process.stdout.readline())
    assert process.stdout.readline() == "ready\n"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    deadline = time.monotonic() + 20
    while _alive(orphan) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _alive(orphan)


def _alive(process):
    """A process that ended but was not collected yet (a zombie) does not count."""
    try:
        return psutil.Process(process).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
