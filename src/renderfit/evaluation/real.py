"""Registration of real objects: meshes and clouds nobody here made, from a local mirror.

The shape space is made of the real training objects, photographs are rendered from the real test objects, and the methods
see what they always see. Segmentation is the network trained on the parametric objects.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from renderfit import config
from renderfit.datasets.split import Split
from renderfit.datasets.views import sample_view, seed_of
from renderfit.evaluation.instance import Instance
from renderfit.evaluation.runs import Run, compare, references
from renderfit.geometry import Camera, Mesh
from renderfit.progress import progress
from renderfit.shapes import ShapeSpace
from renderfit.watertight import resample, solidify

METHODS = ("cls", "paper", "ours_pca", "ours", "ours_mask")


class Source(Protocol):
    """Real objects by category and name (`renderfit.datasets.real`)."""

    def mesh(self, category: str, name: str) -> Mesh:
        """Return one object [m]."""

    def splits(self) -> dict[str, Split]:
        """Return category -> split."""


@dataclass(frozen=True, eq=False)
class Study:
    """What came out for one category of real objects."""

    category: str
    split: Split
    space: ShapeSpace
    instances: dict[str, Instance]
    runs: list[Run]

    def means(self) -> dict[tuple[str, str, str], dict[str, float]]:
        """Return (test, method, pose) -> mean of each score over the views; missing scores are left out."""
        groups: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
        for run in self.runs:
            groups.setdefault((run.record["instance"], run.record["method"], run.record["pose"]), []).append(run.record)
        names = ("v2v_mm", "mean_square_mm2", "v2s_mm", "placed_v2v_mm")
        return {
            key: {name: sum(r[name] for r in found) / len(found) for name in names if found[0].get(name) is not None}
            for key, found in groups.items()
        }


def study(
    source: Source, category: str, network: Any, *, limit: int, tests: int, views: int, vertices: int, points: int, depth: int
) -> Study:
    """Make a shape space of real objects and register photographs of the held-out ones.

    Parameters
    ----------
    source : Source
        `renderfit.datasets.real.Drills` or `Open`.
    category : str
    network : UNet
        Segmentation, trained on the parametric objects.
    limit : int
        Objects in total.
    tests, views : int
        Test objects and photographs of each.
    vertices, points, depth : int
        Budget of each watertight mesh, of Coherent Point Drift, and the depth of the watertight grid.

    Raises
    ------
    DataError
        If the mirror lacks a file or the category.
    """
    whole = source.splits()[category]
    split = Split(whole.canonical, whole.train, dict(list(whole.test.items())[:tests])).limited(limit)
    raw = {name: source.mesh(category, name) for name in split.names()}
    solid = _closed(raw, vertices, depth)
    train = [solid[name] for name in split.train]
    settings = config.section(config.ShapeSpace)
    space = ShapeSpace.fit(
        solid[split.canonical], train, components=min(settings.components, len(train) - 1), names=split.train, points=points
    )
    lens, band = config.section(config.CameraSection), config.section(config.Views)
    camera = Camera.centred(lens.size, lens.focal)
    instances = {}
    for test, name in split.test.items():
        seeds = [seed_of(band.seed, "real", category, test, number) for number in range(views)]
        seen = [sample_view(solid[name], camera, seed, band, lens.distance) for seed in seeds]
        instances[test] = Instance(category, test, name, space, seen, solid[name], [])
    runs = [run for instance in instances.values() for run in references(instance)]
    tasks = [(instance, number, noise) for instance in instances.values() for number in range(views) for noise in (False, True)]
    for instance, number, noise in progress(tasks, f"real {category} views"):
        runs += compare(instance, number, noise, network, METHODS)
    return Study(category, split, space, instances, runs)


def _closed(raw: Mapping[str, Mesh], vertices: int, depth: int) -> dict[str, Mesh]:
    return {
        name: resample(solidify(mesh, depth=depth, seal=None).mesh, vertices=vertices)
        for name, mesh in progress(list(raw.items()), "real objects")
    }
