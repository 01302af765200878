import dataclasses

import numpy as np
import pytest
import torch
from scipy import optimize

from renderfit import config, rendering
from renderfit.registration import Prior, SolverConfig, lighting, orientation, rays, register, twist
from renderfit.registration.columns import Columns
from renderfit.registration.photometry import Photometry, regions_of
from renderfit.registration.register import settings_of
from renderfit.registration.shading import Shading
from renderfit.registration.terms import Trust

LAMP = np.array([0.5, -0.3, 0.81])
LAMP = LAMP / np.linalg.norm(LAMP)
"""Where the light comes from, object frame."""


def encoded(linear):
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055)


@pytest.fixture(scope="module")
def photo(target, pose, camera, truth_of):
    """A matte object of two paints under a lamp and light from all around, before a grey wall."""
    truth = truth_of(target, pose, camera)
    up = truth.normals @ pose.rotation.double().numpy()
    shade = 0.25 + 0.75 * np.maximum(up @ LAMP, 0)
    paint = np.where(truth.coordinates[..., 2:] > 0.12, [0.6, 0.15, 0.1], [0.5, 0.5, 0.5])
    linear = np.where(truth.valid[..., None], paint * shade[..., None], 0.35)
    return (255 * encoded(linear) + 0.5).astype(np.uint8), truth.valid


@pytest.fixture(scope="module")
def scene(photo, space, camera, noisy):
    columns = Columns.of(space.model("rich"))
    seen = Photometry.of(photo[0], photo[1].astype(float), camera, noisy, 150)
    spread = np.concatenate([np.full(columns.count, 0.4), np.full(3, 0.05), np.full(3, 0.004)])
    x = np.random.default_rng(1).standard_normal(columns.count + 6) * spread
    _, offset, turned = placed(columns, noisy, x)
    fragments = rendering.rasterize(turned + offset, columns.faces, camera, backend="cpu")
    return columns, seen, x, fragments


def placed(columns, start, x):
    count = columns.count
    rotation = start.rotation.double().numpy() @ twist.rotation(x[count : count + 3])
    return rotation, start.translation.double().numpy() + x[count + 3 :], columns.decode(x[:count]) @ rotation.T


def term(scene, start, camera, x):
    """The evidence at parameters x; the faces under the pixels stay those of `scene`."""
    columns, seen, _, fragments = scene
    rotation, offset, turned = placed(columns, start, x)
    vertices = columns.decode(x[: columns.count])
    return Shading(seen, 40.0, 0.15, 2.0, columns, vertices, (rotation, offset), turned, fragments, camera, camera)


def numeric(values, x, step=1e-5):
    return np.stack([(values(x + e) - values(x - e)) / (2 * step) for e in step * np.eye(len(x))], axis=-1)


def some_normals(count=200):
    normals = np.random.default_rng(2).standard_normal((count, 3))
    return normals / np.linalg.norm(normals, axis=1, keepdims=True)


def test_slopes_agree_with_finite_differences():
    normals, light = some_normals(20), np.random.default_rng(3).standard_normal(9)
    wanted = np.stack(
        [(lighting.basis(normals + e) - lighting.basis(normals - e)) @ light / 2e-6 for e in 1e-6 * np.eye(3)],
        axis=1,
    )
    assert lighting.slopes(normals, light) == pytest.approx(wanted, abs=1e-8)


def test_a_lamp_is_a_clamped_cosine_of_mean_one():
    normals = some_normals(4000)
    shown = lighting.basis(normals) @ lighting.lamp(LAMP)
    assert shown.mean() == pytest.approx(1, abs=0.05)
    assert np.abs(shown - 4 * np.maximum(normals @ LAMP, 0)).max() < 0.4


def test_a_lamp_is_the_projection_of_a_clamped_cosine():
    """Second implementation: least squares over evenly spread directions, which are a quadrature of the sphere."""
    count = 40000
    height, turn = 1 - 2 * (np.arange(count) + 0.5) / count, np.pi * (3 - np.sqrt(5)) * np.arange(count)
    flat = np.sqrt(1 - height**2)
    normals = np.stack([flat * np.cos(turn), flat * np.sin(turn), height], axis=1)
    for direction in (LAMP, -LAMP[[2, 0, 1]], np.array([0.0, 0, 1])):
        wanted = np.linalg.lstsq(lighting.basis(normals), 4 * np.maximum(normals @ direction, 0))[0]
        assert lighting.lamp(direction) == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize("known", [False, True])
