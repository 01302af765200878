"""Stage ``dataset``: recipes or real meshes -> artifacts/dataset/<category>/<name>.ply and split.json."""

from __future__ import annotations

import logging
from pathlib import Path

from renderfit import config, paths
from renderfit.datasets import sources
from renderfit.datasets.folder import Folder
from renderfit.datasets.framing import require_in_frame
from renderfit.datasets.recipes import SPLIT
from renderfit.datasets.split import chosen, save_split
from renderfit.geometry.io import load_mesh, save_mesh
from renderfit.pipeline.fanout import fan_out
from renderfit.plotting.intake import write_page
from renderfit.whole import whole_folder, write_json

_log = logging.getLogger(__name__)


def run() -> None:
    """Write the raw meshes of all instances; the folder appears whole or not at all.

    For a folder of anybody's meshes ``report.html`` and ``report.json`` in it say what was done to each.

    Raises
    ------
    DataError
        If the source lacks a category, has too few instances in one, a mesh is unreadable or
        not in metres, or a test object does not fit into the pictures that are taken of it.
    """
    settings = config.section(config.Dataset)
    source = sources.named(settings.source)
    splits = chosen(source.splits(), settings.categories, settings.instances, source.origin, strict=settings.source == "default")
    with whole_folder(paths.ARTIFACTS / "dataset") as part:
        tasks = [(category, name, part / category / f"{name}.ply") for category, split in splits.items() for name in split.names()]
        if isinstance(source, Folder):
            for category, name, target in tasks:
                save_mesh(source.mesh(category, name), target)  # in memory since they were aligned
            intakes = {category: source.intake(category) for category in splits}
            write_json(part / "report.json", {category: intake.entry() for category, intake in intakes.items()})
            write_page(intakes, splits, source.origin, part / "report.html")
        else:
            fan_out(make, tasks, "objects", light=True)
        require_in_frame(
            {
                f"{category}/{name} ({slot.upper()})": load_mesh(part / category / f"{name}.ply")
                for category, split in splits.items()
                for slot, name in split.test.items()
            }
        )
        save_split(splits, part / SPLIT)
    _log.info("data set %s: %d objects of %d categories", settings.source, len(tasks), len(splits))


def make(category: str, name: str, target: Path) -> None:
    """Build or read one object and write it."""
    source = sources.named(config.section(config.Dataset).source)
    save_mesh(source.mesh(category, name), target)
