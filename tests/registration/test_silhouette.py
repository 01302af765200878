import numpy as np
import pytest

from renderfit.registration import silhouette, twist
from renderfit.registration.columns import Columns
from renderfit.registration.objective import Level, Prior, State, View


def test_the_outline_of_a_block_counts_every_outer_edge_once():
    face_id = np.full((6, 7), -1, np.int32)
    face_id[2:4, 2:5] = 0
    pieces = silhouette.outline(face_id)
    assert len(pieces) == 2 * (2 + 3)
    assert set(map(tuple, pieces[:, 2:])) == {(0, -1), (0, 1), (1, -1), (1, 1)}


def test_pixels_at_the_image_border_carry_no_outline():
    face_id = np.zeros((4, 4), np.int32)
    assert len(silhouette.outline(face_id)) == 0


def test_an_outline_may_be_longer_than_the_image_is_round():
    face_id = np.where(np.indices((20, 30)).sum(axis=0) % 2, -1, 0).astype(np.int32)
    inner = face_id[1:-1, 1:-1]
    pieces = silhouette.outline(face_id)
    assert len(pieces) > 4 * sum(face_id.shape)
    assert ((pieces[:, 0] > 0) & (pieces[:, 0] < 19) & (pieces[:, 1] > 0) & (pieces[:, 1] < 29)).sum() == 4 * (inner == 0).sum()


@pytest.mark.parametrize("factor", [1, 2, 3])
def test_each_piece_of_outline_is_a_gaussian_around_the_edge_it_stands_for(factor):
    face_id = np.full((20 * factor, 20 * factor), -1, np.int32)
    face_id[11 * factor, 8 * factor + 1 : 9 * factor + 2] = 0
    pieces = silhouette.outline(face_id)
    pixels, jacobian = silhouette.spread(pieces, np.eye(len(pieces)), factor, 1.5, (20, 20))
    row, column = np.divmod(pixels, 20)
    for e, (r, c, axis, sign) in enumerate(pieces):
        down, across = (r + 0.5 + 0.5 * sign * axis) / factor - 0.5, (c + 0.5 + 0.5 * sign * (1 - axis)) / factor - 0.5
        near = (np.abs(row - np.round(down)) <= 6) & (np.abs(column - np.round(across)) <= 6)
        weight = np.exp(-((row - down) ** 2 + (column - across) ** 2) / (2 * 1.5**2)) / (2 * np.pi * 1.5**2 * factor**2)
        assert jacobian[:, e] == pytest.approx(np.where(near, weight, 0.0), rel=1e-12, abs=1e-18)


def test_a_growing_block_gains_what_its_outline_sweeps():
    face_id = np.full((64, 64), -1, np.int32)
    face_id[20:40, 24:36] = 0
    pieces = silhouette.outline(face_id)
    pixels, jacobian = silhouette.spread(pieces, np.ones((len(pieces), 1)), 2, 1.5, (32, 32))
    assert len(np.unique(pixels)) == len(pixels)
    assert jacobian.sum() == pytest.approx(len(pieces) / 4, rel=5e-3)


def test_the_gradient_agrees_with_finite_differences(space, camera, pose, target, mask_of):
    columns = Columns.of(space.model("rich"))
    view = View(camera, mask_of(target, pose, camera).astype(float), pose)
    level = Level.of([view], 128, 1.5)
    precision = Prior().diagonal(columns.count, 1)
    steps = np.concatenate([np.full(3, 0.2), np.full(columns.count - 3, 0.5), np.full(3, 0.02), np.full(3, 0.003)])
    x = np.random.default_rng(0).standard_normal(len(steps)) * np.concatenate(
        [np.full(columns.count, 0.3), np.full(3, 0.05), np.full(3, 0.004)]
    )

    def cost(point):
        return State(columns, [view], level, precision, point, np.inf).cost

    _, half = State(columns, [view], level, precision, x, np.inf).normal()
    numeric = np.array([(cost(x + e) - cost(x - e)) / (4 * s) for s, e in zip(steps, np.diag(steps), strict=True)])
    ours, theirs = half * steps, numeric * steps
    assert np.linalg.norm(theirs) > 1
    assert ours @ theirs / np.linalg.norm(ours) / np.linalg.norm(theirs) > 0.995
    assert np.linalg.norm(ours) / np.linalg.norm(theirs) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("free", [[0, 1, 2], [1, 5, 15, 16, 17, 18, 19, 20], [15, 16, 17, 18, 19, 20]])
