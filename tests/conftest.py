"""What tests of the whole chain share: one complete run of the smoke profile."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from renderfit import collector

CHECKOUT = Path(__file__).resolve().parents[1]
collector.relax()  # a third of the time of short tests went into looking for garbage


def pytest_collection_modifyitems(items):
    """Put the tests of the whole chain first, so that one worker starts it while the others do the rest."""
    items.sort(key=lambda item: "smoke" not in getattr(item, "fixturenames", ()))


def pytest_terminal_summary(terminalreporter, config):
    """Leave the counts of a complete run in ``build/tests.json``, for the badge that shows them."""
    whole = [Path(name).resolve() for name in config.args] == [CHECKOUT / "tests"]
    if not whole or config.option.keyword or config.option.markexpr or config.option.collectonly:
        return
    count = {kind: len(terminalreporter.stats.get(kind, ())) for kind in ("passed", "failed", "error", "skipped", "xfailed")}
    git = ["git", "-C", str(CHECKOUT)]
    commit = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
    found = {
        "passed": count["passed"],
        "failed": count["failed"] + count["error"],
        "skipped": count["skipped"] + count["xfailed"],
        "commit": commit,
    }
    (CHECKOUT / "build").mkdir(exist_ok=True)
    (CHECKOUT / "build" / "tests.json").write_text(json.dumps(found, indent=1) + "\n")


@pytest.fixture(scope="session")
def smoke():
    """Path of ``build/smoke`` after ``renderfit reproduce --profile smoke``; run once even with several test workers."""
    build = CHECKOUT / "build"
    build.mkdir(exist_ok=True)
    session = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"alone-{os.getpid()}")
    done, log = build / "smoke-session", build / "smoke.log"
    with FileLock(build / "smoke.lock"):
        if not (done.exists() and done.read_text() == session):
            command = [sys.executable, "-m", "renderfit.cli", "reproduce", "--profile", "smoke"]
            environment = {key: value for key, value in os.environ.items() if key != "RENDERFIT_ROOT"}
            with log.open("w") as stream:
                ended = subprocess.run(command, cwd=CHECKOUT, env=environment, stdout=stream, stderr=subprocess.STDOUT, check=False)
            if ended.returncode:
                pytest.fail(f"the smoke profile failed; the end of {log}:\n" + "\n".join(log.read_text().splitlines()[-40:]), pytrace=False)
            done.write_text(session)
    return build / "smoke"


@pytest.fixture
def smoke_copy(smoke, tmp_path):
    """A copy of the smoke workspace without DVC's cache, to do things to."""
    copy = tmp_path / "smoke"
    shutil.copytree(smoke, copy, ignore=shutil.ignore_patterns("cache", "tmp"))
    return copy
