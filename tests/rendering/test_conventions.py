import torch
import trimesh
from scenes import camera

from renderfit.geometry import Pose
from renderfit.rendering import conventions

POSE = Pose.look_at(torch.tensor([0.5, -0.8, 0.4]), torch.tensor([0.05, 0.02, 0.0]))
POINTS = torch.tensor([[0.1, 0.2, -0.1], [0.0, -0.1, 0.15], [-0.2, 0.05, 0.0]], dtype=torch.float64)


def test_round_trips_return_the_same_pose():
    for there, back in (
        (conventions.pose_to_opengl, conventions.pose_from_opengl),
        (conventions.pose_to_trimesh, conventions.pose_from_trimesh),
        (conventions.pose_to_pytorch3d, lambda pair: conventions.pose_from_pytorch3d(*pair)),
    ):
        assert torch.allclose(back(there(POSE)).matrix, POSE.matrix.double(), atol=1e-12)
    assert conventions.camera_from_opencv(conventions.camera_to_opencv(camera()), camera().width, camera().height) == camera()


def test_opengl_lands_on_the_same_pixels():
    for orthographic in (False, True):
        view = camera(orthographic=orthographic)
        rows = torch.cat([POINTS, torch.ones(3, 1)], 1)
        clip = rows @ (conventions.projection_to_opengl(view) @ conventions.pose_to_opengl(POSE)).T
        device = clip[:, :2] / clip[:, 3:]
        pixel = torch.stack([(device[:, 0] + 1) / 2 * view.width, (1 - device[:, 1]) / 2 * view.height], 1)
        assert torch.allclose(pixel, view.project(POSE.apply(POINTS)), atol=1e-9)


def test_trimesh_sees_the_same_view():
    scene = trimesh.Scene(trimesh.creation.box((0.1, 0.1, 0.1)))
    scene.camera_transform = conventions.pose_to_trimesh(POSE).numpy()
    forward = -torch.tensor(scene.camera_transform[:3, 2].copy())
    assert torch.allclose(forward, POSE.rotation[2].double())
    eye = torch.tensor(scene.camera_transform[:3, 3].copy())
    assert torch.allclose(eye, POSE.inverse().translation.double())


def test_pytorch3d_row_vectors_give_left_up_forward():
    rotation, translation = conventions.pose_to_pytorch3d(POSE)
    left_up = POINTS @ rotation + translation
    assert torch.allclose(left_up, POSE.apply(POINTS) * torch.tensor([-1.0, -1.0, 1.0]), atol=1e-12)


def test_opencv_centres_lie_half_a_pixel_off():
    k = conventions.camera_to_opencv(camera())
    point = POSE.apply(POINTS)[0]
    opencv = (k @ point)[:2] / point[2]
    assert torch.allclose(opencv + 0.5, camera().project(point))
