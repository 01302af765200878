"""Results that a command made by itself say what they were made with; those of stages, dvc.lock does."""

import json
import re

import pytest
import yaml

from renderfit import paths
from renderfit.provenance import provenance


def made_by_stages():
    """Return the names of the results files that stages write."""
    stages = yaml.safe_load((paths.ROOT / "dvc.yaml").read_text())["stages"].values()
    made = [entry for stage in stages for kind in ("outs", "metrics", "plots") for entry in stage.get(kind, [])]
    return {next(iter(entry)) if isinstance(entry, dict) else entry for entry in made}


ALONE = sorted(path.name for path in (paths.ROOT / "results").glob("*.json") if f"results/{path.name}" not in made_by_stages())


def test_some_results_are_of_commands_and_some_of_stages():
    assert {"real_masks.json", "schedule.json"} <= set(ALONE)
    assert not {"table1.json", "unet.json"} & set(ALONE)


@pytest.mark.parametrize("name", ALONE)
def test_results_of_a_command_name_their_origin(name):
    content = json.loads((paths.ROOT / "results" / name).read_text())
    for entry in content if isinstance(content, list) else [content]:
        assert re.fullmatch("[0-9a-f]{40}", entry["provenance"]["commit"])


def test_a_root_without_parameters_has_a_provenance_too(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    found = provenance()
    assert found["commit"] == "not in git"
    assert found["inputs"] == {}
