"""The book in real headless browsers: pages load clean, scenes draw and answer, search finds, pages print."""

import io

import imageio.v3 as iio
import numpy as np
import pytest
from renderfit_test_browser import Browser
from renderfit_test_firefox import Firefox
from renderfit_test_firefox import executable as firefox

pytestmark = pytest.mark.xdist_group("book")


ENGINES = [Browser, Firefox] if firefox() else [Browser]
"""Chromium, without which this file is not collected, and Firefox where there is one."""


@pytest.fixture(scope="module")
def reader(html):
    with Browser(1200, 800) as found:
        yield found


@pytest.fixture(scope="module", params=ENGINES, ids=lambda engine: engine.__name__)
def any_reader(request, html):
    """Each engine in turn; a headless Firefox has no WebGL without a graphics card, so scenes are held to Chromium."""
    if request.param is Browser:
        yield request.getfixturevalue("reader")
    else:
        with request.param(1200, 800) as found:
            yield found


def picture(reader):
    return iio.imread(io.BytesIO(reader.screenshot()))[..., :3].astype(int)


def settled(reader, before=None):
    """Return a screenshot after the scene has drawn (again)."""
    reader.wait(f"Number(document.body.dataset.draws || 0) > {before or 0}")
    reader.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 200))))")
    return picture(reader)[:600]  # without the controls below the scene


def test_every_page_loads_without_complaints_or_outside_requests(any_reader, html):
    for path in sorted(html.rglob("*.html")):
        if "_static" in path.parts or "_modules" in path.parts:
            continue
        any_reader.open(path.as_uri())
        assert any_reader.complaints() == [], path.name
        assert any_reader.outside() == [], path.name
        any_reader.wait("document.querySelector('h1') !== null || document.title.length > 0", 30)  # index.html leads on


def test_a_scene_inside_a_page_draws_when_it_is_scrolled_to(reader, html):
    reader.open((html / "notebooks" / "extra-sample.html").as_uri())
    reader.evaluate("document.querySelector('iframe').scrollIntoView()")
    reader.wait("document.querySelector('iframe').contentDocument?.body?.dataset?.state === 'drawn'")


def test_a_scene_is_drawn_or_says_what_is_missing_and_what_it_shows(any_reader, html):
    any_reader.open((html / "_static" / "scenes" / "extra-sample-ball-replay.html").as_uri())
    state = any_reader.wait("document.body.dataset.state")
    said = any_reader.evaluate("document.body.innerText")
    assert state == "drawn" or (state == "no-webgl" and "needs WebGL" in said and "A ball that is stretched" in said)
    assert any_reader.complaints() == []


def test_the_slider_moves_the_object(reader, html):
    reader.open((html / "_static" / "scenes" / "extra-sample-ball-replay.html").as_uri())
    end = settled(reader)
    blue = (end[..., 2] > end[..., 0] + 60).mean()
    assert blue > 0.01  # the ball is there
    draws = int(reader.evaluate("document.body.dataset.draws"))
    reader.evaluate("const t = document.getElementById('time'); t.value = 0; t.oninput()")
    start = settled(reader, draws)
    assert np.abs(start - end).max(axis=2).astype(bool).mean() > 0.005
    assert reader.evaluate("document.getElementById('caption').textContent") == "iteration 0"
    assert reader.complaints() == []


def test_keys_turn_the_scene_and_boxes_hide_objects(reader, html):
    reader.open((html / "_static" / "scenes" / "extra-sample-ball-replay.html").as_uri())
    first = settled(reader)
    draws = int(reader.evaluate("document.body.dataset.draws"))
    reader.evaluate("document.getElementById('view').focus()")
    for _ in range(4):
        reader.press("ArrowLeft")
    turned = settled(reader, draws)
    assert (np.abs(turned - first) > 20).any(axis=2).mean() > 0.002
    draws = int(reader.evaluate("document.body.dataset.draws"))
    reader.evaluate("document.querySelector('input[type=checkbox]').click()")
    hidden = settled(reader, draws)
    assert (hidden[..., 2] > hidden[..., 0] + 60).mean() < 0.2 * (turned[..., 2] > turned[..., 0] + 60).mean()


def test_latent_sliders_change_the_shape(reader, html):
    reader.open((html / "_static" / "scenes" / "extra-sample-ball-space.html").as_uri())
    mean = settled(reader)
    draws = int(reader.evaluate("document.body.dataset.draws"))
    reader.evaluate("const z = document.querySelector('input.latent'); z.value = 2; z.oninput()")
    wide = settled(reader, draws)
    assert (np.abs(wide - mean) > 20).any(axis=2).mean() > 0.005
    assert reader.evaluate("document.getElementById('caption').textContent") == "z = (2.0, 0.0)"


def test_search_finds_a_word(any_reader, html):
    any_reader.open((html / "search.html").as_uri() + "?q=watertight")
    assert any_reader.wait("document.querySelectorAll('#search-results li').length") >= 2


def test_dark_mode_reaches_page_and_scene(reader, html):
    reader.open((html / "notebooks" / "extra-sample.html").as_uri())
    reader.evaluate("document.querySelector('iframe').scrollIntoView()")
    reader.wait("document.querySelector('iframe').contentDocument?.body?.dataset?.state === 'drawn'")
    reader.evaluate("document.documentElement.dataset.theme = 'dark'")
    reader.wait("document.querySelector('iframe').contentDocument.documentElement.classList.contains('dark')")
    assert picture(reader).mean() < 110


def test_pages_print(any_reader, html):
    any_reader.open((html / "errata.html").as_uri())
    assert any_reader.pdf().startswith(b"%PDF")
