"""Basins of convergence: the paper's method as in Table 1, and the errors that one can rely on."""

import numpy as np
import pytest

from renderfit import config
from renderfit.evaluation import methods
from renderfit.evaluation import registration_studies as studies
from renderfit.registration import Basin

SHIFTS, TURNS = np.array([0.0, 0.03, 0.06, 0.1]), np.array([0.0, 15.0, 30.0])


def basin_of(success):
    success = np.array(success, dtype=float)
    return Basin(SHIFTS, TURNS, success, success)


def test_basins_and_table_1_run_the_papers_descent_on_masks_alike(instance, monkeypatch):
    used = []
    monkeypatch.setattr(studies, "load_instance", lambda *_: instance)
    monkeypatch.setattr(studies, "basin", lambda *_, config=None, **options: used.append(config))
    monkeypatch.setattr(methods, "register", lambda *_, config=None, **options: used.append(config))
    studies.basins("ball", "paper")
    view = instance.views[0]
    methods.METHODS["paper_mask"].run(instance, view, view.mask, None, view.pose, False, 0)
    section = config.section(config.Paper)
    assert used[0] == used[1]
    assert (used[0].loss, used[0].shape_rate) == ("mask", section.mask_shape_rate)
    assert section.loss == "features"
    studies.basins("ball", "ours")
    assert used[2] is None


@pytest.mark.parametrize(
    ("success", "shifted", "turned", "both"),
    [
        (np.ones((4, 3)), 0.1, 30.0, (0.1, 30.0)),
        ([[1, 1, 1], [1, 1, 0], [1, 1, 1], [1, 0, 0]], 0.1, 30.0, (0.06, 15.0)),  # luck beyond a failure does not count
        ([[1, 1, 1], [1, 0.5, 1], [0.9, 1, 1], [1, 1, 1]], 0.03, 30.0, (0.0, 0.0)),  # one draw of two is not all
        ([[0.5, 1, 1], [1, 1, 1], [1, 1, 1], [1, 1, 1]], None, None, (None, None)),
    ],
)
def test_a_range_is_reliable_up_to_the_first_failure(success, shifted, turned, both):
    assert studies.reliable_range(basin_of(success)) == {
        "translation_m": shifted,
        "rotation_deg": turned,
        "both_m": both[0],
        "both_deg": both[1],
    }
