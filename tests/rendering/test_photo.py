"""Photographs: deterministic, labelled consistently, shaded plausibly."""

import numpy as np
import pytest
import torch

from renderfit.geometry import Camera, Mesh, Pose
from renderfit.rendering import rasterize
from renderfit.rendering.photo import Style, Subject, noise, photograph, props, shading, shadows

CAMERA = Camera.centred(64, 105.0)
POSE = Pose.look_at(torch.tensor([0.4, 0.3, 0.35]), torch.tensor([0.0, 0.0, 0.06]))


def _ball() -> Mesh:
    angle = np.linspace(-np.pi / 2, np.pi / 2, 24)
    vertices, faces = props.lathe(0.06 * np.cos(angle), 0.06 + 0.06 * np.sin(angle), sides=48)
    colors = np.where(vertices[:, 2:] > 0.06, [[0.7, 0.1, 0.1]], [[0.1, 0.1, 0.7]])
    return Mesh(torch.as_tensor(vertices), torch.as_tensor(faces), torch.as_tensor(colors))


def test_same_seed_same_bytes_other_seed_other_picture():
    first, again, other = (photograph(_ball(), CAMERA, POSE, seed) for seed in (4, 4, 5))
    assert np.array_equal(first.image, again.image)
    assert not np.array_equal(first.image, other.image)
    assert np.array_equal(first.mask, other.mask)  # nothing but style is random: the object stays where it is


@pytest.mark.parametrize("seed", range(4))
def test_labels_agree_with_geometry(seed):
    photo = photograph(_ball(), CAMERA, POSE, seed)
    assert photo.mask.sum() > 200
    inside = POSE.apply(torch.as_tensor(photo.coordinates[photo.mask]).double())
    rows, columns = np.nonzero(photo.mask)
    pixels = CAMERA.project(inside).numpy()
    assert np.allclose(pixels, np.stack([columns + 0.5, rows + 0.5], axis=1), atol=1e-3)
    assert np.allclose(inside[:, 2].numpy(), photo.depth[photo.mask], atol=1e-5)
    normals = photo.normals[photo.mask]
    assert np.allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-4)
    true = photo.coordinates[photo.mask] - np.array([0, 0, 0.06])
    true = true / np.linalg.norm(true, axis=1, keepdims=True) @ POSE.rotation.numpy().T
    assert np.degrees(np.arccos(np.clip((normals * true).sum(1), -1, 1))).mean() < 3
    for label in (photo.depth, photo.normals, photo.coordinates):
        assert (label[~photo.mask] == 0).all()


def test_occluders_leave_the_mask():
    style, low = Style(occluders=3, clutter=0), Pose.look_at(torch.tensor([0.5, 0.3, 0.1]), torch.tensor([0.0, 0.0, 0.05]))
    free = photograph(_ball(), CAMERA, low, 0, Style(clutter=0)).mask
    hidden = [photograph(_ball(), CAMERA, low, seed, style).mask for seed in range(8)]
    assert all((mask <= free).all() for mask in hidden)
    assert any(mask.sum() < free.sum() for mask in hidden)


def test_a_camera_below_the_table_sees_no_table():
    below = Pose.look_at(torch.tensor([0.4, 0.0, -0.2]), torch.tensor([0.0, 0.0, 0.06]))
    photo = photograph(_ball(), CAMERA, below, 3)
    assert photo.mask.sum() > 200
    assert photo.image.std() > 3


def test_own_colours_are_kept_and_random_ones_vary():
    kept = [photograph(_ball(), CAMERA, POSE, seed, Style(clutter=0, noise=0.2)) for seed in range(6)]
    top = [photo.image[photo.mask & (photo.coordinates[..., 2] > 0.07)].mean(0) for photo in kept]
    assert np.mean([color[0] > color[2] for color in top]) == 1  # red above, whatever the light
    drawn = [photograph(_ball(), CAMERA, POSE, seed, Style(keep_colors=0.0, clutter=0)) for seed in range(12)]
    assert np.mean([photo.image[photo.mask].mean(0)[0] > photo.image[photo.mask].mean(0)[2] for photo in drawn]) < 1


def test_a_moulded_object_is_of_one_colour():
    def redness(style):
        photo = photograph(_ball(), CAMERA, POSE, 1, style)
        image, height = photo.image.astype(float), photo.coordinates[..., 2]
        upper, lower = (image[photo.mask & side].mean(axis=0) for side in (height > 0.07, height < 0.05))
        return abs((upper[0] - upper[2]) - (lower[0] - lower[2]))

    assert redness(Style(noise=0.0)) > 60
    assert redness(Style(noise=0.0, moulded=1.0)) < 40


