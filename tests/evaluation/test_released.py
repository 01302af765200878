"""The study of released clouds: what is registered, fitted and scored."""

import numpy as np
import pytest

from renderfit.evaluation import released

RNG = np.random.default_rng(0)
BALL = RNG.normal(size=(60, 3))
BALL *= 0.1 / np.linalg.norm(BALL, axis=1, keepdims=True)


def test_a_space_of_stretched_clouds_reaches_another_stretch():
    train = {f"a{k}": BALL * [1, 1, 1 + 0.1 * k] for k in (-2, -1, 1, 2)}
    tests = {"b": BALL * [1, 1, 1.15]}
    rows = released.study(BALL, train, tests, released.SETTINGS)
    assert [row["settings"] for row in rows] == list(released.SETTINGS)
    start = released.mean_square(BALL, tests["b"])
    assert all(row["space_mm2"] < 0.2 * start for row in rows)
    assert all(row["cpd_mm2"] < 0.5 * start for row in rows)


def test_a_fit_finds_the_latent_of_a_shape_of_the_space():
    space = released.Space(BALL, np.stack([0.1 * BALL * [0, 0, 1], 0.1 * BALL * [1, 0, 0]]))
    target = BALL + 0.5 * space.basis[0] - 0.3 * space.basis[1]
    np.testing.assert_allclose(released.fit(space, target), target, atol=1e-6)


def test_scores_are_square_millimetres():
    assert released.mean_square(np.zeros((1, 3)), np.array([[0.002, 0.0, 0.0]])) == pytest.approx(4.0)
