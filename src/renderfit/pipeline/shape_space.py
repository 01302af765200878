"""Stage shape_space: the canonical mesh of each category deformed to its training instances, and their latent space."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from renderfit import config, paths
from renderfit.datasets import Split
from renderfit.pipeline.catalogue import mesh_path, splits
from renderfit.pipeline.fanout import fan_out
from renderfit.whole import whole_folder, write_json

MODELS: tuple[Literal["pca", "rich", "fine"], ...] = ("pca", "rich", "fine")


def run() -> None:
    """Write ``artifacts/shape_space/<category>/`` and ``results/shape_space.json``."""
    every = splits()
    with whole_folder(paths.ARTIFACTS / "shape_space") as part:
        reports = fan_out(fit, [(category, split, part / category) for category, split in every.items()], "shape spaces")
    write_json(paths.RESULTS / "shape_space.json", dict(zip(every, reports, strict=True)))


def fit(category: str, split: Split, target: Path) -> dict[str, Any]:
    """Fit, write and score the shape space of one category.

    Returns
    -------
    dict
        Roles, size of the models and the latent floor of every test instance [mm]: how near the best shape of the space
        comes to it (an evaluation: it sees the whole mesh).
    """
    from renderfit.geometry import load_mesh
    from renderfit.shapes import ShapeSpace
    from renderfit.shapes.settings import configured

    load = {name: load_mesh(mesh_path("watertight", category, name)) for name in split.names()}
    space = ShapeSpace.fit(
        load[split.canonical],
        [load[name] for name in split.train],
        components=config.section(config.ShapeSpace).components,
        names=split.train,
        **configured(),
    )
    space.save(target)
    floors = {}
    for slot, name in split.test.items():
        floors[slot] = {kind: score(space.reconstruct(load[name], name=kind).mesh, load[name]) for kind in MODELS}
    sizes = {kind: space.model(kind).size for kind in MODELS}
    return {**split.entries(), "components": sizes, "mirrors": len(space.mirrors), "latent_floor_mm": floors}


def score(mesh: Any, reference: Any) -> dict[str, float]:
    """Return the scores of a fitted mesh against the complete one, in mm, rounded to a micrometre."""
    from renderfit.evaluation import vertex_error

    found = vertex_error(mesh, reference)
    return {"v2v": round(1e3 * found.mean, 3), "v2s": round(1e3 * found.to_surface, 3)}
