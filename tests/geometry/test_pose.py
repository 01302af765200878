import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from renderfit.errors import DataError, ShapeError
from renderfit.geometry.pose import Pose, se3_exp

small = st.lists(st.floats(-0.9, 0.9), min_size=6, max_size=6).map(lambda v: torch.tensor(v, dtype=torch.float64))


@given(small)
@settings(max_examples=50, deadline=None)
def test_exponential_of_minus_twist_is_the_inverse(twist):
    torch.testing.assert_close(se3_exp(twist) @ se3_exp(-twist), torch.eye(4, dtype=torch.float64))


@given(small, small, small)
@settings(max_examples=30, deadline=None)
def test_group_laws(a, b, c):
    p, q, r = Pose(se3_exp(a)), Pose(se3_exp(b)), Pose(se3_exp(c))
    torch.testing.assert_close(((p @ q) @ r).matrix, (p @ (q @ r)).matrix)
    torch.testing.assert_close((p @ p.inverse()).matrix, torch.eye(4, dtype=torch.float64))
    points = torch.randn(5, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    torch.testing.assert_close((p @ q).apply(points), p.apply(q.apply(points)))


@given(small)
@settings(max_examples=30, deadline=None)
def test_linear_move_agrees_with_exponential_to_second_order_and_stays_rigid(twist):
    pose = Pose.look_at(torch.tensor([0.4, 0.3, 0.5]), torch.zeros(3))
    moved = pose.moved_linear(twist)
    torch.testing.assert_close(moved.rotation @ moved.rotation.T, torch.eye(3, dtype=torch.float64))
    tiny = 1e-4 * twist
    assert float((pose.moved(tiny).matrix - pose.moved_linear(tiny).matrix).abs().max()) < 1e-7


def test_look_at_puts_target_on_the_optical_axis_and_world_up_up_in_the_image():
    pose = Pose.look_at(torch.tensor([0.5, 0.3, 0.4]), torch.tensor([0.0, 0.0, 0.1]))
    target, above = pose.apply(torch.tensor([[0.0, 0.0, 0.1], [0.0, 0.0, 0.2]], dtype=torch.float64))
    assert target[:2].abs().max() < 1e-8  # the eye is given in float32
    assert target[2] > 0
    assert above[1] < 0  # y points down


def test_angle_between_poses_is_exact_for_small_and_large_rotations():
    pose = Pose(torch.eye(4, dtype=torch.float64))
    for degrees in (1e-5, 1.0, 90.0, 179.999):
        turned = pose.moved(torch.tensor([0, math.radians(degrees), 0, 0, 0, 0.0]))
        assert pose.angle_to(turned) == pytest.approx(degrees, rel=1e-6)


@pytest.mark.parametrize(
    "matrix", [torch.eye(3), 2 * torch.eye(4), torch.full((4, 4), float("nan")), torch.diag(torch.tensor([1.0, 1, -1, 1]))]
)
def test_a_matrix_that_is_no_rigid_pose_is_refused(matrix):
    with pytest.raises(ShapeError, match="pose"):
        Pose(matrix)


def test_file_round_trip_and_message(tmp_path):
    pose = Pose.look_at(torch.tensor([0.5, 0.3, 0.4]), torch.zeros(3))
    pose.save(tmp_path / "pose.json")
    assert torch.equal(Pose.load(tmp_path / "pose.json").matrix, pose.matrix)
    (tmp_path / "bad.json").write_text('{"pose": []}')
    with pytest.raises(DataError, match="object_to_camera"):
        Pose.load(tmp_path / "bad.json")