def test_warps_are_bounded_and_keep_the_floor():
    subject = Subject.of(_ball())
    warped = subject.warped(np.random.default_rng(0))
    moved = np.linalg.norm(warped.vertices - subject.vertices, axis=1)
    assert 0 < moved.max() < 0.25 * subject.diagonal
    assert warped.bounds[0, 2] == pytest.approx(subject.bounds[0, 2])


def test_corner_normals_keep_creases_and_smooth_the_rest():
    crate = Subject.of(Mesh(*(torch.as_tensor(part) for part in props.box())))
    assert np.allclose(np.abs(crate.normals).max(axis=2), 1)  # every corner of a box face is its plane's normal
    ball = Subject.of(_ball())
    centred = ball.vertices[ball.faces] - np.array([0, 0, 0.06])
    outward = centred / np.linalg.norm(centred, axis=2, keepdims=True)
    assert (ball.normals * outward).sum(2).mean() > 0.99


def test_noise_is_smooth_bounded_and_filtered():
    values = np.array([noise.fbm(0.013 * k, 0.4, 0.7, 3, 4, 0.0) for k in range(400)])
    assert 0 <= values.min() < values.max() <= 1
    assert np.abs(np.diff(values)).max() < 0.15
    assert noise.fbm(0.3, 0.4, 0.7, 3, 4, 10.0) == pytest.approx(0.5)


def test_a_plate_throws_its_shadow_below_itself():
    vertices = np.array([[-1.0, -1, 1], [1, -1, 1], [1, 1, 1], [-1, 1, 1], [0, 0, 0]])
    faces = np.array([[0, 1, 2], [0, 2, 3]])
    bounds = np.array([[-1.0, -1, 0], [1, 1, 1]])
    depth, closest, transform = shadows.lamp_map(vertices, faces, bounds, np.array([0.0, 0, 1]), 64, 6)
    assert shadows.soft_shadow(depth[0], closest[0], transform[0], 0.0, 0.0, 0.0, 0.05, 0.01) == 0
    assert shadows.soft_shadow(depth[0], closest[0], transform[0], 1.6, 0.0, 0.0, 0.05, 0.01) == 1
    edge = shadows.soft_shadow(depth[0], closest[0], transform[0], 1.0, 0.0, 0.0, 0.3, 0.01)
    assert 0.1 < edge < 0.9


def test_ambient_light_is_dim_inside_a_corner():
    crate = Subject.of(Mesh(*(torch.as_tensor(part) for part in props.box())))
    directions = shadows.dome(24, 0.0)
    maps = shadows.dome_maps(crate.points, crate.bounds, directions, 48, 2)
    up = (0.0, 0.0, 1.0)
    beside = shadows.ambient_visibility(*maps, directions, (1.05, 0.0, 0.0), up, 0.02)
    away = shadows.ambient_visibility(*maps, directions, (9.0, 0.0, 0.0), up, 0.02)
    assert beside < 0.85
    assert away == pytest.approx(1.0)


def test_ggx_is_reciprocal_and_integrates_below_one():
    generator = np.random.default_rng(0)
    view = np.array([np.sin(0.6), 0, np.cos(0.6)])
    for alpha in (0.2, 0.5):
        total = 0.0
        for _ in range(4000):
            up, angle = generator.random(), generator.uniform(0, 2 * np.pi)
            light = np.array([np.sqrt(1 - up * up) * np.cos(angle), np.sqrt(1 - up * up) * np.sin(angle), up])
            half = (view + light) / np.linalg.norm(view + light)
            total += shading.ggx(half[2], view[2], light[2], alpha, alpha) * light[2] * 2 * np.pi / 4000
        assert 0.6 < total < 1.1
    assert shading.ggx(0.9, 0.5, 0.8, 0.3, 0.3) == pytest.approx(shading.ggx(0.9, 0.8, 0.5, 0.3, 0.3))


def test_the_mask_is_the_rasterisers():
    vertices = POSE.apply(_ball().vertices).numpy()
    expected = rasterize(vertices, _ball().faces, CAMERA, backend="cpu").mask
    assert np.array_equal(photograph(_ball(), CAMERA, POSE, 1, Style(clutter=0)).mask, expected)
