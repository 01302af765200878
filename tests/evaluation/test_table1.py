"""Table 1: the arithmetic of cells and means, the layout, and loud failures on bad records."""

import csv
import io
import json

import pytest

from renderfit import paths
from renderfit.errors import DataError
from renderfit.evaluation import claims, table1
from renderfit.evaluation.records import read_paper, read_records
from renderfit.plotting import tables


def test_cells_are_means_of_their_runs(make_records):
    records = make_records()
    table = table1.build(records, samples=50, seed=0)
    cell = next(c for c in table["cells"] if (c["category"], c["instance"], c["method"], c["pose"]) == ("drill", "t2", "cls", "noise"))
    runs = [r for r in records if (r["category"], r["instance"], r["method"], r["pose"]) == ("drill", "t2", "cls", "noise")]
    assert cell["runs"] == 4
    assert cell["v2v_mm"]["mean"] == pytest.approx(sum(r["v2v_mm"] for r in runs) / 4, abs=1e-6)
    assert cell["v2v_mm"]["low"] <= cell["v2v_mm"]["mean"] <= cell["v2v_mm"]["high"]
    assert cell["failures"] == 4  # 24 mm is more than twice the floor of 4 mm
    assert cell["ratio"] == pytest.approx(6.0, rel=0.1)


def test_result_does_not_depend_on_the_order_of_records(make_records):
    records = make_records()
    first = table1.build(records, samples=50, seed=0)
    second = table1.build(records[::-1], samples=50, seed=0)
    assert json.dumps(first, sort_keys=True) == json.dumps(second, sort_keys=True)


def test_one_changed_record_changes_the_table(make_records):
    records = make_records()
    before = table1.layout(table1.build(records, samples=50, seed=0))
    records[-1]["v2v_mm"] += 1.0
    assert table1.layout(table1.build(records, samples=50, seed=0)) != before


def test_layout_has_a_row_per_instance_and_the_mean(make_records):
    rows = list(csv.DictReader(io.StringIO(table1.layout(table1.build(make_records(), samples=50, seed=0)))))
    block = [r for r in rows if (r["metric"], r["frame"], r["pose"]) == ("mean distance [mm]", "object", "known")]
    assert [r["instance"] for r in block] == ["bottle t1", "bottle t2", "drill t1", "drill t2", "mean"]
    assert "(" in block[0]["Ours RGB"]
    assert "(" not in block[0]["Latent floor"]
    camera = [r for r in rows if r["frame"] == "camera"]
    assert camera
    assert all(r["Latent floor"] == "" for r in camera)


def test_verdicts_follow_their_rules(make_records):
    found = {v["id"]: v for v in table1.build(make_records(), samples=50, seed=0)["claims"]}
    assert found["noise"]["verdict"] == "reproduced"
    assert found["near"]["verdict"] == "differs"  # 81 / 25 mm^2
    assert found["learned"]["verdict"] == "not testable"
    assert found["ours"]["verdict"] == "reproduced"


@pytest.mark.parametrize(("level", "verdict"), [(20.0, "comes nearer"), (9.2, "stays about as far"), (6.0, "moves away")])
def test_whether_the_descent_comes_nearer_than_no_fit_is_read_off_the_table(make_records, level, verdict):
    records = make_records()
    still = [{**r, "method": "mean_shape", "v2v_mm": level} for r in records if r["method"] == "latent_floor"]
    table = table1.build([*records, *still], samples=5, seed=0)
    rows = claims.nearer(table)
    assert [(row["method"], row["pose"], row["verdict"]) for row in rows] == [("paper", "known", verdict), ("paper", "noise", verdict)]
    assert rows[0]["v2v_mm"] == pytest.approx(9.0, abs=0.2)
    assert rows[0]["mean_shape_mm"] == pytest.approx(level)
    assert verdict in tables.nearer(table)
    assert claims.nearer(table1.build(records, samples=5, seed=0)) == []


def test_a_method_that_comes_no_nearer_than_no_fit_says_nothing_about_noise(make_records):
    records = make_records()
    for level, verdict in ((20.0, "reproduced"), (9.2, "not testable")):
        still = [
            {**r, "method": "mean_shape", "v2v_mm": level, "mean_square_mm2": level**2} for r in records if r["method"] == "latent_floor"
        ]
        found = {v["id"]: v for v in table1.build([*records, *still], samples=5, seed=0)["claims"]}["noise"]
        assert found["verdict"] == verdict
        assert found["ours"]["paper's method / mean shape, known"] == pytest.approx((9.0 / level) ** 2, rel=0.05)


