"""The badges of the README say what the files say that they are made of."""

import json
import re
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest

from renderfit.errors import DataError
from renderfit.pipeline import readme
from renderfit.pipeline.badges import DONE, FOLDER, OPEN, PASSED, Badge, badges

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def root(tmp_path):
    """A checkout with what badges are made of."""
    (tmp_path / "results").mkdir()
    (tmp_path / "tests").mkdir()
    shutil.copy(CHECKOUT / "pyproject.toml", tmp_path)
    means = [
        {"method": "ours", "pose": "known", "v2v_mm": {"mean": 3.456}},
        {"method": "paper", "pose": "known", "v2v_mm": {"mean": 8.0}},
        {"method": "ours", "pose": "noise", "v2v_mm": {"mean": 99.0}},
    ]
    claims = [{"verdict": "differs", "claim": "a"}, {"verdict": "reproduced", "claim": "b"}, {"verdict": "differs", "claim": "c"}]
    (tmp_path / "results" / "table1.json").write_text(json.dumps({"means": means, "claims": claims}))
    return tmp_path


def said(found):
    return {badge.name: badge.value for badge in found}


def test_the_published_badges_agree_with_what_they_are_made_of():
    shown = badges(CHECKOUT)
    text = (CHECKOUT / "README.md").read_text()
    assert readme.with_badges(text, shown) == text, "run `renderfit stage book`"
    files = {path.name: path.read_text() for path in (CHECKOUT / FOLDER).glob("*")}
    assert files == {f"{badge.name}.svg": badge.svg() for badge in shown}, "run `renderfit stage book`"
    assert not re.search(r"!\[[^]]*\]\(https?:", text), "a picture of the README comes from another server"
    assert {"python", "licence", "table1", "claims"} <= set(said(shown))


def test_badges_follow_the_results(root):
    assert said(badges(root)) == {
        "python": "3.11 or newer",
        "licence": "MIT",
        "table1": "Ours RGB 3.46 mm, Paper's method RGB 8.00 mm",
        "claims": "1 reproduced, 2 differs",
    }


@pytest.mark.parametrize(("failed", "skipped", "value", "colour"), [
    (0, 0, "870 passed at 0123456", DONE),
    (2, 1, "870 passed, 2 failed, 1 skipped at 0123456", OPEN),
])  # fmt: skip
def test_a_counted_run_is_shown_with_what_failed_and_its_commit(root, failed, skipped, value, colour):
    (root / PASSED).write_text(json.dumps({"passed": 870, "failed": failed, "skipped": skipped, "commit": "0123456789"}))
    first = badges(root)[0]
    assert (first.name, first.value, first.colour) == ("tests", value, colour)


def test_a_badge_is_a_drawing_that_can_be_read_aloud():
    badge = Badge("x", "a < b", 'say "so"')
    drawing = ElementTree.fromstring(badge.svg())
    assert drawing.get("aria-label") == 'a < b: say "so"'
    assert [text.text for text in drawing.iter("{http://www.w3.org/2000/svg}text")] == ["a < b", 'say "so"']


def test_missing_sources_are_named(root, tmp_path):
    (root / "results" / "table1.json").unlink()
    with pytest.raises(DataError, match=r"table1\.json"):
        badges(root)
    with pytest.raises(DataError, match="markers"):
        readme.with_badges("# no markers", [])
