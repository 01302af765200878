import json

import pytest

from renderfit import paths
from renderfit.evaluation.goals import GOALS, goals

ROOT = paths.find_root(paths.Path(__file__).parent)


def committed():
    found = {path.stem: json.loads(path.read_text()) for path in (ROOT / "results").glob("*.json")}
    return found | {"benchmarks": ROOT / "benchmarks"}


def test_the_committed_results_have_every_figure():
    assert [entry["what"] for entry in goals(committed()) if entry["reached"] is None] == []


def test_without_results_no_goal_is_met():
    assert not any(entry["met"] or entry["reached"] is not None for entry in goals({"benchmarks": "nowhere"}))


@pytest.mark.parametrize(("shift", "met"), [(-0.001, True), (0.0, True), (0.001, False)])
def test_a_goal_is_met_up_to_its_limit_and_not_beyond(shift, met):
    goal = next(goal for goal in GOALS if "five-dimensional" in goal.what)
    row = {"method": "ours_pca", "pose": "known", "ratio": goal.limit + shift}
    entry = next(entry for entry in goals({"table1": {"means": [row]}}) if entry["what"] == goal.what)
    assert entry["reached"] == row["ratio"]
    assert entry["met"] is met


def test_figures_are_those_of_the_table():
    results = committed()
    records = [r for r in results["table1"]["records"] if (r["method"], r["pose"]) == ("ours_published", "noise")]
    share = next(entry for entry in goals(results) if entry["what"].endswith("failures, placed [%]"))
    assert share["reached"] == pytest.approx(100 * sum(record["placed_failed"] for record in records) / len(records))
