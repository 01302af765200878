"""Run ``dvc repro`` for one profile, in the checkout or in the profile's workspace."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from pathlib import Path

from renderfit import config, paths
from renderfit.pipeline import workspace

_log = logging.getLogger(__name__)


def reproduce(profile: str = "default", *, force: bool = False) -> int:
    """Bring all results of `profile` up to date and return the exit status of ``dvc repro``.

    Raises
    ------
    ConfigError
        If params.yaml is wrong or has no such profile.
    """
    config.load()
    root = paths.ROOT if profile == "default" else workspace.prepare(paths.ROOT, profile)
    environment = os.environ | {"RENDERFIT_ROOT": str(root)}
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