def test_the_renderer_is_judged_by_every_scene_that_both_drew(make_records, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "RESULTS", tmp_path)

    def verdict(*rows):
        names = ("renderer", "resolution", "vertices", "cpu_ms")
        (tmp_path / "runtime.json").write_text(json.dumps({"rows": [dict(zip(names, row, strict=True)) for row in rows]}))
        return {v["id"]: v for v in table1.build(make_records(), samples=5, seed=0)["claims"]}["renderer"]

    own = [("renderfit (cpu)", 256, 1000, 5.0), ("renderfit (cpu)", 256, 9000, 10.0), ("renderfit (gl)", 256, 1000, 90.0)]
    found = verdict(*own, ("Other", 256, 1000, 50.0), ("Other", 256, 9000, 30.0), ("Other", 512, 9000, 1.0))
    assert (found["ours"], found["verdict"]) == ({"CPU time of Other / ours, at least": 3.0}, "reproduced")
    assert verdict(*own, ("Other", 256, 1000, 4.0))["verdict"] == "differs"
    assert verdict(*own)["verdict"] == "not testable"
    (tmp_path / "runtime.json").unlink()
    assert claims.verdicts({"means": [], "cells": []})[5]["verdict"] == "not testable"


def test_the_papers_own_table_gives_the_papers_own_ratios():
    rows = read_paper()
    assert len(rows) == 8
    mean = {name: sum(row[name] for row in rows) / 8 for name in rows[0] if name not in ("category", "instance")}
    assert mean["paper_known"] == pytest.approx(98.6, abs=0.1)
    printed = {v["id"]: v["paper"] for v in claims.verdicts({"means": [], "cells": []})}
    assert printed["near"]["to ground truth"] == pytest.approx(2.0, abs=0.05)
    assert printed["noise"]["paper's method, noise / known"] == pytest.approx(1.16, abs=0.01)


def test_written_files_are_whole_and_equal_on_rerun(make_records, tmp_path):
    table = table1.build(make_records(), samples=50, seed=0)
    first = [path.read_bytes() for path in table1.write(table, tmp_path)]
    assert [path.read_bytes() for path in table1.write(table, tmp_path)] == first
    assert sorted(path.name for path in tmp_path.iterdir()) == ["table1.csv", "table1.json"]


def test_records_are_read_from_their_files(make_records, tmp_path):
    (tmp_path / "bottle-t1.json").write_text(json.dumps(make_records(("bottle",))))
    (tmp_path / "bottle-t1-timing.json").write_text("{}")
    assert len(read_records(tmp_path)) == 2 * (2 + 3 * 2 * 4)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda r: r.pop("v2v_mm"), "lacks v2v_mm"),
        (lambda r: r.update(v2v_mm=float("nan")), "expected a finite number"),
        (lambda r: r.update(view=1), "two records of the same run"),
    ],
)
def test_bad_records_are_named(make_records, tmp_path, spoil, message):
    records = make_records(("bottle",))
    chosen = next(r for r in records if r["method"] == "ours" and r["view"] == 2)
    if "two records" in message:
        chosen["seed"] = 8
    spoil(chosen)
    (tmp_path / "bottle-t1.json").write_text(json.dumps(records))
    with pytest.raises(DataError, match=message):
        read_records(tmp_path)


def test_missing_records_and_missing_floor_are_errors(make_records, tmp_path):
    with pytest.raises(DataError, match="dvc repro register"):
        read_records(tmp_path / "nowhere")
    with pytest.raises(DataError, match="latent_floor"):
        table1.build([r for r in make_records() if r["method"] != "latent_floor"], samples=50, seed=0)


def test_the_readme_shows_the_published_table():
    from pathlib import Path

    from renderfit.pipeline import readme

    checkout = Path(__file__).resolve().parents[2]
    text, published = (checkout / "README.md").read_text(), checkout / "results" / "table1.json"
    if published.is_file():
        assert readme.updated(text, json.loads(published.read_text())) == text, "run `renderfit stage book`"
    with pytest.raises(DataError, match="markers"):
        readme.updated("# no markers", {"means": [], "cells": [], "claims": []})


def test_the_readme_block_is_written_between_its_markers(make_records):
    from renderfit.pipeline import readme

    table = table1.build(make_records(), samples=50, seed=0)
    text = readme.updated(f"before\n{readme.BEGIN}\nold\n{readme.END}\nafter\n", table)
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert f"| Latent floor | known | {sum(c['v2v_mm']['mean'] for c in table['cells'] if c['method'] == 'latent_floor') / 4:.2f}" in text
