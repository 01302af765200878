"""Where a number comes from: code, parameters, data and versions, without any clock.

Nothing here depends on when or in which folder a result was made, so that a rerun of the same
commit writes the same bytes.
"""

from __future__ import annotations

import functools
import hashlib
import json
import platform
import subprocess
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml

from renderfit import paths
from renderfit.errors import DataError

PACKAGES = ("numpy", "torch", "numba", "moderngl")
SOURCES = ("src", "notebooks", "datasets", "params.yaml", "dvc.yaml", "data.dvc", "requirements.lock")
"""What can change a result; commits that touch only texts or the results themselves do not count."""

NUMBA = "numba rasteriser"
"""What a result says that was drawn on the processor, without OpenGL."""

_renderer: set[str] = set()


def note_renderer(name: str) -> None:
    """Remember what drew in this process: an OpenGL renderer string, or `NUMBA`; the rendering package calls it."""
    _renderer.add(name)


def renderers() -> tuple[str, ...]:
    """Return what has drawn in this process so far, sorted."""
    return tuple(sorted(_renderer))


def provenance(inputs: Iterable[Path | str] = (), sections: Iterable[str] = (), renderer: str = "") -> dict[str, Any]:
    """Describe what a result was computed with.

    Parameters
    ----------
    inputs : iterable of paths
        Files or folders the result was computed from; their contents are hashed.
    sections : iterable of str
        Sections of params.yaml the result depends on; none given: all of them.
    renderer : str
        What drew: OpenGL renderer string or `NUMBA`; empty: what this process has noted so far, else ``"not used"``. Call
        this after the work, or name it.

    Returns
    -------
    dict
        ``commit`` (last commit that touched a source), ``dirty``, ``code`` (sha256 of src/renderfit), ``params``
        and ``data`` (sha256), ``inputs`` (path -> sha256), ``versions``, ``renderer``. No timestamps.

    Raises
    ------
    DataError
        If an input does not exist.

    Examples
    --------
    >>> sorted(provenance(sections=["camera"]))
    ['code', 'commit', 'data', 'dirty', 'inputs', 'params', 'renderer', 'versions']
    """
    given = [Path(path) for path in inputs]
    hashes = {name: hash_path(path) for name, path in zip(_names(given), given, strict=True)}
    commit, dirty = _git(paths.ROOT)
    return {
        "commit": commit,
        "dirty": dirty,
        "code": code_hash(),
        "params": params_hash(sections),
        "data": _digest(json.dumps(hashes, sort_keys=True).encode()),
        "inputs": dict(sorted(hashes.items())),
        "versions": versions(),
        "renderer": renderer or ", ".join(renderers()) or "not used",
    }


def hash_path(path: Path) -> str:
    """Return the sha256 of a file, or of a folder's relative names and contents.

    Raises
    ------
    DataError
        If `path` does not exist.
    """
    path = path if path.is_absolute() else paths.ROOT / path
    if path.is_file():
        return _digest(path.read_bytes())
    if not path.is_dir():
        raise DataError(f"{path} does not exist; expected a file or folder that a result was computed from; run `dvc repro` first")
    names = sorted(p.relative_to(path).as_posix() for p in path.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    return _digest("\n".join(f"{name} {_digest((path / name).read_bytes())}" for name in names).encode())


@functools.cache
def code_hash() -> str:
    """Return the sha256 of all source files of the package."""
    folder = Path(__file__).parent
    kept = sorted(p for p in folder.rglob("*") if p.suffix in {".py", ".glsl", ".mplstyle", ".js", ".html", ".css"})
    return _digest("\n".join(f"{p.relative_to(folder).as_posix()} {_digest(p.read_bytes())}" for p in kept).encode())


def version_line() -> str:
    """Return version, commit and digest of the code that runs, in one line, for reports of problems.

    The commit is that of the checkout the package lies in, ``modified`` where its files differ; none where it was installed without one.
    """
    from renderfit import __version__

    here = Path(__file__).parent
    commit = _run(here, "rev-parse", "--short=12", "HEAD") if _run(here, "ls-files", Path(__file__).name) else ""
    changed = ", modified" if commit and _run(here, "status", "--porcelain", "--untracked-files=no", "--", ".") else ""
    return f"renderfit {__version__} ({f'commit {commit}{changed}' if commit else 'no checkout'}, code {code_hash()[:12]})"


def params_hash(sections: Iterable[str] = ()) -> str:
    """Return the sha256 of the named sections of params.yaml (none: all; without the file: none), independent of comments and order."""
    path = paths.ROOT / "params.yaml"
    entries = (yaml.safe_load(path.read_text()) if path.is_file() else None) or {}
    names = sorted(sections) or sorted(set(entries) - {"profiles", "compute"})
    return _digest(json.dumps({name: entries.get(name) for name in names}, sort_keys=True).encode())


@functools.cache
def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that make numbers."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


@functools.cache
def _git(root: Path) -> tuple[str, bool]:
    """Return the last commit that touched a source, and whether a source differs from it."""
    sources = [f":/{name}" for name in SOURCES]
    commit = _run(root, "log", "-1", "--format=%H", "--", *sources)
    return commit or "not in git", bool(_run(root, "status", "--porcelain", "--untracked-files=no", "--", *sources))


def _run(root: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _names(given: list[Path]) -> list[str]:
    """Return what inputs are called: relative to the root; elsewhere by as many folders above them as it takes to tell them apart."""
    whole = [path if path.is_absolute() else paths.ROOT / path for path in given]
    names = []
    for path in whole:
        if path.is_relative_to(paths.ROOT):
            names.append(path.relative_to(paths.ROOT).as_posix())
            continue
        others = [other.parts for other in whole if other != path and not other.is_relative_to(paths.ROOT)]
        depth = next(n for n in range(1, len(path.parts) + 1) if n == len(path.parts) or all(o[-n:] != path.parts[-n:] for o in others))
        names.append("/".join(path.parts[-depth:]))
    return names


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
