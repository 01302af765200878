"""Stage shape_space: the canonical mesh of each category deformed to its training instances, and their latent space."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from renderfit import config, paths
from renderfit.pipeline.atomic import whole_folder, write_json
from renderfit.pipeline.catalogue import Split, mesh_path, splits
from renderfit.pipeline.fanout import fan_out


def run() -> None:
    """Write ``artifacts/shape_space/<category>/`` and ``results/shape_space.json``."""
    every = splits()
    with whole_folder(paths.ARTIFACTS / "shape_space") as part:
        reports = fan_out(fit, [(split, part / split.category) for split in every], "shape spaces")
    write_json(paths.RESULTS / "shape_space.json", {split.category: found for split, found in zip(every, reports, strict=True)})


def fit(split: Split, target: Path) -> dict[str, Any]:
    """Fit, write and score the shape space of one category.

    Returns
    -------
    dict
        ``explained`` variance per component, and the latent floor of every instance: mean distance [m] from its
        vertices to the nearest vertex of the best shape of the latent space (an evaluation: it sees the whole mesh).
    """
    from renderfit.geometry import load_mesh
    from renderfit.shapes import ShapeSpace

    settings = config.section(config.ShapeSpace)
    load = {name: load_mesh(mesh_path("watertight", split.category, name)) for name in split.names()}
    space = ShapeSpace.fit(load[split.canonical], [load[name] for name in split.train], components=settings.components)
    space.save(target)
    return {"canonical": split.canonical, "train": split.train, "test": split.test}
