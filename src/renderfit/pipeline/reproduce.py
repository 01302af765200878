"""Run ``dvc repro`` for one profile, in the checkout or in the profile's workspace."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from pathlib import Path

from renderfit import config, paths
from renderfit.errors import ConfigError
from renderfit.pipeline import workspace
from renderfit.pipeline.fanout import VARIABLES

_log = logging.getLogger(__name__)


def reproduce(profile: str = "default", *, force: bool = False, backend: str = "", scheduler: str = "") -> int:
    """Bring all results of `profile` up to date and return the exit status of ``dvc repro``.

    Parameters
    ----------
    profile : str
    force : bool
        Run every stage, changed or not.
    backend, scheduler : str
        In place of ``compute.backend`` and ``compute.scheduler`` of params.yaml, for this run.

    Raises
    ------
    ConfigError
        If params.yaml is wrong or has no such profile, or the backend is unknown.
    """
    config.load()
    given = {"backend": backend, "scheduler": scheduler}
    config.parse(config.Compute, {name: entry for name, entry in given.items() if entry}, "compute")
    if scheduler and (backend or config.section(config.Compute).backend) != "dask":
        raise ConfigError(f"scheduler {scheduler!r} without the backend that uses it; expected --backend dask --scheduler ADDRESS")
    root = paths.ROOT if profile == "default" else workspace.prepare(paths.ROOT, profile)
    if force:
        from renderfit.evaluation import kept

        kept.forget(root)
    environment = os.environ | {"RENDERFIT_ROOT": str(root)} | {VARIABLES[name]: entry for name, entry in given.items() if entry}
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    start = time.monotonic()
    command = [sys.executable, "-m", "dvc", "repro", *(["--force"] if force else [])]
    status = subprocess.run(command, cwd=root, env=environment, stdin=subprocess.DEVNULL, check=False).returncode
    minutes = (time.monotonic() - start) / 60
    if status:
        _log.error(
            "profile %s stopped after %.1f min: the lines above say where; mend it and run the same command to go on", profile, minutes
        )
    else:
        _log.info("profile %s complete in %.1f min; the book: %s", profile, minutes, root / "artifacts" / "book" / "index.html")
    return status
