"""The page on real objects is built from the results file alone."""

import pytest

from renderfit.evaluation.real import over_floor
from renderfit.plotting import intake_tables, real, real_failures

SCORES = {"mean_square_mm2": 9.0, "v2s_mm": 2.0, "failed": False, "warnings": []}


def record(method, pose, v2v, placed=None, **more):
    return {
        "instance": "t1",
        "method": method,
        "pose": pose,
        "view": 0,
        "v2v_mm": v2v,
        **({"placed_v2v_mm": placed} if placed else {}),
        **SCORES,
        **more,
    }


@pytest.fixture
def study():
    runs = [record("ground_truth", "known", 1.5), record("latent_floor", "known", 2.0), record("mean_shape", "known", 6.0)]
    for method in real.BARS:
        runs.append(record(method, "known", 3.0))
        runs.append(record(method, "noise", 4.0, 8.0, rotation_left_deg=3.0, translation_left_mm=5.0))
    runs[-1] |= {"v2v_mm": 9.0, "warnings": ["a <wrong> basin"]}
    folds = [{"canonical": "a", "train": ["b", "c"], "test": {"t1": "d"}}]
    square = [[[10, 10], [20, 10], [20, 30], [10, 10]]]
    outlines = {"true": square, "seen": [], "found": square}
    missed = {"instance": "t1", "pose": "noise", "view": 0, "ratio": 2.5, "reason": "pose: turned", "seen": 0.9, "outlines": outlines}
    return {"category": "drill", "kind": "clouds", "views": 1, "folds": folds, "unlicensed": [], "records": runs, "misses": [missed]}


def test_ratios_are_over_the_floor(study):
    assert over_floor(study, "ours", "known") == {"t1": 1.5}
    assert over_floor(study, "ours", "noise") == {"t1": 4.0}


def test_tables_and_bars(study):
    table = {"cells": [{"category": "x", "instance": "t1", "method": "latent_floor", "pose": "known", "v2v_mm": {"mean": 2.0}}]}
    assert "real drill clouds" in real.overview([study], table)
    assert "data set of this book" in real.overview([study], table)
    assert "D (d)" not in real.scores(study)
    assert "T1 (d)" in real.scores(study)
    assert "the paper's drill T2" in real.beside_paper(study).replace("&#x27;", "'")
    asked = str(real.asked([study]))
    assert "1.50 (missed); 1.50; 0 of 1" in asked
    assert "2.00 (missed)" in asked
    assert len(real.bars([study], "noise").axes) == 1


def test_failures_are_shown_with_their_reasons(study):
    study["records"][-3]["warnings"] = ["a <wrong> basin"]  # the run of ours
    shown = str(real_failures.failures([study]))
    assert "object frame: 1 of 2" in shown
    for text in ("pose: turned", "a &lt;wrong&gt; basin", "T1 (d)"):
        assert text in shown
    assert "<td>1 of 2</td>" in str(real_failures.causes([study]))
    assert len(real_failures.gallery([study]).axes) == real_failures.COLUMNS
    assert real_failures.gallery([{**study, "misses": []}]) is None
    assert real.trained(study) == "3"


def test_failures_are_counted_for_every_method(study):
    counted = str(real.above_twice([study]))
    assert counted.count("<td>0 of 2</td>") == len(real.BARS) - 1
    assert counted.count("<td>1 of 2</td>") == 1


def test_released_settings_stand_beside_ours():
    rows = [
        {"settings": name, "test": f"ais__drill_test_{k}", "cpd_mm2": 40.0 + k, "space_mm2": 90.0 + k}
        for name in ("released", "here")
        for k in (1, 2)
    ]
    canonicals = {"a": {"cpd_mm2": [1.0, 2.0], "space_mm2": [3.0, 4.0]}, "b": {"cpd_mm2": [5.0, 1.5], "space_mm2": [3.5, 9.0]}}
    shown = str(intake_tables.released({"rows": rows, "canonicals": canonicals}))
    assert "space, test 2" in shown
    assert shown.count("<td>41.0</td>") == 2
    assert "<td>1.5 to 2.0</td>" in shown
    assert "any of the 2 training clouds" in shown


def test_categories_that_are_not_upright_are_named():
    rows = [
        {"category": "mug", "objects": 8, "alone": 7, "together": True},
        {"category": "stool", "objects": 8, "alone": 1, "together": False},
    ]
    shown = str(intake_tables.upright({"rows": rows}))
    for text in ("8 of 16", "1 of 2", "stool"):
        assert text in shown


def test_alignment_is_summed_over_trials():
    folder = {"category": "bottle", "way": "folder", "objects": 10, "taken": 9, "upright": 8, "upside_down": 1, "guess": True, "unit": 7}
    one = {"category": "bottle", "way": "to a reference", "objects": 9, "upright": 9, "upside_down": 0}
    rows = [folder, {**folder, "guess": False, "upright": 9}, {**folder, "frames": "y up"}]
    shown = str(intake_tables.alignment({"rows": [*rows, {**one, "size_ratio_low": 0.95, "size_ratio_high": 1.0}]}))
    for text in ("17 of 20", "2 of 20", "unit right: 14 of 20", "1 of 2", "9 of 10", "9 of 9", "0.95 to 1.00 of the reference", "y up"):
        assert text in shown


def test_the_confidence_of_up_axes_is_shown():
    one = {"folders": 10, "upright": 0.9, "sure": 8, "upright_of_sure": 0.975, "right_of_sure": 7, "wrong_though_sure": ["stool"]}
    shown = str(intake_tables.calibration({"summary": {"own": one, "turned": {**one, "wrong_though_sure": []}}}))
    for text in ("8 of 10", "7 of 8", "97.5%", "stool", "none"):
        assert text in shown
