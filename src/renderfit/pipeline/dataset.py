"""Stage ``dataset``: recipes or real meshes -> artifacts/dataset/<category>/<name>.ply and split.json."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

from renderfit import config, paths
from renderfit.datasets import sources
from renderfit.datasets.recipes import SPLIT
from renderfit.datasets.split import chosen, save_split
from renderfit.geometry.io import save_mesh
from renderfit.progress import progress

_log = logging.getLogger(__name__)


def run() -> None:
    """Write the raw meshes of all instances; the folder appears whole or not at all.

    Raises
    ------
    DataError
        If the source lacks a category, has too few instances in one, or a mesh is unreadable or
        not in metres.
    """
    settings = config.section(config.Dataset)
    source = sources.named(settings.source)
    splits = chosen(source.splits(), settings.categories, settings.instances, source.origin)
    final = paths.ARTIFACTS / "dataset"
    part = final.with_name(".dataset.part")
    shutil.rmtree(part, ignore_errors=True)
    tasks = [(category, name) for category, split in splits.items() for name in split.names()]
    for category, name in progress(tasks, "objects"):
        mesh = source.mesh(category, name)
        path = part / category / f"{name}.ply"
        save_mesh(mesh, path)
    save_split(splits, part / SPLIT)
    _replace(part, final)
    _log.info("data set %s: %d objects of %d categories", settings.source, len(tasks), len(splits))


def _replace(part: Path, final: Path) -> None:
    shutil.rmtree(final, ignore_errors=True)
    part.replace(final)
