"""Stage book: texts, executed notebooks and results become HTML; warnings are errors."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path

from renderfit import paths
from renderfit.errors import ConvergenceError, DataError
from renderfit.pipeline.atomic import whole_folder

_log = logging.getLogger(__name__)


def run() -> None:
    """Write ``artifacts/book/`` (open ``index.html``)."""
    source = assemble(paths.ROOT / "build" / "book")
    with whole_folder(paths.ARTIFACTS / "book") as part:
        html = build(source)
        shutil.copytree(html, part, dirs_exist_ok=True)
    _log.info("  the book: %s", paths.ARTIFACTS / "book" / "index.html")


def assemble(target: Path) -> Path:
    """Put the sources of the book together in `target`: ``book/``, executed notebooks, results.

    Raises
    ------
    DataError
        If there is no book or no executed notebook.
    """
    if not (paths.BOOK / "_toc.yml").is_file():
        raise DataError(f"{paths.BOOK}/_toc.yml: no such file; expected the table of contents of the book")
    executed = sorted((paths.ARTIFACTS / "notebooks").glob("*/*.ipynb"))
    executed = [path for path in executed if ".failed" not in path.suffixes and ".part" not in path.suffixes]
    if not executed:
        raise DataError(f"{paths.ARTIFACTS}/notebooks: no executed notebooks; expected those of the stages before: run `dvc repro`")
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(paths.BOOK, target, ignore=shutil.ignore_patterns("_build"))
    (target / "notebooks").mkdir(exist_ok=True)
    for path in executed:
        name = f"register-{path.name}" if path.parent.name == "register" else path.name
        shutil.copy2(path, target / "notebooks" / name)
    shutil.copytree(paths.RESULTS, target / "results", dirs_exist_ok=True)
    return target


def build(source: Path) -> Path:
    """Build the HTML of the book in `source` and return its folder.

    Raises
    ------
    ConvergenceError
        If Sphinx reports an error or a warning; its report is in the message.
    """
    output = source.with_name("book-html")
    shutil.rmtree(output, ignore_errors=True)
    command = [sys.executable, "-m", "jupyter_book", "build", str(source), "--path-output", str(output), "-W", "-n", "--keep-going", "-q"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, env=os.environ | {"PYTHONWARNINGS": "ignore"}
    )
    html = output / "_build" / "html"
    if done.returncode or not (html / "index.html").is_file():
        said = [line for line in (done.stdout + done.stderr).splitlines() if "WARNING" in line or "ERROR" in line or "Error" in line]
        report = "\n".join(said[:40]) or (done.stdout + done.stderr)[-2000:]
        raise ConvergenceError(f"the book was not built (exit status {done.returncode}); Sphinx said:\n{report}")
    return html
