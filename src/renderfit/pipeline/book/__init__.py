"""Stage book: Markdown pages, executed notebooks and results become a static, offline website.

The checkout stays clean: everything is copied to ``artifacts/book_src`` and built from there to ``artifacts/book``.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from renderfit import paths
from renderfit.errors import ConvergenceError, DataError
from renderfit.pipeline import readme
from renderfit.pipeline.book import notebooks, text, toc
from renderfit.pipeline.book.context import context
from renderfit.whole import whole_folder

__all__ = ["assemble", "build", "run"]

_log = logging.getLogger(__name__)


def run() -> None:
    """Build the book of the root, ``artifacts/book/index.html``, and bring the table in its README.md up to date."""
    build(assemble(paths.ARTIFACTS / "book_src"), paths.ARTIFACTS / "book")
    if (paths.ROOT / "README.md").is_file() and (paths.RESULTS / "table1.json").is_file():
        readme.main()


def assemble(target: Path) -> Path:
    """Bring pages, executed notebooks, results and figures together in `target`, ready for ``jupyter-book build``.

    Raises
    ------
    DataError
        If ``book/`` is incomplete, or a page asks for a result that does not exist.
    """
    source = paths.BOOK
    if not (source / "_config.yml").is_file():
        raise DataError(f"{source} has no _config.yml; expected the folder book/ of the checkout")
    with whole_folder(target) as part:
        shutil.copytree(source, part, dirs_exist_ok=True, ignore=shutil.ignore_patterns("_build", "*.md", "_toc.yml"))
        notebooks.stage(paths.ARTIFACTS / "notebooks", part)
        for path in sorted(paths.RESULTS.glob("*")) if paths.RESULTS.is_dir() else []:
            if path.suffix in {".csv", ".json", ".png", ".svg"}:
                (part / "results").mkdir(exist_ok=True)
                shutil.copy2(path, part / "results" / path.name)
        pages = {path.relative_to(source).with_suffix("").as_posix() for path in source.rglob("*.md") if "_build" not in path.parts}
        pages |= {path.relative_to(part).with_suffix("").as_posix() for path in part.rglob("*.ipynb")}
        contents, listing = toc.resolve(yaml.safe_load((source / "_toc.yml").read_text()), pages)
        (part / "_toc.yml").write_text(yaml.safe_dump(contents, sort_keys=False))
        names = context(part, listing)
        absent = {entry["page"] for entry in listing if not entry["present"]}
        for path in sorted(source.rglob("*.md")):
            if "_build" not in path.parts and path.relative_to(source).with_suffix("").as_posix() not in absent:
                page = part / path.relative_to(source)
                page.parent.mkdir(parents=True, exist_ok=True)
                page.write_text(text.render(path, names))
    left_out = [entry["page"] for entry in listing if not entry["present"]]
    if left_out:
        _log.info("pages left out, their files are not there: %s", ", ".join(left_out))
    return target


def build(source: Path, target: Path, strict: bool = True) -> Path:
    """Run jupyter-book on `source` and put the HTML in `target`; warnings are errors when `strict`.

    Raises
    ------
    ConvergenceError
        If the build fails; the message holds jupyter-book's own warnings.
    """
    work = source.with_name(source.name + "_build")
    shutil.rmtree(work, ignore_errors=True)
    # the garbage collector, left as it is, takes a third of Sphinx's time
    entry = "from renderfit import collector; collector.relax(); from jupyter_book.cli.main import main; main()"
    command = [sys.executable, "-c", entry, "build", str(source), "--path-output", str(work), "-n", "--keep-going", "-q"]
    environment = os.environ | {"PYTHONPATH": str(paths.ROOT / "src"), "RENDERFIT_ROOT": str(paths.ROOT)}
    command += ["-W"] if strict else []
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, stdin=subprocess.DEVNULL)
    html = work / "_build" / "html"
    if done.returncode or not (html / "index.html").is_file():
        raise ConvergenceError(f"the book did not build (status {done.returncode}):\n{complaints(done.stdout + done.stderr)}")
    with whole_folder(target) as part:
        shutil.copytree(html, part, dirs_exist_ok=True)
    shutil.rmtree(work, ignore_errors=True)
    _log.info("the book: %s", target / "index.html")
    return target


def complaints(output: str) -> str:
    """Return the lines of a build log that matter, at most 60."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", output)
    lines = [line for line in plain.splitlines() if re.search(r"WARNING|ERROR|Error|error:|Exception", line)]
    return "\n".join((list(dict.fromkeys(lines)) or plain.splitlines())[-60:])
