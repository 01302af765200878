"""Rewrite requirements.lock from pyproject.toml: exact pins, no address, no accelerator wheels.

The lock must resolve on a machine with or without a GPU, so the CUDA packages that one build of
torch drags in are left out (torch from the default index brings them back where they are wanted).
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ACCELERATOR = re.compile(r"^(nvidia-|cuda-|triton)")


def main() -> None:
    """Resolve the requirements of pyproject.toml and write the lock."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal"]
    command += ["--python-version", "3.11", "--no-header", "--no-annotate", "--extra", "book", "--extra", "test"]
    command += [str(ROOT / "pyproject.toml")]
    environment = os.environ | {"UV_FIND_LINKS": os.environ.get("PIP_FIND_LINKS", "")}
    compiled = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    pins = set()
    for line in compiled.stdout.splitlines():
        if ACCELERATOR.match(line):
            continue
        pins.add("torch==2.13.0" if line.startswith("torch==") else line.replace("+cpu", ""))
    (ROOT / "requirements.lock").write_text("\n".join(sorted(pins, key=str.lower)) + "\n")


if __name__ == "__main__":
    main()
