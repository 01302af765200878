"""The command `renderfit real` works alone in its root, and says what is missing before the work."""

import fcntl

import pytest

from renderfit import paths
from renderfit.cli import real
from renderfit.datasets import mirror
from renderfit.errors import DataError
from renderfit.pipeline import guard, real_study
from renderfit.pipeline import real as stage
from renderfit.vision import UNet, save_network


@pytest.fixture
def calls(tmp_path, monkeypatch):
    """A root with a mirror; the names of what the command did."""
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr(paths, "ARTIFACTS", tmp_path / "artifacts")
    monkeypatch.setattr(guard, "one_thread_each", lambda: None)
    monkeypatch.setattr("renderfit.config.load", dict)
    monkeypatch.setenv(mirror.VARIABLE, str(tmp_path))
    done = []
    monkeypatch.setattr(real_study, "study_all", lambda views: done.append(views) or {})
    monkeypatch.setattr(stage, "run", lambda: done.append("page"))
    return done


def test_without_a_network_nothing_is_begun(calls):
    with pytest.raises(DataError, match=r"artifacts/unet.*expected unet.json"):
        real.command(1, as_json=True)
    assert calls == []


def test_it_keeps_the_lock_of_its_root(calls, monkeypatch):
    save_network(UNet(["drill"], width=4, levels=2), paths.ARTIFACTS / "unet")
    alone = guard.alone
    monkeypatch.setattr(guard, "alone", lambda root: alone(root, patience=0.0))
    real.command(1, as_json=True)
    assert calls == [1, "page"]
    with (paths.ROOT / "build" / "stage.lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(DataError, match="another stage is running"):
            real.command(1, as_json=True)
    assert calls == [1, "page"]
