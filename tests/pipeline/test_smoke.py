"""The whole chain on the smoke profile: complete, idle when nothing changed, the same after a kill."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import yaml

from renderfit.pipeline import STAGES

SLOW_FILES = ("costs.json",)
"""Results that hold measured times."""


def environment(root):
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return {**os.environ, "RENDERFIT_ROOT": str(root), "PATH": path}


def repro(root, *arguments):
    command = [sys.executable, "-m", "dvc", "repro", *arguments]
    return subprocess.run(command, cwd=root, env=environment(root), capture_output=True, text=True, check=False)


def contents(folder):
    kept = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.endswith(("-timing.json", *SLOW_FILES)))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in kept}


def test_every_link_of_the_chain_leaves_its_result(smoke):
    assert (smoke / "artifacts" / "book" / "index.html").is_file()
    table = json.loads((smoke / "results" / "table1.json").read_text())
    assert {cell["method"] for cell in table["cells"]} >= {"ground_truth", "latent_floor", "cls", "paper", "ours"}
    assert {cell["pose"] for cell in table["cells"]} >= {"known", "noise"}
    assert {(cell["category"], cell["instance"]) for cell in table["cells"]} == {(c, t) for c in ("bottle", "drill") for t in ("t1", "t2")}
    notebooks = {path.stem for path in (smoke / "artifacts" / "notebooks" / "register").glob("*.ipynb")}
    assert notebooks == {"bottle-t1", "bottle-t2", "drill-t1", "drill-t2"}
    log = (smoke.parent / "smoke.log").read_text()
    assert f"of {len(STAGES)}" in log or "Data and pipelines are up to date." in log


def test_nothing_is_half_written(smoke):
    assert not [path for path in (smoke / "artifacts").rglob("*") if ".part" in path.name or ".failed" in path.name]


def test_a_second_run_does_nothing(smoke):
    before = (smoke / "dvc.lock").read_bytes()
    ended = repro(smoke)
    assert ended.returncode == 0, ended.stderr
    assert "Running stage" not in ended.stdout
    assert "up to date" in ended.stdout
    assert (smoke / "dvc.lock").read_bytes() == before


def test_a_killed_stage_is_resumed_to_the_same_bytes(smoke_copy):
    stage = "shape_space"
    expected = contents(smoke_copy / "artifacts" / stage)
    report = (smoke_copy / "results" / f"{stage}.json").read_bytes()
    command = [sys.executable, "-m", "dvc", "repro", "--single-item", "--force", stage]
    process = subprocess.Popen(command, cwd=smoke_copy, env=environment(smoke_copy), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    part = smoke_copy / "artifacts" / f"{stage}.part"
    deadline = time.monotonic() + 600
    while not part.is_dir():
        assert process.poll() is None, "the stage ended before it could be killed"
        assert time.monotonic() < deadline, "the stage never started"
        time.sleep(0.005)
    running = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    for each in running:  # all at once, as a machine that loses power
        each.send_signal(signal.SIGKILL)
    process.wait()
    assert not psutil.wait_procs(running, timeout=30)[1]
    assert not (smoke_copy / "artifacts" / stage).exists()
    ended = repro(smoke_copy, "--single-item", stage)
    assert ended.returncode == 0, ended.stderr
    assert "Running stage" in ended.stdout
    assert contents(smoke_copy / "artifacts" / stage) == expected
    assert (smoke_copy / "results" / f"{stage}.json").read_bytes() == report
    assert not part.exists()


def outdated(root):
    """Return the stages of whose dependencies or parameters ``dvc status`` finds one changed; a copy without cache lacks outputs."""
    command = [sys.executable, "-m", "dvc", "status", "--json"]
    ended = subprocess.run(command, cwd=root, env=environment(root), capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return {name for name, entries in json.loads(ended.stdout).items() if any("changed deps" in entry for entry in entries)}


def test_a_changed_parameter_reruns_only_what_depends_on_it(smoke_copy):
    path = smoke_copy / "params.yaml"
    before = path.read_text()
    assert outdated(smoke_copy) == set()
    for section, name, stages in (("deepcpd", "evidence", {"register"}), ("table1", "seed", {"table1", "figures", "real"})):
        entries = yaml.safe_load(before)
        entries[section][name] += 1
        path.write_text(yaml.safe_dump(entries, sort_keys=False))
        assert outdated(smoke_copy) == stages | {"book"}  # which prints the parameters
