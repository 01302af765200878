import numpy as np
import pytest
import torch

from renderfit import rendering
from renderfit.registration import coordinates, orientation, twist
from renderfit.registration.columns import Columns
from renderfit.registration.objective import Level, Prior, State, View
from renderfit.registration.samples import Samples
from renderfit.registration.terms import Trust


@pytest.fixture(scope="module")
def scene(space, camera, pose, noisy, target, truth_of):
    columns = Columns.of(space.model("rich"))
    samples = Samples.of(truth_of(target, pose, camera), camera, 120)
    x = np.random.default_rng(1).standard_normal(columns.count + 6) * np.concatenate(
        [np.full(columns.count, 0.4), np.full(3, 0.05), np.full(3, 0.004)]
    )
    return columns, samples, x, noisy


def rows_of(columns, samples, start, x, hit, place=None):
    """Residuals and normals of fixed faces at parameters x, by the kernels' value part."""
    count = columns.count
    rotation = start.rotation.double().numpy() @ twist.rotation(x[count : count + 3])
    offset = start.translation.double().numpy() + x[count + 3 :]
    vertices = columns.decode(x[:count])
    turned = vertices @ rotation.T
    rows, across = np.zeros(len(hit), np.int64), np.arange(len(hit))
    face_id = hit[None].astype(np.int32)
    found = coordinates.residuals(
        samples.points, samples.frames, samples.scale, rows, across, face_id, columns.faces, turned, offset, rotation, np.zeros(3)
    )
    own, sums = orientation.vertex_normals(vertices, columns.faces)
    seen, lengths = orientation.rendered(found[2], found[3], columns.faces, own, rotation)
    return vertices, turned, rotation, found, own, sums, seen, lengths


def faces_at(columns, samples, start, x, camera):
    count = columns.count
    rotation = start.rotation.double().numpy() @ twist.rotation(x[count : count + 3])
    placed = columns.decode(x[:count]) @ rotation.T + start.translation.double().numpy() + x[count + 3 :]
    face_id = rendering.rasterize(placed, columns.faces, camera, backend="cpu").face_id
    return face_id[samples.pixels[:, 1].astype(int), samples.pixels[:, 0].astype(int)].astype(np.int64)


def numeric(values, x, step=1e-6):
    return np.stack([(values(x + e) - values(x - e)) / (2 * step) for e in step * np.eye(len(x))], axis=-1)


def test_coordinate_rows_agree_with_finite_differences(scene, camera):
    columns, samples, x, start = scene
    hit = faces_at(columns, samples, start, x, camera)
    vertices, _, rotation, (_, _, met, place, across), *_ = rows_of(columns, samples, start, x, hit)
    jacobian = coordinates.jacobian(
        samples.points, samples.frames, samples.scale, met, place, across, columns.faces, vertices, columns.basis, rotation,
        twist.right_jacobian(x[columns.count : columns.count + 3]),
    )  # fmt: skip
    found = met >= 0
    assert found.sum() > 40

    def raw(point):
        residual, *_, normals = rows_of(columns, samples, start, point, hit)[3]
        residual = residual.copy()
        residual[:, 2] /= np.where(found, normals[:, 3], 1.0)  # the attenuation is held fixed
        return residual

    wanted = numeric(raw, x)
    wanted[:, 2] *= across[:, 3:4]
    assert jacobian[found] == pytest.approx(wanted[found], rel=1e-4, abs=2e-3)


def test_a_common_error_of_the_points_is_what_its_derivative_says(scene, camera):
    columns, samples, x, start = scene
    hit = faces_at(columns, samples, start, x, camera)
    found = rows_of(columns, samples, start, x, hit)[3]
    moved = Samples(samples.pixels, samples.frames, samples.points.copy(), samples.scale, samples.normals)
    change = np.array([1e-5, -2e-5, 1.5e-5, 1e-6, 2e-6, -1e-6])
    moved.points[:] = samples.points + np.cross(change[:3], samples.points) + change[3:]
    after = rows_of(columns, moved, start, x, hit)[3]
    assert after[0] - found[0] == pytest.approx(found[1] @ change, rel=1e-5, abs=1e-9)


def test_normal_rows_agree_with_finite_differences(scene, camera):
    columns, samples, x, start = scene
    hit = faces_at(columns, samples, start, x, camera)
    vertices, turned, rotation, (_, _, met, place, across), own, sums, seen, lengths = rows_of(columns, samples, start, x, hit)
    bent = orientation.normal_columns(vertices, columns.faces, columns.basis, own, sums, np.ones(len(vertices), np.bool_))
    jacobian = orientation.jacobian(
        met, place, np.ascontiguousarray(across[:, :3]), np.ascontiguousarray(samples.frames[:, 2]), seen, lengths, columns.faces, vertices,
        turned, columns.basis, own, bent, rotation, twist.right_jacobian(x[columns.count : columns.count + 3]),
    )  # fmt: skip
    wanted = numeric(lambda point: rows_of(columns, samples, start, point, hit)[6], x)
    assert jacobian == pytest.approx(wanted, rel=1e-4, abs=1e-4)


def test_an_object_does_not_get_rid_of_normals_by_leaving_their_pixels(scene, camera, target, pose, mask_of):
    columns, samples, x, start = scene
    view = View(camera, mask_of(target, pose, camera).astype(float), start, samples)
    level, aside = Level.of([view], 128, 1.5), np.zeros(len(x))
    aside[columns.count + 3] = 0.15  # beside the pixels that show it

    def cost(point):
        return State(columns, [view], level, np.zeros(len(x)), point, np.inf, Trust(0.0, 30.0)).evidence_cost

    assert cost(x + aside) > cost(x)  # it was nothing


def test_the_gradient_of_the_evidence_agrees_with_its_cost(scene, camera, target, pose, mask_of):
    columns, samples, x, start = scene
    view = View(camera, mask_of(target, pose, camera).astype(float), start, samples)
    level = Level.of([view], 128, 1.5)
    trust = Trust(robust=np.inf)
    nothing = np.zeros(len(x))

    def state(point, trust=trust):
        return State(columns, [view], level, nothing, point, np.inf, trust)

    with_evidence, without = state(x).normal()[1], state(x, None).normal()[1]
    half = with_evidence - without
    steps = np.concatenate([np.full(columns.count, 1e-2), np.full(3, 1e-3), np.full(3, 1e-4)])
    slope = np.array(
        [(state(x + e).evidence_cost - state(x - e).evidence_cost) / (4 * s) for s, e in zip(steps, np.diag(steps), strict=True)]
    )
    ours, theirs = half * steps, slope * steps
    assert ours @ theirs / np.linalg.norm(ours) / np.linalg.norm(theirs) > 0.98
    assert Prior().diagonal(columns.count, 1).shape == x.shape
    assert torch.is_tensor(start.matrix)