def test_the_estimate_is_the_least_cost_another_minimiser_finds(known):
    generator = np.random.default_rng(7)
    normals, regions, materials = some_normals(120), np.arange(120) % 3, np.array([0, 1, 0])
    light = 0.7 * lighting.lamp(LAMP) + 0.3 * np.eye(9)[0]
    shape, spread, worth, robust = lighting.basis(normals), generator.uniform(0.05, 0.1, 120), generator.uniform(0, 1, 120), 1.5
    seen = np.array([1.1, 0.8, 1.3])[regions] * (shape @ light) + 0.1 * generator.standard_normal(120)
    seen[::17] += 2.0
    found = lighting.estimate(shape, seen, regions, materials, worth, spread, robust, light if known else None)
    mean, precision = lighting.prior()

    def cost(u):
        bright, gains = (light, u) if known else (u[:9], u[9:])
        off = np.abs(gains[regions] * (shape @ bright) - seen) / spread
        huber = np.where(off < robust, off**2, 2 * robust * off - robust**2)
        held = (gains - 1) @ lighting.gain_precision(materials) @ (gains - 1) + (
            0 if known else (bright - mean) @ precision @ (bright - mean)
        )
        return float(worth @ huber + held)

    here = found.gains if known else np.concatenate([found.light, found.gains])
    other = optimize.minimize(cost, np.ones(3) if known else np.concatenate([mean, np.ones(3)]), method="BFGS", options={"gtol": 1e-6})
    assert found.cost == pytest.approx(cost(here), rel=1e-4)
    assert cost(here) == pytest.approx(other.fun, rel=1e-4)
    assert here == pytest.approx(other.x, abs=2e-3)


def test_the_prior_expects_light_from_above_and_knows_no_azimuth():
    mean, precision = lighting.prior()
    spread = np.sqrt(np.diag(np.linalg.inv(precision)))
    assert mean[0] == pytest.approx(1)
    assert mean[3] > 0.5
    assert np.abs(np.delete(mean, [0, 3])).max() < 0.05
    assert spread[1] == pytest.approx(spread[2])


def test_rays_meet_the_surface_where_the_rasteriser_says(scene, camera, noisy):
    columns, seen, x, fragments = scene
    _, offset, turned = placed(columns, noisy, x)
    face = rays.faces_under(seen.pixels, fragments, camera, camera)
    hit, place, across = rays.met(seen.rays, face, columns.faces, turned, offset)
    row, column = seen.pixels[:, 1].astype(int), seen.pixels[:, 0].astype(int)
    assert (hit >= 0).sum() > 80
    assert place[hit >= 0] == pytest.approx(fragments.barycentrics[row, column][hit >= 0], abs=1e-4)
    assert (across * seen.rays).sum(axis=1)[hit >= 0] == pytest.approx(1)


def test_light_and_gains_of_a_known_surface_are_found():
    normals = some_normals(600)
    light = 0.6 * lighting.lamp(LAMP) + 0.4 * np.array([1.0, 0, 0, 1 / 3, 0, 0, 0, 0, 0])
    regions, materials, gains = np.arange(600) % 3, np.array([0, 0, 1]), np.array([1.1, 0.9, 1.2])
    brightness = gains[regions] * (lighting.basis(normals) @ light)
    brightness[::20] += 3.0  # gloss
    found = lighting.estimate(lighting.basis(normals), brightness, regions, materials, np.full(600, 1.0), np.full(600, 0.05), 1.5)
    explained = found.gains[regions] * (lighting.basis(normals) @ found.light)
    clean = np.delete(np.arange(600), np.arange(0, 600, 20))
    assert np.abs(explained - brightness)[clean].mean() < 0.01
    assert found.gains[0] / found.gains[1] == pytest.approx(11 / 9, rel=0.01)


def test_a_known_light_stays():
    normals, light = some_normals(100), lighting.lamp(LAMP)
    brightness, one = 0.8 * (lighting.basis(normals) @ light), np.zeros(1, np.int64)
    found = lighting.estimate(lighting.basis(normals), brightness, np.repeat(one, 100), one, np.ones(100), np.full(100, 0.05), 2.0, light)
    assert found.light == pytest.approx(light, abs=1e-4)
    assert found.gains == pytest.approx([0.8], abs=0.01)


def test_rows_agree_with_finite_differences(scene, camera, noisy):
    columns, seen, x, _ = scene
    here = term(scene, noisy, camera, x)
    light = here.light

    def residual(point):
        shown = lighting.basis(term(scene, noisy, camera, point).facing) @ light.light
        return light.gains[seen.regions] * shown / here.spread

    jacobian = here.jacobian(twist.right_jacobian(x[columns.count : columns.count + 3]))
    assert np.abs(jacobian).max() > 1
    assert jacobian == pytest.approx(numeric(residual, x), rel=1e-4, abs=1e-4)