def test_equations_of_some_parameters_are_those_of_all(space, camera, pose, target, mask_of, free):
    columns, free = Columns.of(space.model("rich")), np.array(free)
    view = View(camera, mask_of(target, pose, camera).astype(float), pose)
    level, count = Level.of([view], 64, 1.5), columns.count + 6
    given = (columns, [view], level, np.ones(count), np.full(count, 1e-2), np.inf)
    matrix, gradient = State(*given).normal()
    for few, some in (State(*given, free=free).normal(), State(*given).normal(free)):
        assert few[np.ix_(free, free)] == pytest.approx(matrix[np.ix_(free, free)], rel=1e-12, abs=1e-12 * np.abs(matrix).max())
        assert some[free] == pytest.approx(gradient[free], rel=1e-12, abs=1e-12 * np.abs(gradient).max())


def test_columns_behind_the_last_coefficient_change_nothing(space):
    columns = Columns.of(space.model("rich"))
    z = np.zeros(columns.count)
    assert np.array_equal(columns.decode(z), columns.mean)
    z[:4] = [0.5, 0.0, -1.0, 2.0]
    assert columns.decode(z) == pytest.approx(columns.mean + np.tensordot(columns.basis, z, 1), abs=1e-15)
    assert np.array_equal(columns.part(np.array([0, 3])), columns.basis[:, :, [0, 3]])
    assert columns.part(np.array([0, 3])) is columns.part(np.array([0, 3]))


def test_one_view_twice_doubles_image_cost_and_shape_gradient(space, camera, pose, target, mask_of):
    columns = Columns.of(space.model("pca"))
    view = View(camera, mask_of(target, pose, camera).astype(float), pose)
    single = State(columns, [view], Level.of([view], 64, 1.5), np.zeros(9), np.zeros(9), np.inf)
    double = State(columns, [view, view], Level.of([view, view], 64, 1.5), np.zeros(15), np.zeros(15), np.inf)
    assert double.image_cost == pytest.approx(2 * single.image_cost)
    assert double.normal()[1][:3] == pytest.approx(2 * single.normal()[1][:3])
    assert double.normal()[1][3:9] == pytest.approx(single.normal()[1][3:])


def test_robust_weights_never_raise_the_cost(space, camera, pose, target, mask_of):
    columns = Columns.of(space.model("pca"))
    view = View(camera, mask_of(target, pose, camera).astype(float), pose)
    level = Level.of([view], 64, 1.5)
    plain, robust = (State(columns, [view], level, np.zeros(9), np.zeros(9), limit) for limit in (np.inf, 0.1))
    assert robust.image_cost < plain.image_cost
    assert State(columns, [view], level, np.zeros(9), np.zeros(9), 10.0).image_cost == pytest.approx(plain.image_cost)


@pytest.mark.parametrize("w", [[0.0, 0, 0], [1e-9, 0, 0], [0.3, -0.2, 0.5], [2.0, 1.0, -1.5], [0, np.pi, 0]])
def test_rotation_vectors_round_trip_and_their_right_jacobian_holds(w):
    w = np.array(w)
    matrix = twist.rotation(w)
    assert matrix @ matrix.T == pytest.approx(np.eye(3), abs=1e-12)
    assert twist.rotation(twist.rotation_vector(matrix)) == pytest.approx(matrix, abs=1e-7)
    d = np.array([1e-6, -2e-6, 1.5e-6])
    assert twist.rotation(w + d) == pytest.approx(matrix @ twist.rotation(twist.right_jacobian(w) @ d), abs=1e-10)
