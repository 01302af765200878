"""The garbage collector is left as it was by a library, and relaxed in processes of ours."""

import atexit
import contextlib
import gc

import pytest

from renderfit import collector


@pytest.fixture
def settings():
    """Put the collector of the tests back."""
    before, enabled = gc.get_threshold(), gc.isenabled()
    yield
    gc.set_threshold(*before)
    (gc.enable if enabled else gc.disable)()


@pytest.mark.parametrize("enabled", [True, False])
def test_a_pause_ends_as_it_began_whatever_happens(settings, enabled):
    (gc.enable if enabled else gc.disable)()
    seen = []
    with contextlib.suppress(ZeroDivisionError), collector.paused():
        seen.append(gc.isenabled())
        raise ZeroDivisionError
    assert seen == [False]
    assert gc.isenabled() is enabled


def test_a_relaxed_process_looks_rarely_and_says_so_once(settings, monkeypatch):
    calls = []
    monkeypatch.setattr(atexit, "register", calls.append)
    monkeypatch.setattr(atexit, "unregister", lambda one: [calls.remove(one) for _ in range(calls.count(one))])
    gc.set_threshold(700, 10, 10)
    for _ in range(3):
        collector.relax()
    assert gc.get_threshold() == (collector.YOUNG, collector.MIDDLE, collector.OLD)
    assert calls == [gc.freeze]
