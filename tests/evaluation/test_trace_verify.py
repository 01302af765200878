"""The chain behind a cell, and the loud report of a number that changed."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from renderfit import paths
from renderfit.errors import ConfigError
from renderfit.evaluation import table1, trace, verify

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def root(make_records, tmp_path, monkeypatch):
    """A root with records and the table made from them."""
    records = make_records()
    for name, folder in (("ROOT", tmp_path), ("ARTIFACTS", tmp_path / "artifacts"), ("RESULTS", tmp_path / "results")):
        monkeypatch.setattr(paths, name, folder)
    (tmp_path / "artifacts" / "records").mkdir(parents=True)
    for category in ("bottle", "drill"):
        for instance in ("t1", "t2"):
            own = [r for r in records if (r["category"], r["instance"]) == (category, instance)]
            (tmp_path / "artifacts" / "records" / f"{category}-{instance}.json").write_text(json.dumps(own))
    shutil.copy(CHECKOUT / "params.yaml", tmp_path)
    table1.write(table1.build())
    (tmp_path / "dvc.yaml").write_text(
        "stages:\n  register:\n    cmd: renderfit stage register\n    deps:\n    - notebooks/register.ipynb\n"
    )
    return tmp_path


def test_a_cell_leads_to_its_runs_notebook_and_provenance(root):
    found = trace.trace("table1/drill-t1/ours/noise")
    assert [run["view"] for run in found["runs"]] == [0, 1, 2, 3]
    assert found["value"]["v2v_mm"]["mean"] == pytest.approx(sum(run["v2v_mm"] for run in found["runs"]) / 4, abs=1e-6)
    assert found["notebook"]["executed"] == "artifacts/notebooks/register/drill-t1.ipynb"
    assert found["stage"]["command"] == "renderfit stage register"
    assert list(found["provenance"].values()) == [{"code": "c", "data": "drill"}]


def test_a_mean_leads_to_its_cells(root):
    found = trace.trace("table1/mean/ours/noise")
    assert found["cells"] == [f"table1/{c}-{t}/ours/noise" for c in ("bottle", "drill") for t in ("t1", "t2")]
    cells = [trace.trace(name)["value"]["v2v_mm"]["mean"] for name in found["cells"]]
    assert found["value"]["v2v_mm"]["mean"] == pytest.approx(sum(cells) / 4, abs=1e-6)


@pytest.mark.parametrize("cell", ["table1/drill-t9/ours/noise", "nonsense", "table1/drill-t1/ours", "table1/mean/theirs/noise"])
def test_a_cell_that_is_not_there_is_named(root, cell):
    with pytest.raises(ConfigError, match="drill-t1"):
        trace.trace(cell)


def test_unchanged_records_verify(root):
    outcomes = verify.verify_table()
    assert len(outcomes) == 4 * (2 + 3 * 2) + 5  # and records, means, claims, the paper's values, the CSV file
    assert all(outcome["same"] for outcome in outcomes)


def test_one_changed_record_is_noticed_with_its_cell(root):
    path = root / "artifacts" / "records" / "bottle-t2.json"
    records = json.loads(path.read_text())
    next(r for r in records if r["method"] == "cls" and r["pose"] == "noise")["v2v_mm"] += 0.01
    path.write_text(json.dumps(records))
    different = [outcome for outcome in verify.verify_table() if not outcome["same"]]
    cells = ["table1/bottle-t2/cls/noise", "table1/records", "table1/means", "table1.csv"]
    assert [outcome["cell"] for outcome in different] == cells
    assert set(different[0]["differences"]) == {"v2v_mm"}
    ((run, (old, new)),) = different[1]["differences"].items()
    assert run == "bottle/t2/cls/noise/0/7"
    assert new["v2v_mm"] - old["v2v_mm"] == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("edit", "noticed"),
    [
        (lambda table: table["cells"][5].update(failures=0, ratio=1.0), {"table1/bottle-t1/paper/noise"}),
        (lambda table: table["cells"][5]["v2v_mm"].update(high=99.0), {"table1/bottle-t1/paper/noise"}),
        (lambda table: table["records"][0].update(renders=1), {"table1/records"}),
        (lambda table: table["records"].pop(), {"table1/records"}),
        (lambda table: table["provenances"]["p0"].update(code="other"), {"table1/records"}),
        (lambda table: table["paper"][0].update(paper_known=1.0), {"table1/paper"}),
    ],
)
def test_whatever_is_edited_by_hand_is_noticed(root, edit, noticed):
    table = json.loads((root / "results" / "table1.json").read_text())
    edit(table)
    assert {outcome["cell"] for outcome in verify.verify_table(table) if not outcome["same"]} == noticed


def test_an_edited_csv_is_noticed_with_its_line(root):
    path = root / "results" / "table1.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], lines[1] + "9", *lines[2:]]) + "\n")
    (different,) = [outcome for outcome in verify.verify_table() if not outcome["same"]]
    assert (different["cell"], list(different["differences"])) == ("table1.csv", ["line 2"])


def test_one_changed_record_changes_table_and_page_and_fails_the_verification(root):
    from renderfit.cli import application
    from renderfit.plotting import tables

    published = (root / "results" / "table1.csv").read_text()
    page = tables.scores(trace.read_table(), "v2v_mm", "noise")
    path = root / "artifacts" / "records" / "drill-t2.json"
    records = json.loads(path.read_text())
    next(r for r in records if r["method"] == "ours" and r["pose"] == "noise")["v2v_mm"] += 1.0
    path.write_text(json.dumps(records))
    said = CliRunner().invoke(application, ["verify", "--runs", "0"])
    assert said.exit_code == 1
    assert "DIFFERENT  table1/drill-t2/ours/noise" in said.stdout
    table1.write(table1.build())
    assert (root / "results" / "table1.csv").read_text() != published
    changed = tables.scores(trace.read_table(), "v2v_mm", "noise")
    different = [row for row in changed.split("<tr") if row not in page]
    assert len(different) == 2  # the instance's and the mean's
    assert "drill T2" in different[0]
    assert CliRunner().invoke(application, ["verify", "--runs", "0"]).exit_code == 0


def test_a_claim_edited_by_hand_is_noticed(root):
    table = json.loads((root / "results" / "table1.json").read_text())
    table["claims"][0]["verdict"] = "reproduced beyond doubt"
    different = [outcome["cell"] for outcome in verify.verify_table(table) if not outcome["same"]]
    assert different == ["table1/claims"]


def test_commands_answer_in_json_with_their_statuses(root):
    from renderfit.cli import application

    runner = CliRunner()
    traced = runner.invoke(application, ["trace", "table1/drill-t1/ours/noise", "--json"])
    assert traced.exit_code == 0
    assert json.loads(traced.stdout.splitlines()[-1])["cell"] == "table1/drill-t1/ours/noise"
    assert "<- stage register" in runner.invoke(application, ["trace", "drill-t1/ours/noise"]).stdout
    assert "renderfit trace table1/drill-t2/latent_floor/known" in runner.invoke(application, ["trace", "mean/latent_floor/known"]).stdout
    assert runner.invoke(application, ["verify", "--runs", "0", "--json"]).exit_code == 0
    path = root / "artifacts" / "records" / "drill-t1.json"
    path.write_text(path.read_text().replace('"v2s_mm": ', '"v2s_mm": 1', 1))
    changed = runner.invoke(application, ["verify", "--runs", "0"])
    assert changed.exit_code == 1
    assert "DIFFERENT  table1/drill-t1" in changed.stdout


def test_runs_are_repeated_and_compared(make_records):
    records = make_records()
    chosen = verify.sample(records, 5, seed=1)
    assert len(chosen) == 5
    assert verify.sample(records, 5, seed=1) == chosen
    assert all(outcome["same"] for outcome in verify.verify_runs(chosen, dict))
    spoiled = verify.verify_runs(chosen[:1], lambda run: {**run, "v2v_mm": run["v2v_mm"] * 1.01})
    assert not spoiled[0]["same"]
