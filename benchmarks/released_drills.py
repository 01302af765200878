"""The released drill clouds with the settings of the authors' code, and with ours: writes results/released_drills.json.

    python benchmarks/released_drills.py      # needs the clouds: RENDERFIT_MIRROR, or `renderfit dataset download drill_pcd`

Every training cloud is tried as the canonical too, for the authors do not name theirs. The test clouds are scored, nothing is
chosen by them.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from renderfit import paths
from renderfit.datasets import mirror
from renderfit.datasets.real import CLOUDS, Drills
from renderfit.evaluation.real import Size, closed, space_of
from renderfit.evaluation.released import SETTINGS, models, study
from renderfit.provenance import provenance
from renderfit.shapes import choose_canonical
from renderfit.whole import write_json

RELEASED = next(iter(SETTINGS))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=paths.RESULTS / "released_drills.json")
    chosen = parser.parse_args()
    source = Drills()
    split = source.splits()[Drills.CATEGORY]
    train = {name: source.cloud(name) for name in (split.canonical, *split.train)}
    clouds = {name: mesh.numpy()[0] for name, mesh in train.items()}
    tests = {name: source.cloud(name).numpy()[0] for name in split.test.values()}
    others = {name: cloud for name, cloud in clouds.items() if name != split.canonical}
    rows = study(clouds[split.canonical], others, tests, SETTINGS)
    size = Size(len(train), 0)
    solid = closed(source.mesh(Drills.CATEGORY, split.canonical), size)
    space = space_of(solid, [mesh for name, mesh in train.items() if name in others], list(others), size)
    rows += models(space, tests, len(clouds[split.canonical]))
    canonicals = {}
    for name, template in clouds.items():
        found = study(template, {key: cloud for key, cloud in clouds.items() if key != name}, tests, {RELEASED: SETTINGS[RELEASED]})
        canonicals[name] = {key: [row[key] for row in found] for key in ("cpd_mm2", "space_mm2")}
    energies = choose_canonical(train)
    files = [entry for entry in mirror.manifest() if entry.category == CLOUDS]
    made = {"mirror": {entry.file: entry.sha256 for entry in files}, **provenance([], ["shape_space"])}
    write_json(
        chosen.out,
        {
            "provenance": made, "canonical": split.canonical, "lowest_energy": energies.name,
            "rows": rows, "canonicals": canonicals,
        },
    )  # fmt: skip


if __name__ == "__main__":
    main()
