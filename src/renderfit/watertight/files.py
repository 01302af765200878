"""Mesh files to files of watertight meshes, one by one or a folder of them."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from renderfit.errors import DataError, RenderFitError
from renderfit.geometry import load_mesh, save_mesh
from renderfit.geometry.io import require_ending, require_metres
from renderfit.progress import progress
from renderfit.watertight.report import report
from renderfit.watertight.resampling import require_budget, resample
from renderfit.watertight.solid import require_settings, solidify
from renderfit.whole import require_folder, require_name

ENDINGS = (".ply", ".obj", ".stl", ".off", ".glb", ".gltf")
"""Of the files that are meshes in a folder."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Wanted:
    """What to make of a mesh: the arguments of `renderfit.watertight.solidify` and `renderfit.watertight.resample`.

    Attributes
    ----------
    depth : int
    seal : int or None
        [cells]; None: as many as needed.
    ratio : float
    vertices : int
        0: keep all.

    Raises
    ------
    ConfigError, ShapeError
        If a number is out of range: before any file is read.
    """

    depth: int = 7
    seal: int | None = 0
    ratio: float = 0.01
    vertices: int = 0

    def __post_init__(self) -> None:
        require_settings(self.depth, self.seal, self.ratio)
        if self.vertices:
            require_budget(self.vertices)


def convert(source: Path, out: Path, wanted: Wanted) -> dict[str, Any]:
    """Make a file watertight.

    Parameters
    ----------
    source : path
        Mesh [m].
    out : path
        File to write; folders above it are made.
    wanted : Wanted

    Returns
    -------
    dict
        What `renderfit.watertight.report` says, and seal, suggested_seal [cells], volume_ratio, cpu_seconds.

    Raises
    ------
    DataError
        If the file is not readable as a mesh or none can be written at `out`.
    """
    require_name(out)
    if out.is_dir():
        raise DataError(f"{out} is a folder; expected the name of a file to write: give {out / source.stem}.ply")
    require_folder(out.parent)
    require_ending(out)
    mesh = load_mesh(source)
    if not len(mesh.faces):
        raise DataError(f"{source}: {len(mesh.vertices)} points without faces; expected triangles: reconstruct a surface first")
    try:
        require_metres(mesh, str(source))
    except DataError as problem:  # closing works in any unit, what comes after does not
        log.warning("warning: %s; or let `renderfit dataset align` find the unit", problem)
    start = time.process_time()
    solid = solidify(mesh, wanted.depth, wanted.seal, wanted.ratio)
    made = resample(solid.mesh, wanted.vertices) if wanted.vertices else solid.mesh
    seconds = time.process_time() - start
    save_mesh(made, out)
    found = report(made, mesh)
    return found | {
        "seal": solid.seal,
        "suggested_seal": solid.suggested_seal,
        "volume_ratio": solid.volume_ratio,
        "cpu_seconds": seconds,
    }


def convert_folder(folder: Path, out: Path, wanted: Wanted) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """Make every mesh of a folder and its sub-folders watertight; one that cannot be does not stop the others.

    Parameters
    ----------
    folder, out : path
        ``folder/a/b.obj`` becomes ``out/a/b.ply``.
    wanted : Wanted

    Returns
    -------
    made : dict
        What `convert` says, by path in the folder.
    failed : dict
        Messages, by path in the folder.

    Raises
    ------
    DataError
        If there is no mesh in the folder, two would get one name, or `out` lies in it or is a file.
    """
    require_folder(out)
    if out.resolve().is_relative_to(folder.resolve()):
        raise DataError(f"{out} lies in {folder}; expected another place: the next run would take its own output in")
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS and not path.name.startswith("."))
    if not files:
        raise DataError(f"{folder}: no mesh in this folder; expected files ending in {', '.join(ENDINGS)}")
    targets: dict[Path, Path] = {}
    for path in files:
        target = (out / path.relative_to(folder)).with_suffix(".ply")
        if target in targets:
            raise DataError(f"{targets[target]} and {path} would both become {target}; expected distinct names: rename one")
        targets[target] = path
    made, failed = {}, {}
    for target, path in progress(targets.items(), "watertight meshes", len(targets)):
        name = str(path.relative_to(folder))
        try:
            made[name] = convert(path, target, wanted)
        except RenderFitError as problem:
            log.warning("%s", problem)
            failed[name] = str(problem)
    return made, failed
