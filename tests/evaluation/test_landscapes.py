"""What is said of losses around the truth follows from their rows."""

from renderfit.evaluation import landscapes
from renderfit.vision.comparison import Valley

ROWS = [
    {"loss": "mask", "basin": 0.9, "bias": 0.1, "sharpness": 0.2},
    {"loss": "RGB", "basin": 0.5, "bias": 0.1, "sharpness": 0.3},
]


def test_the_best_of_every_kind_are_named():
    assert landscapes.best(ROWS) == "widest basin: mask; sharpest minimum: RGB; least bias: mask and RGB"


def test_two_losses_are_compared_in_words():
    assert landscapes.standing(ROWS, "RGB", "mask") == "a narrower basin and a sharper minimum, as near to the truth"


def test_only_the_axes_asked_for_are_averaged():
    first, last = next(iter(landscapes.AXES)), list(landscapes.AXES)[-1]
    view = {first: {"mask": Valley(1.0, 0.03, 0.5)}, last: {"mask": Valley(0.5, 0.0, 0.1)}}
    assert landscapes.verdict([view], [first]) == [{"loss": "mask", "basin": 1.0, "bias": 0.5, "sharpness": 0.5}]
    assert landscapes.verdict([view])[0]["basin"] == 0.75
    assert sorted(axis for axes in landscapes.GROUPS.values() for axis in axes) == sorted(landscapes.AXES)
