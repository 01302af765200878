import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from renderfit.errors import ConvergenceError, ShapeError
from renderfit.shapes import coherent_point_drift
from renderfit.shapes.cpd import template_kernel
from renderfit.shapes.expectation import expectation, spatial_order


def sphere(count: int, seed: int = 0) -> np.ndarray:
    points = np.random.default_rng(seed).normal(size=(count, 3))
    return 0.1 * points / np.linalg.norm(points, axis=1, keepdims=True)


CLOUD = sphere(60)


def bent(points: np.ndarray) -> np.ndarray:
    return points * [1.0, 1.2, 0.85] + 0.01 * np.sin(25 * points[:, ::-1])


def textbook(y: np.ndarray, x: np.ndarray, beta: float, lam: float, w: float, iterations: int) -> np.ndarray:
    """Myronenko and Song's Figure 4, written naively: an independent implementation."""
    centre = y.mean(0)
    radius = np.sqrt(((y - centre) ** 2).sum(1).mean())
    y, x = (y - centre) / radius, (x - centre) / radius
    m, n = len(y), len(x)
    g = np.exp(-((y[:, None] - y[None]) ** 2).sum(-1) / (2 * beta**2))
    s2 = ((x[None] - y[:, None]) ** 2).sum() / (3 * m * n)
    t = y
    for _ in range(iterations):
        p = np.exp(-((x[None] - t[:, None]) ** 2).sum(-1) / (2 * s2))
        p /= p.sum(0) + (2 * np.pi * s2) ** 1.5 * w / (1 - w) * m / n
        p1, pt1 = p.sum(1), p.sum(0)
        weights = np.linalg.solve(np.diag(p1) @ g + lam * s2 * np.eye(m), p @ x - p1[:, None] * y)
        t = y + g @ weights
        s2 = ((pt1[:, None] * x**2).sum() - 2 * ((p @ x) * t).sum() + (p1[:, None] * t**2).sum()) / (3 * p1.sum())
    return t * radius + centre


@pytest.mark.parametrize("outliers", [0.0, 0.1])
def test_exact_path_equals_an_independent_implementation(outliers):
    y, x = sphere(80), bent(sphere(90, 1))
    ours = coherent_point_drift(y, x, beta=0.6, lam=2.0, outliers=outliers, iterations=25, tolerance=0, rank=0)
    assert abs(ours.points - textbook(y, x, 0.6, 2.0, outliers, 25)).max() < 1e-8


def test_low_rank_approaches_the_exact_path():
    y, x = sphere(300), bent(sphere(300, 1))
    exact = coherent_point_drift(y, x, beta=0.8, iterations=30, tolerance=0, rank=0).points
    errors = [abs(coherent_point_drift(y, x, beta=0.8, iterations=30, tolerance=0, rank=r).points - exact).max() for r in (10, 40, 150)]
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 1e-6


@pytest.mark.parametrize("sigma2", [1e-2, 1e-4, 1e-6])
def test_skipping_far_pairs_changes_nothing(sigma2):
    y, x = sphere(400), bent(sphere(350, 1))
    kernel = np.exp(-((y[:, None] - x[None]) ** 2).sum(-1) / (2 * sigma2))
    total = kernel.sum(0) + (2 * np.pi * sigma2) ** 1.5 * 0.1 / 0.9 * 400 / 350
    posterior = kernel / total
    order = spatial_order(y)
    found = expectation(y[order], x[spatial_order(x)], sigma2, 0.1)
    np.testing.assert_allclose(found.p1, posterior.sum(1)[order], atol=1e-12)
    np.testing.assert_allclose(found.px, (posterior @ x)[order], atol=1e-12)


@pytest.mark.parametrize("kind", ["rigid", "affine", "nonrigid"])
def test_objective_never_rises(kind):
    result = coherent_point_drift(sphere(400), bent(sphere(420, 1)), kind=kind, iterations=60, tolerance=0)
    steps = np.diff(result.history)
    assert len(result.history) > 10
    assert (steps <= 1e-9 * np.abs(result.history[1:])).all()


@settings(max_examples=8, deadline=None)
@given(st.floats(0.05, 20), st.tuples(*[st.floats(-3, 3)] * 3), st.tuples(*[st.floats(-1, 1)] * 3))
def test_equivariant_under_rigid_motion_and_scale(scale, vector, shift):
    y, x = sphere(120), bent(sphere(130, 1))
    turn = Rotation.from_rotvec(vector)

    def move(points):
        return scale * turn.apply(points) + np.array(shift)

    plain = coherent_point_drift(y, x, beta=0.7, iterations=20, tolerance=0)
    moved = coherent_point_drift(move(y), move(x), beta=0.7, iterations=20, tolerance=0)
    np.testing.assert_allclose(moved.points, move(plain.points), atol=1e-7 * scale + 1e-9)


@pytest.mark.parametrize("rank", [0, None])
def test_transform_warps_other_points_along(rank):
    y, x = sphere(400), bent(sphere(400, 1))
    result = coherent_point_drift(y, x, rank=rank)
    np.testing.assert_allclose(result.transform(y), result.points, atol=1e-9)
    assert np.linalg.norm(result.transform(y[0] + 1e-6) - result.points[0]) < 1e-5


