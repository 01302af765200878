"""Sharp edges of CAD parts stay sharp, measured as in the benchmark."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks" / "watertight"))

import creases

PARTS = dict(creases.bodies())


SHARP = {"plate with a round hole": 99, "cube with three holes": 95, "threaded cap": 95, "battery of the drill": 85}
"""Body -> least part of its creases that stay sharp [%]."""


@pytest.mark.parametrize(("name", "sharp"), SHARP.items())
def test_distance_and_dihedral_at_creases(name, sharp):
    found = creases.measure(PARTS[name], depth=7)
    assert found["points"] > 1000
    assert found["distance_mean_cells"] < 0.03
    assert found["distance_p95_cells"] < 0.05
    assert found["dihedral_off_median_degree"] < 1
    assert found["sharp_percent"] > sharp
