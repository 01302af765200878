"""What a registration expects of its own error, and what it says when that is much."""

import numpy as np
import pytest
import torch
import trimesh

from renderfit.registration import SolverConfig, checks, register, twist
from renderfit.registration.columns import Columns
from renderfit.registration.expected import Expected, normal_motion
from renderfit.registration.objective import View
from renderfit.registration.orientation import vertex_normals
from renderfit.registration.ours import solve
from renderfit.shapes.model import LinearModel

EXACT = SolverConfig()


class Bottles:
    """Round bottles about z: no outline tells how far one is turned about its axis."""

    def __init__(self):
        unit = np.asarray(trimesh.creation.icosphere(subdivisions=3).vertices, dtype=np.float64)
        faces = np.asarray(trimesh.creation.icosphere(subdivisions=3).faces, dtype=np.int64)
        neck = 1 / (1 + np.exp(8 * (unit[:, 2:] - 0.4)))
        mean = unit * np.hstack([0.02 + 0.02 * neck] * 2 + [np.full_like(neck, 0.1)]) + [0, 0, 0.1]
        modes = [unit * [0.005, 0.005, 0], unit * [0, 0, 0.01], unit * neck * [0.004, 0.004, 0]]
        self.known = LinearModel(mean, np.stack(modes), faces, {"global": slice(0, 3)})

    def model(self, name="pca"):
        return self.known


@pytest.fixture(scope="module")
def solved(space, camera, noisy, pose, target, mask_of):
    columns = Columns.of(space.model("pca"))
    found = solve(columns, [View(camera, mask_of(target, pose, camera).astype(float), noisy)], True, EXACT)
    return columns, noisy, found


def place(columns, start, x):
    """Return the vertices (V, 3) [m] of the camera frame at the parameters `x`."""
    k = columns.count
    rotation, translation = start.rotation.numpy().astype(float), start.translation.numpy().astype(float)
    return columns.decode(x[:k]) @ (rotation @ twist.rotation(x[k : k + 3])).T + translation + x[k + 3 :]


def outward(columns, found):
    """Return the unit normals (V, 3) of the camera frame at the solution."""
    return vertex_normals(found.state.vertices, columns.faces)[0] @ found.state.placed(0)[0].T


def test_the_motion_along_the_normal_is_that_of_finite_differences(solved):
    columns, start, found = solved
    assert np.linalg.norm(found.x[columns.count : columns.count + 3]) > 0.1
    for number, column in enumerate(normal_motion(columns, found.state).T):
        step = 1e-5 * np.eye(len(found.x))[number]
        change = (place(columns, start, found.x + step) - place(columns, start, found.x - step)) / 2e-5
        assert column == pytest.approx((change * outward(columns, found)).sum(axis=1), abs=1e-8)


def test_the_expected_deviation_is_that_of_drawn_answers(solved):
    columns, start, found = solved
    expected = Expected.of(columns, found.state, found.covariance)
    rng = np.random.default_rng(0)
    drawn = found.x + rng.multivariate_normal(np.zeros(len(found.x)), found.covariance, size=2000)
    middle, normals, before = place(columns, start, found.x), outward(columns, found), found.state.placed(0)[0]
    moved = [((place(columns, start, x) - middle) * normals).sum(axis=1) for x in drawn]
    assert expected.surface == pytest.approx(np.sqrt(np.mean(np.square(moved))), rel=0.05)
    turned = [twist.rotation_vector(start.rotation.numpy() @ twist.rotation(x[3:6]) @ before.T) for x in drawn]
    assert expected.rotation == pytest.approx(np.degrees(np.std(turned, axis=0)), rel=0.05)
    assert expected.translation == pytest.approx(np.std(drawn[:, 6:], axis=0), rel=0.05)