def test_rigid_recovers_a_rotation_scale_and_offset():
    y = sphere(200) * [1.0, 0.6, 1.5]
    turn = Rotation.from_euler("xyz", [15, -10, 20], degrees=True)
    x = 1.3 * turn.apply(y) + [0.03, -0.02, 0.05]
    result = coherent_point_drift(y, x, kind="rigid", scaled=True, iterations=300, tolerance=0)
    np.testing.assert_allclose(result.matrix, 1.3 * turn.as_matrix(), atol=1e-6)
    np.testing.assert_allclose(result.transform(y), x, atol=1e-6)


def test_affine_recovers_a_shear():
    y = sphere(200) * [1.0, 0.6, 1.5]
    matrix = np.array([[1.1, 0.1, 0], [0, 0.9, 0.05], [0, 0, 1.05]])
    result = coherent_point_drift(y, y @ matrix.T + 0.01, kind="affine", iterations=300, tolerance=0)
    np.testing.assert_allclose(result.matrix, matrix, atol=1e-6)


def test_metre_and_rms_units_agree():
    y, x = sphere(200), bent(sphere(200, 1))
    radius = np.sqrt(((y - y.mean(0)) ** 2).sum(1).mean())
    one = coherent_point_drift(y, x, beta=0.5, lam=3.0)
    other = coherent_point_drift(y, x, beta=0.5 * radius, lam=3.0 / radius**2, unit="metre")
    np.testing.assert_allclose(one.points, other.points, atol=1e-10)
    assert one.beta == pytest.approx(other.beta)


def test_outliers_are_reported_and_do_not_pull():
    y = sphere(300)
    far = np.random.default_rng(5).uniform([0.3, -0.3, -0.3], [0.9, 0.3, 0.3], size=(30, 3))
    result = coherent_point_drift(y, np.concatenate([bent(y), far]), kind="affine", outliers=0.2)
    assert result.matched[:300].mean() > 0.8
    assert result.matched[300:].max() < 0.1


def test_a_kernel_made_once_gives_the_same():
    y, x = sphere(400), bent(sphere(380, 1))
    kernel = template_kernel(y, 0.3)
    assert np.array_equal(coherent_point_drift(y, x, kernel=kernel).points, coherent_point_drift(y, x).points)


def test_same_input_same_bits():
    y, x = sphere(350), bent(sphere(380, 1))
    assert np.array_equal(coherent_point_drift(y, x).points, coherent_point_drift(y, x).points)


@pytest.mark.parametrize(
    ("template", "reference", "options", "message"),
    [
        (np.zeros((5, 2)), sphere(9), {}, r"template has shape \(5, 2\)"),
        (sphere(9), np.full((9, 3), np.nan), {}, "NaN"),
        (sphere(9), np.zeros((9, 3)), {}, "same point"),
        (sphere(3), sphere(9), {}, "at least 4"),
        (sphere(9), sphere(9), {"beta": 0.0}, "beta > 0"),
        (sphere(9), sphere(9), {"outliers": 1.0}, "outliers < 1"),
    ],
)
def test_bad_input_is_named(template, reference, options, message):
    with pytest.raises(ShapeError, match=message):
        coherent_point_drift(template, reference, **options)


def test_clouds_out_of_reach_fail_loudly():
    with pytest.raises(ConvergenceError, match="outlier"):
        coherent_point_drift(sphere(50), sphere(50) + 1e4, outliers=0.99, iterations=5, start=coherent_point_drift(sphere(50), sphere(50)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"reference": 1000 * CLOUD}, "millimetres"),
        ({"template": "a"}, "no array of numbers"),
        ({"template": CLOUD + 1j}, "complex"),
        ({"kind": "Rigid"}, "expected kind one of rigid"),
        ({"unit": "mm"}, "unit rms or metre"),
        ({"beta": "wide"}, "expected numbers"),
        ({"tolerance": -1.0}, "tolerance >= 0"),
        ({"iterations": 1.5}, "whole number"),
        ({"rank": -3}, "rank >= 0"),
        ({"coarse": 1}, "coarse >= 4"),
        ({"template": CLOUD * [1.0, 1.0, 0.0], "kind": "affine"}, "one plane"),
    ],
)
def test_hostile_input_is_named(change, message):
    given = {"template": CLOUD, "reference": CLOUD * [1.0, 1.0, 1.2], **change}
    with pytest.raises(ShapeError, match=message):
        coherent_point_drift(given.pop("template"), given.pop("reference"), **given)


def test_sets_out_of_reach_are_said_to_be(caplog):
    with pytest.raises(ConvergenceError, match="check unit and position"):
        coherent_point_drift(CLOUD, CLOUD + 1e6, kind="rigid")
    coherent_point_drift(CLOUD, CLOUD + 1.0, iterations=1)
    assert "only bends" in caplog.text


def test_large_sets_take_a_third_of_the_steps_after_their_coarse_level():
    result = coherent_point_drift(sphere(80), bent(sphere(80, 1)), iterations=6, tolerance=0.0, coarse=20)
    assert len(result.history) == 2
