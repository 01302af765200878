"""Profiles: overlaid parameters and workspaces that follow the checkout."""

import subprocess

import pytest
import yaml

from renderfit import config, paths
from renderfit.errors import ConfigError, DataError
from renderfit.pipeline import workspace

CHECKOUT = paths.find_root(paths.Path(__file__).parent)


@pytest.fixture
def checkout(tmp_path):
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc" / "config").write_text("[core]\n    analytics = false\n")
    (tmp_path / ".gitignore").write_text("build/\nheavy.bin\n")
    (tmp_path / "heavy.bin").write_text("ignored")
    (tmp_path / "code.py").write_text("one = 1\n")
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "made.json").write_text("{}")
    (tmp_path / "results" / "kept.json").write_text("{}")
    (tmp_path / "dvc.lock").write_text("{}")
    stages = {"only": {"cmd": "true", "metrics": [{"results/made.json": {"cache": False}}], "outs": ["artifacts"]}}
    (tmp_path / "dvc.yaml").write_text(yaml.safe_dump({"stages": stages}))
    entries = {"unet": {"steps": 900, "size": 64}, "profiles": {"tiny": {"unet": {"steps": 3}}, "wrong": {"unet": {"stepz": 3}}}}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(entries))
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    return tmp_path


def test_a_workspace_holds_the_sources_but_no_results(checkout):
    made = workspace.prepare(checkout, "tiny")
    assert made == checkout / "build" / "tiny"
    assert (made / "code.py").read_text() == "one = 1\n"
    assert (made / "results" / "kept.json").exists()
    for absent in ("heavy.bin", "results/made.json", "dvc.lock"):
        assert not (made / absent).exists()
    assert yaml.safe_load((made / "params.yaml").read_text()) == {"unet": {"steps": 3, "size": 64}}
    assert "no_scm = true" in (made / ".dvc" / "config").read_text()


def test_preparing_again_follows_the_checkout_and_keeps_results(checkout):
    made = workspace.prepare(checkout, "tiny")
    (made / "results" / "made.json").write_text("{'mine': 1}")
    before = (made / "params.yaml").stat().st_mtime_ns
    (checkout / "code.py").unlink()
    (checkout / "new.py").write_text("two = 2\n")
    workspace.prepare(checkout, "tiny")
    assert not (made / "code.py").exists()
    assert (made / "new.py").read_text() == "two = 2\n"
    assert (made / "results" / "made.json").read_text() == "{'mine': 1}"
    assert (made / "params.yaml").stat().st_mtime_ns == before


def test_unknown_profiles_and_parameters_are_refused_before_anything_is_written(checkout):
    with pytest.raises(ConfigError, match="no profile 'huge'; expected default or one of tiny, wrong"):
        workspace.prepare(checkout, "huge")
    with pytest.raises(ConfigError, match=r"unknown parameter unet\.stepz"):
        workspace.prepare(checkout, "wrong")
    assert not (checkout / "build").exists()


def test_a_mirror_named_in_the_checkout_is_used_in_the_workspace(checkout):
    (checkout / ".dvc" / "config.local").write_text("['remote \"dataset\"']\n    url = ../../mirror\n")
    made = workspace.prepare(checkout, "tiny")
    assert f"url = {checkout.parent / 'mirror'}" in (made / ".dvc" / "config.local").read_text()


def test_no_git_checkout_is_an_error(tmp_path, checkout, monkeypatch):
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(DataError, match="not a git checkout"):
        workspace.tracked(checkout)


def test_every_profile_of_this_project_is_valid():
    entries = yaml.safe_load((CHECKOUT / "params.yaml").read_text())
    for profile in entries["profiles"]:
        overlaid = workspace.overlay(CHECKOUT / "params.yaml", profile)
        assert set(overlaid) == set(config.SECTIONS)


@pytest.mark.parametrize(
    ("profiles", "said"),
    [
        ("null", "no profile 'tiny'"),
        ("[tiny]", "profiles is"),
        ("{tiny: [1]}", "profile tiny is"),
        ("{tiny: {unet: 3}}", "unet is 3"),
    ],
)
def test_profiles_that_are_none_are_named(tmp_path, profiles, said):
    (tmp_path / "params.yaml").write_text(f"profiles: {profiles}\n")
    with pytest.raises(ConfigError, match=said):
        workspace.overlay(tmp_path / "params.yaml", "tiny")
