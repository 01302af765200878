"""Scenes: self-contained, small, exact to their quantisation, loud on bad input."""

import base64
import html
import json
import re

import numpy as np
import pytest

from renderfit.errors import ShapeError
from renderfit.plotting import Scene
from renderfit.plotting.viewer3d import LIMIT

VERTICES = np.array([[0.0, 0, 0], [0.2, 0, 0], [0, 0.1, 0], [0, 0, 0.3]])
FACES = [[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]]


def data(scene):
    return json.loads(re.search(r'<script id="data" type="application/json">(.*?)</script>', scene.html(), re.DOTALL)[1])


def unpacked(text, scene, kind="<u2"):
    numbers = np.frombuffer(base64.b64decode(text), dtype=kind).reshape(-1, 3)
    return np.array(scene["low"]) + numbers / 65535 * scene["span"]


def test_positions_survive_within_a_step_of_the_quantisation():
    found = data(Scene("s", "A tetrahedron.").mesh("t", VERTICES, FACES))
    error = np.abs(unpacked(found["objects"][0]["points"], found) - VERTICES).max()
    assert error <= 0.3 / 65535
    faces = np.frombuffer(base64.b64decode(found["objects"][0]["faces"]), dtype="<u2").reshape(-1, 3)
    assert faces.tolist() == FACES


def test_frames_share_the_box_of_the_scene():
    moved = [VERTICES + step for step in (0.0, 0.5)]
    found = data(Scene("s", "Two frames.").mesh("t", VERTICES, FACES, frames=moved).slider("step", ["a", "b"]))
    assert np.abs(unpacked(found["objects"][0]["frames"][1], found) - moved[1]).max() <= found["span"] / 65535
    assert found["captions"] == ["a", "b"]


def test_basis_is_scaled_to_its_largest_entry():
    basis = np.stack([0.01 * VERTICES, -0.02 * VERTICES])
    entry = data(Scene("s", "Latent.").mesh("t", VERTICES, FACES, basis=basis).latent(["z1", "z2"]))["objects"][0]
    stored = [np.frombuffer(base64.b64decode(d), dtype="<i2").reshape(-1, 3) / 32767 * entry["scale"] for d in entry["basis"]]
    assert np.abs(np.stack(stored) - basis).max() <= entry["scale"] / 32767


def test_a_page_asks_no_server_and_escapes_its_texts():
    page = Scene("</title><b>", 'He said "<script>".').mesh("</script>", VERTICES, FACES).html()
    assert not re.search(r"(?:src|href)\s*=\s*['\"]https?:", page)
    assert "<b>" not in page
    assert 'said "<script>' not in page
    assert page.count("</script>") == 2


def test_a_notebook_gets_the_page_in_a_lazy_described_frame():
    scene = Scene("sample", "What it shows.").mesh("t", VERTICES, FACES)
    shown = scene._repr_html_()
    assert 'loading="lazy"' in shown
    assert 'title="What it shows."' in shown
    assert html.unescape(re.search(r'srcdoc="([^"]*)"', shown)[1]) == scene.html()


def test_the_same_scene_is_the_same_bytes(tmp_path):
    first, second = (Scene("s", "d").mesh("t", VERTICES, FACES).save(tmp_path / f"{k}.html").read_bytes() for k in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda s: s.html(), "no objects"),
        (lambda s: s.mesh("bad", VERTICES, [[0, 1, 9]]), "expected 0 to 3"),
        (lambda s: s.points("bad", np.zeros((0, 3))), "not empty"),
        (lambda s: s.points("bad", [[np.nan, 0, 0]]), "finite"),
        (lambda s: s.mesh("bad", VERTICES, FACES, frames=[VERTICES[:2]]), r"expected \(4, 3\)"),
        (lambda s: s.points("huge", np.random.default_rng(0).random((LIMIT // 6, 3))).html(), "expected at most"),
    ],
)
def test_bad_scenes_are_refused(make, message):
    with pytest.raises(ShapeError, match=message):
        make(Scene("s", "d"))