def test_the_gradient_is_that_of_the_least_cost_over_all_lights(scene, camera, noisy):
    columns, _, x, _ = scene
    matrix, half = term(scene, noisy, camera, x).normal(twist.right_jacobian(x[columns.count : columns.count + 3]))
    wanted = numeric(lambda point: np.array(term(scene, noisy, camera, point).cost), x)
    assert 2 * half == pytest.approx(wanted, rel=1e-4, abs=1e-4 * np.abs(wanted).max())
    assert matrix == pytest.approx(matrix.T)
    assert np.linalg.eigvalsh(matrix).min() > -1e-9 * np.abs(matrix).max()


def test_what_light_can_explain_is_not_counted_for_the_pose(scene, camera, noisy):
    columns, _, x, _ = scene
    here = term(scene, noisy, camera, x)
    rows = np.sqrt(here.light.weights)[:, None] * here.jacobian(np.eye(3))
    pose = slice(columns.count, columns.count + 3)
    assert np.trace(here.normal(np.eye(3))[0][pose, pose]) < 0.7 * np.trace((rows.T @ rows)[pose, pose])


def test_paints_are_told_apart_and_shades_are_not(photo):
    picture, mask = photo
    linear = np.where(picture <= 10, picture / 255 / 12.92, ((picture / 255 + 0.055) / 1.055) ** 2.4)
    labels = regions_of(linear, mask)
    red = picture[..., 0] > 1.5 * picture[..., 2]
    assert labels[~mask].max() == -1
    assert set(np.unique(labels)) == {-1, 0, 1}
    assert {len(np.unique(labels[where & (labels >= 0)])) for where in (red, ~red)} == {1}
    assert (labels >= 0).sum() > 0.7 * mask.sum()


def test_the_size_of_the_picture_does_not_matter(photo, camera, noisy):
    picture, mask = photo
    small = Photometry.of(picture, mask.astype(float), camera, noisy)
    large = Photometry.of(picture.repeat(3, 0).repeat(3, 1), mask.astype(float).repeat(3, 0).repeat(3, 1), camera.scaled(3.0), noisy)
    assert np.abs(small.pixels.mean(axis=0) - large.pixels.mean(axis=0) / 3).max() < 2
    assert np.median(large.brightness) == pytest.approx(np.median(small.brightness), abs=0.1)


def test_shading_helps_where_the_outline_leaves_the_pose_open(photo, space, camera, pose, noisy):
    picture, mask = photo
    left = []
    for shading in (0.0, 100.0):
        settings = SolverConfig(Prior(3.0), trust=Trust(shading=shading, uneven=0.1))
        left.append(register(picture, space, camera, mask, noisy, model="pca", config=settings).pose.angle_to(pose))
    assert left[1] < 0.7 * left[0]


def test_without_weight_the_photograph_is_not_looked_at(photo, space, camera, noisy):
    picture, mask = photo
    one, other = (register(image, space, camera, mask, noisy, model="pca", config=SolverConfig()) for image in (picture, mask))
    assert torch.equal(one.latent, other.latent)
    assert torch.equal(one.pose.matrix, other.pose.matrix)


def test_a_black_object_is_reported(photo, space, camera, pose):
    picture, mask = photo
    settings = SolverConfig(trust=Trust(shading=30.0))
    black = np.where(mask[..., None], 2, picture).astype(np.uint8)
    found = register(black, space, camera, mask, pose, optimise_pose=False, model="pca", config=settings)
    assert any("shading was not used" in warning for warning in found.warnings)
    assert Photometry.of(black, np.zeros(mask.shape), camera, pose) is None


def test_params_reach_the_solver():
    section = config.section(config.Ours)
    assert settings_of(section, False).trust.shading == section.shading
    assert settings_of(dataclasses.replace(section, shading=25.0, uneven=0.2), False).trust == dataclasses.replace(
        settings_of(section, False).trust, shading=25.0, uneven=0.2
    )


def test_normals_of_missed_pixels_carry_no_weight(scene, camera, noisy):
    columns, seen, x, _ = scene
    away = x.copy()
    away[columns.count + 3] += 0.5
    rotation, offset, turned = placed(columns, noisy, away)
    fragments = rendering.rasterize(turned + offset, columns.faces, camera, backend="cpu")
    here = Shading(
        seen, 40.0, 0.15, 2.0, columns, columns.decode(x[: columns.count]), (rotation, offset), turned, fragments, camera, camera
    )  # fmt: skip
    assert here.cost == pytest.approx(0, abs=1e-9)
    assert np.abs(here.normal(np.eye(3))[1]).max() == 0
    assert orientation.vertex_normals(columns.mean, columns.faces)[0].shape == columns.mean.shape
