"""Profiles: the same pipeline with other parameters, in a workspace of its own.

The default profile runs in the checkout. Any other one gets ``build/<profile>/``: a copy of the
checkout's files with the profile's parameters laid over params.yaml, so that the results of the
default profile are never touched.
"""

from __future__ import annotations

import configparser
import io
import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

from renderfit.errors import ConfigError, DataError

NEVER_COPIED = ("dvc.lock", "dvc.lock.part")


def prepare(checkout: Path, profile: str) -> Path:
    """Bring ``build/<profile>/`` up to date with the checkout and return it.

    Files whose content did not change are left alone, so that ``dvc repro`` there runs only what
    changed since the last time.

    Raises
    ------
    ConfigError
        If params.yaml has no such profile, or the profile names a parameter that does not exist.
    """
    overlaid = overlay(checkout / "params.yaml", profile)
    workspace = checkout / "build" / profile
    names = [name for name in tracked(checkout) if not _made_by_stages(checkout, name)]
    for name in names:
        _copy(checkout / name, workspace / name)
    for name in kept_results(checkout / "dvc.yaml"):
        if (checkout / name).is_file() and not (workspace / name).exists():
            _copy(checkout / name, workspace / name)
    known = workspace / ".copied"
    for name in set(known.read_text().splitlines() if known.exists() else []) - set(names):
        (workspace / name).unlink(missing_ok=True)
    known.write_text("\n".join(names) + "\n")
    _write(workspace / "params.yaml", yaml.safe_dump(overlaid, sort_keys=False).encode())
    config = (checkout / ".dvc" / "config").read_text()
    _write(workspace / ".dvc" / "config", config.replace("[core]\n", "[core]\n    no_scm = true\n", 1).encode())
    if (checkout / ".dvc" / "config.local").exists():
        _write(workspace / ".dvc" / "config.local", _local_config(checkout / ".dvc" / "config.local").encode())
    return workspace


def _local_config(path: Path) -> str:
    """Return the user's own DVC settings (a mirror of the data set) with its relative folders made absolute."""
    settings = configparser.ConfigParser(interpolation=None)
    settings.read(path)
    for section in settings.sections():
        url = settings[section].get("url", "")
        if url.startswith("."):
            settings[section]["url"] = str((path.parent / url).resolve())
    stream = io.StringIO()
    settings.write(stream)
    return stream.getvalue()


def overlay(path: Path, profile: str) -> dict[str, Any]:
    """Return the parameters of `path` with the entries of its profile in place of the default ones."""
    from renderfit import config

    entries = yaml.safe_load(path.read_text())
    profiles = config.mapping(entries.pop("profiles", None), "params.yaml: profiles")
    if profile not in profiles:
        raise ConfigError(f"params.yaml: no profile {profile!r}; expected default or one of {', '.join(map(str, profiles))}")
    for section, values in config.mapping(profiles[profile], f"params.yaml: profile {profile}").items():
        if section not in config.SECTIONS:
            raise ConfigError(
                f"params.yaml: profile {profile} has an unknown section {section}; expected one of {', '.join(config.SECTIONS)}"
            )
        entries[section] = (entries.get(section) or {}) | config.mapping(values, f"params.yaml: profile {profile}: {section}")
        config.parse(config.SECTIONS[section], entries[section], section)
    return entries


def tracked(checkout: Path) -> list[str]:
    """Return the files of the checkout that git tracks or would track; all of ``src`` etc. without git.

    Raises
    ------
    DataError
        If `checkout` is no git checkout.
    """
    command = ["git", "-C", str(checkout), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, check=False)
    if listed.returncode:
        raise DataError(f"{checkout}: not a git checkout ({listed.stderr.decode().strip()}); profiles need the one you cloned")
    names = sorted(set(listed.stdout.decode().split("\0")) - {""})
    return [name for name in names if (checkout / name).is_file() and not (checkout / name).is_symlink()]


def _made_by_stages(checkout: Path, name: str) -> bool:
    """Say whether a file is an output of a stage, which the workspace has to make itself."""
    return name in NEVER_COPIED or name in outputs(checkout / "dvc.yaml") or name == "params.yaml" or name.startswith(".dvc/config")


def kept_results(path: Path) -> list[str]:
    """Return the outputs that their stage keeps where it cannot make them anew (``persist``): the committed ones serve until then."""
    stages = yaml.safe_load(path.read_text())["stages"].values()
    listed = [entry for stage in stages for kind in ("outs", "metrics", "plots") for entry in stage.get(kind, [])]
    named = [entry for entry in listed if isinstance(entry, dict)]
    return sorted(name for entry in named for name, options in entry.items() if (options or {}).get("persist"))


def outputs(path: Path) -> set[str]:
    """Return all that the stages of the dvc.yaml `path` write, relative to its folder."""
    found: set[str] = set()
    for stage in yaml.safe_load(path.read_text())["stages"].values():
        for kind in ("outs", "metrics", "plots"):
            for entry in stage.get(kind, []):
                found.update([entry] if isinstance(entry, str) else entry)
    return found


def _copy(source: Path, target: Path) -> None:
    if target.exists() and target.stat().st_mtime_ns == source.stat().st_mtime_ns and target.stat().st_size == source.stat().st_size:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)


def _write(target: Path, content: bytes) -> None:
    if not target.exists() or target.read_bytes() != content:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
