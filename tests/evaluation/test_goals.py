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
    goal = next(goal for goal in GOALS if goal.what == "known pose, five-dimensional space")
    row = {"method": "ours_pca", "pose": "known", "ratio": goal.limit + shift}
    entry = next(entry for entry in goals({"table1": {"means": [row]}}) if entry["what"] == goal.what)
    assert entry["reached"] == row["ratio"]
    assert entry["met"] is met


def test_figures_are_those_of_the_table():
    results = committed()
    records = [r for r in results["table1"]["records"] if (r["method"], r["pose"]) == ("ours_published", "noise")]
    share = next(entry for entry in goals(results) if entry["what"].endswith("failures, placed [%]"))
    assert share["reached"] == pytest.approx(100 * sum(record["placed_failed"] for record in records) / len(records))


def test_an_outline_of_which_nothing_was_found_meets_no_goal():
    """A network that finds nothing on most photographs has no median distance."""
    results = {"unet": {"test": {"all": {"photographs": 4, "iou": 0.1, "iou_least": 0.0, "boundary_px": None}}}}
    entry = next(entry for entry in goals(results) if "outline on test instances" in entry["what"])
    assert entry["reached"] is None
    assert not entry["met"]


def test_times_are_those_of_the_model_that_is_used():
    rows = [{"method": model, "pose": "noise", "median_cpu_seconds": s} for model, s in (("pca", 0.1), ("rich", 0.6), ("nearest", 0.2))]
    found = {entry["what"]: entry for entry in goals({"registration_speed": {"rows": rows}}) if entry["part"].endswith("[CPU seconds]")}
    assert found["pose noise"]["reached"] == 0.6
    assert not found["pose noise"]["met"]
    assert found["known pose"]["reached"] is None
