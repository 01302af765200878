"""Make the environment: headless OpenGL when it is missing, ``.venv`` with the locked packages, this package, its kernels.

Standard library only: runs on a bare Debian with Python. Running it again only does what changed.
"""

from __future__ import annotations

import ctypes.util
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
LIBRARIES = {"EGL": "libegl1", "GL": "libgl1"}
UV_SOURCES = ("UV_DEFAULT_INDEX", "UV_INDEX", "UV_FIND_LINKS")
"""Who sets one of these has told uv where packages come from."""


def say(text: str) -> None:
    """Tell the user on stderr."""
    print(f"bootstrap: {text}", file=sys.stderr, flush=True)


def check_python() -> None:
    """Stop with a hint when this Python is too old."""
    if sys.version_info < (3, 11):  # noqa: UP036 - the check is for those who run it with an older one
        found = ".".join(map(str, sys.version_info[:3]))
        sys.exit(f"bootstrap: Python {found} found, 3.11 or newer needed; name one with: make PYTHON=python3.11 reproduce")


def opengl() -> None:
    """Install the headless OpenGL libraries of Debian when they are missing and we may; else say what happens."""
    missing = [package for name, package in LIBRARIES.items() if ctypes.util.find_library(name) is None]
    if not missing or not sys.platform.startswith("linux"):
        return
    note = f"no headless OpenGL ({', '.join(missing)} missing), the slower CPU rasteriser will be used"
    if shutil.which("apt-get") is None:
        say(note)
        return
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if prefix and (shutil.which("sudo") is None or subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode):
        say(f"{note}; to install it: sudo apt-get install {' '.join(missing)}")
        return
    say(f"installing {' '.join(missing)}")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    install = [*prefix, "apt-get", "install", "-y", "--no-install-recommends", *missing]
    update = [*prefix, "apt-get", "update"]
    for step in (update, install):
        done = subprocess.run(step, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        say(f"{note}; apt-get said: {(done.stderr or done.stdout).strip().splitlines()[-1:]}")


def pip_settings() -> tuple[list[str], dict[str, str]]:
    """Return pip's settings for sources of packages as options and environment of uv, which reads none of pip's configuration.

    uv's options have the names of pip's. Who set one of `UV_SOURCES` means those instead.
    """
    listed = subprocess.run([PYTHON, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False).stdout
    settings: dict[str, list[str]] = {}
    for line in listed.splitlines():
        key, _, entry = line.partition("=")
        settings.setdefault(key.rsplit(".", 1)[-1], []).extend(entry.strip("'\"").replace("\\n", " ").split())
    environment = {"UV_INDEX_STRATEGY": "unsafe-best-match", **os.environ}
    if settings.get("cert"):
        environment.setdefault("SSL_CERT_FILE", settings["cert"][0])
    if any(name in os.environ for name in UV_SOURCES):
        return [], environment
    options = []
    for name, entries in settings.items():
        if name.endswith(("-url", "-links")):
            chosen = dict.fromkeys(entries if name.startswith(("extra", "find")) else entries[:1])
            options += [part for entry in chosen for part in (f"--{name}", entry)]
    return options, environment


def install() -> None:
    """Create the virtual environment and install the lock and this package into it."""
    stamp = VENV / "renderfit-lock"
    state = hashlib.sha256(b"".join((ROOT / name).read_bytes() for name in ("requirements.lock", "pyproject.toml"))).hexdigest()
    state += f" {ROOT}"
    if PYTHON.exists() and stamp.exists() and stamp.read_text() == state:
        return
    if not PYTHON.exists():
        say(f"making {VENV.relative_to(ROOT)}")
        venv.create(VENV, with_pip=True)
    say("installing the packages of requirements.lock")
    pip = [PYTHON, "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    run([*pip, "uv"])
    options, environment = pip_settings()
    uv = [PYTHON, "-m", "uv", "pip", "install", "--quiet", "--python", PYTHON, *options]
    run([*uv, "--no-deps", "-r", ROOT / "requirements.lock", "-e", ROOT], environment)  # the lock names all dependencies
    stamp.write_text(state)


def kernels() -> None:
    """Compile the numba kernels anew when a source that holds one has changed.

    Numba itself looks at the file of a kernel only, not at the files of what the kernel calls. Who names
    another folder for its cache takes care of that folder.
    """
    if os.environ.get("NUMBA_CACHE_DIR"):
        return
    kept = ROOT / "src"
    sources = [path.read_bytes() for path in sorted(kept.rglob("*.py"))]
    state = hashlib.sha256(b"".join(source for source in sources if b"njit" in source)).hexdigest()
    stamp = VENV / "renderfit-kernels"
    if stamp.exists() and stamp.read_text() == state and any(kept.rglob("*.nbi")):
        return
    for pattern in ("*.nbi", "*.nbc"):
        for stale in kept.rglob(pattern):
            stale.unlink(missing_ok=True)
    say("compiling kernels")
    # numba colours even the messages of failures it expects and drops: a tenth of the time
    plain = os.environ | {"NUMBA_DISABLE_ERROR_MESSAGE_HIGHLIGHTING": "1"}
    done = subprocess.run([PYTHON, "-m", "renderfit.cli", "warmup"], cwd=ROOT, env=plain, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        say("not all kernels could be compiled ahead; those that lack are compiled when they are needed")
    stamp.write_text(state)


def run(command: list[str | Path], environment: dict[str, str] | None = None) -> None:
    """Run a command; end with its status when it fails."""
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        say(f"failed: {' '.join(map(str, command))}")
        sys.exit(done.returncode)


if __name__ == "__main__":
    check_python()
    opengl()
    install()
    kernels()
