import dataclasses

import numpy as np
import pytest

from renderfit.evaluation import registration_studies as studies
from renderfit.shapes.model import LinearModel


@pytest.fixture
def standing(instance, monkeypatch):
    """A ball that stands on the ground and grows from there, so that a grasp at half its height moves with its size."""
    model = instance.space.model()
    vertices = model.mean + np.array([0.0, 0.0, 0.08])
    grown = LinearModel(vertices, 0.1 * vertices[None], model.faces, {"global": slice(0, 1)})
    space = type("Space", (), {"model": lambda self, name="pca": grown})()
    found = dataclasses.replace(instance, space=space)
    monkeypatch.setattr(studies, "load_instance", lambda category, test: found)


@pytest.mark.usefixtures("standing")
def test_a_grasp_lands_where_the_registered_silhouette_puts_it():
    found = studies.grasp_errors("ball", count=3)
    assert len(found) == 3
    for entry in found:
        assert entry["left_mm"] < 0.2
        assert entry["left_deg"] < 1


@pytest.mark.usefixtures("standing")
def test_instances_of_a_grasp_are_drawn_by_number_and_spread():
    first = studies.grasp_errors("ball", count=1)
    assert studies.grasp_errors("ball", count=2)[0] == first[0]
    wider, other = studies.grasp_errors("ball", count=1, spread=1.4), studies.grasp_errors("ball", count=1, seed=1)
    assert wider[0]["moved_mm"] == pytest.approx(2 * first[0]["moved_mm"])
    assert other[0]["moved_mm"] != pytest.approx(first[0]["moved_mm"])


@pytest.mark.usefixtures("standing")
def test_what_a_grasp_has_to_move_is_known_from_the_growth():
    (entry,) = studies.grasp_errors("ball", count=1)
    growth = 0.1 * 0.7 * abs(np.random.default_rng([0, 0]).standard_normal())
    assert entry["moved_mm"] == pytest.approx(1e3 * 0.08 * growth, rel=0.05)