def test_of_several_views_each_has_its_own(space, camera, pose, noisy, target, mask_of):
    columns, mask = Columns.of(space.model("pca")), mask_of(target, pose, camera).astype(float)
    found = solve(columns, [View(camera, mask, noisy), View(camera, mask, pose)], True, EXACT)
    first, second = (Expected.of(columns, found.state, found.covariance, view) for view in (0, 1))
    assert first.surface == pytest.approx(second.surface, rel=0.2)
    assert second.translation == pytest.approx(np.sqrt(np.diag(found.covariance)[-3:]))


def test_a_round_bottle_under_pose_noise_is_warned_about(camera, pose, noisy, mask_of):
    bottles = Bottles()
    truth = bottles.model().decode(np.array([0.5, -1.0, 0.5]))
    mask = mask_of(truth, pose, camera)
    fit = register(mask, bottles, camera, mask=mask, pose=noisy, model="pca", config=EXACT)
    (warning,) = fit.warnings
    assert "leaves the pose open: the turn about the object's axis (" in warning
    assert f"surface by +-{1e3 * fit.placed_deviation:.1f} mm" in warning
    assert fit.converged
    assert checks.TRUSTED <= fit.confidence <= checks.OPEN
    still = register(mask, bottles, camera, mask=mask, pose=pose, optimise_pose=False, model="pca", config=EXACT)
    assert (still.confidence, still.warnings) == (1.0, [])


def test_a_turn_about_the_axis_is_no_error_of_a_round_surface():
    columns = Columns.of(Bottles().model())
    about_z = np.zeros((9, 9))
    about_z[5, 5] = 0.1**2
    state = type("Solved", (), {"x": np.zeros(9), "vertices": columns.mean, "placed": lambda self, view: (np.eye(3), np.zeros(3))})()
    expected = Expected.of(columns, state, about_z)
    assert expected.rotation == pytest.approx([0, 0, np.degrees(0.1)])
    assert expected.surface < 0.0002


def test_a_known_pose_of_an_asymmetric_object_is_not_warned_about(space, camera, pose, target, mask_of):
    mask = mask_of(target, pose, camera)
    fit = register(mask, space, camera, mask=mask, pose=pose, optimise_pose=False, model="pca", config=EXACT)
    assert (fit.confidence, fit.warnings) == (1.0, [])
    assert not fit.rotation_deviation.any()
    assert not fit.translation_deviation.any()
    assert 0 < fit.placed_deviation < 0.002


def test_the_summary_has_the_figures_with_their_units(space, camera, pose, noisy, target, mask_of):
    mask = mask_of(target, pose, camera)
    fit = register(mask, space, camera, mask=mask, pose=noisy, model="pca", config=EXACT)
    summary = fit.summary()
    assert summary["placed_deviation_m"] == pytest.approx(fit.placed_deviation, abs=1e-6)
    assert summary["rotation_deviation_deg"] == pytest.approx(fit.rotation_deviation, abs=1e-3)
    assert summary["translation_deviation_m"] == pytest.approx(fit.translation_deviation, abs=1e-6)


def test_confidence_falls_steadily_and_never_below_trust(space):
    def graded(degrees):
        turn = np.diag([0.0, 0.0, np.radians(degrees) ** 2])
        return checks._room("", Expected(0.001, 0.0, np.zeros(3), np.zeros(3), turn, 0.2))

    bound = np.degrees(checks.LOOSE_TURN)
    confidences = [graded(share * bound)[1] for share in (0, 0.5, 0.75, 1.0, 1.25, 1.5, 4.0)]
    assert confidences == pytest.approx([1, 1, 0.875, 0.75, 0.625, 0.5, 0.5])
    assert [bool(graded(share * bound)[0]) for share in (0.99, 1.01)] == [False, True]


def test_a_method_without_a_posterior_says_nothing_of_it(space):
    from renderfit.geometry import Pose
    from renderfit.registration import Registration

    fit = Registration(torch.zeros(3), Pose(torch.eye(4)), space.model("pca").decode(np.zeros(3)), np.zeros((0, 0)), [], True, 0, 0.0)
    assert not [key for key in fit.summary() if "deviation" in key]
