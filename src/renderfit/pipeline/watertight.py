"""Stage watertight: every raw mesh of the data set becomes a watertight one with the vertex budget."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from renderfit import config, paths
from renderfit.pipeline.catalogue import mesh_path, splits
from renderfit.pipeline.fanout import fan_out
from renderfit.whole import whole_folder, write_json


def run() -> None:
    """Write ``artifacts/watertight/<category>/<name>.ply`` and ``results/watertight.json``."""
    named = [(category, name) for category, split in splits().items() for name in split.names()]
    with whole_folder(paths.ARTIFACTS / "watertight") as part:
        tasks = [(mesh_path("dataset", category, name), part / category / f"{name}.ply") for category, name in named]
        reports = fan_out(close, tasks, "watertight meshes")
    entries = [{"category": category, "name": name, **report} for (category, name), report in zip(named, reports, strict=True)]
    write_json(paths.RESULTS / "watertight.json", entries)


def close(source: Path, target: Path) -> dict[str, Any]:
    """Make one mesh watertight, resample it, write it and return its report without times."""
    from renderfit.geometry import load_mesh, save_mesh
    from renderfit.watertight import report, resample, solidify

    settings = config.section(config.Watertight)
    raw = load_mesh(source, check_unit=True)
    solid = solidify(raw, depth=settings.depth, seal=None if settings.seal < 0 else settings.seal, ratio=settings.ratio)
    even = resample(solid.mesh, vertices=settings.vertices)
    save_mesh(even, target)
    return {**report(even, raw), "seal": solid.seal, "volume_ratio": solid.volume_ratio}
