import numpy as np
import pytest
import torch
from scenes import AWAY, camera, soup, sphere

from renderfit.errors import ConfigError, ShapeError
from renderfit.geometry import Camera
from renderfit.rendering import rasterize, render


@pytest.mark.parametrize("seed", range(20))
def test_opengl_and_numba_agree_on_random_scenes(seed):
    points, faces = soup(seed)
    view = camera(160, orthographic=seed % 4 == 3)
    gl, cpu = (rasterize(points, faces, view, backend, cull=seed % 2 == 1).face_id for backend in ("gl", "cpu"))
    assert (cpu >= 0).mean() > 0.02
    assert (gl == cpu).mean() >= 0.999


def test_neighbouring_triangles_leave_no_gap_and_share_no_pixel():
    generator = np.random.default_rng(3)
    side = 14
    x, y = np.meshgrid(np.linspace(-1.2, 1.2, side), np.linspace(-1.2, 1.2, side), indexing="ij")
    points = np.stack([x, y, np.ones_like(x)], -1).reshape(-1, 3)
    points[:, :2] += generator.uniform(-0.05, 0.05, (len(points), 2))
    corner = (np.arange(side - 1)[:, None] * side + np.arange(side - 1)).reshape(-1, 1)
    faces = np.concatenate([corner + np.array([0, 1, side]), corner + np.array([1, side + 1, side])])
    view = Camera.centred(64, 32.0)
    assert (rasterize(points, faces, view, "cpu").face_id >= 0).all()
    covered = sum((rasterize(points, faces[k : k + 1], view, "cpu").face_id >= 0).astype(int) for k in range(len(faces)))
    assert (covered == 1).all()


def test_a_narrow_window_shows_what_the_whole_image_does():
    generator = np.random.default_rng(5)
    points = generator.uniform([-1.5, -1.5, 1.0], [1.5, 1.5, 3.0], (60, 3))
    faces, view = np.arange(60).reshape(20, 3), Camera.centred(64, 40.0)
    whole = rasterize(points, faces, view, "cpu").face_id
    assert (np.bincount(whole[whole >= 0], minlength=20) > 64).any()
    for left in range(0, 64, 4):
        window = rasterize(points, faces, view.cropped(left, 0, 4, 64), "cpu").face_id
        assert (window == whole[:, left : left + 4]).all()


def test_top_left_rule_on_a_square_whose_edges_hit_pixel_centres():
    square = np.array([[0.5, 0.5, 1], [2.5, 0.5, 1], [2.5, 2.5, 1], [0.5, 2.5, 1]])
    ids = rasterize(square, np.array([[0, 1, 2], [0, 2, 3]]), Camera(4, 4, 1, 1, 0, 0), "cpu").face_id
    assert (ids >= 0).astype(int).tolist() == [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]


@pytest.mark.parametrize("orthographic", [False, True])
def test_barycentrics_and_depth_return_the_point_on_the_pixel_ray(orthographic):
    view = camera(orthographic=orthographic)
    mesh = sphere()
    points = AWAY.apply(mesh.vertices).numpy()
    fragments = rasterize(points, mesh.faces, view, "cpu")
    row, column = fragments.mask.nonzero()
    assert len(row) > 100
    barycentrics = fragments.barycentrics[row, column]
    assert np.allclose(barycentrics.sum(-1), 1)
    surface = np.einsum("pk,pkc->pc", barycentrics, points[fragments.vertex_id[row, column]])
    pixel = view.project(torch.from_numpy(surface)).numpy()
    assert np.allclose(pixel, np.stack([column + 0.5, row + 0.5], -1), atol=1e-9)
    assert np.allclose(surface[:, 2], fragments.depth[row, column])


def test_faces_that_cross_the_near_plane_are_cut_there():
    floor = np.array([[-5.0, 0.3, -5], [5, 0.3, -5], [5, 0.3, 5], [-5, 0.3, 5]])
    fragments = rasterize(floor, [[0, 1, 2], [0, 2, 3]], Camera(64, 64, 32, 32, 32, 32, near=0.2), "cpu")
    assert fragments.mask[40:].all()
    assert not fragments.mask[:32].any()
    assert np.isclose(fragments.depth[63, 32], 0.3 * 32 / 31.5)


@pytest.mark.parametrize("backend", ["gl", "cpu"])
def test_culling_keeps_the_outside_only(backend):
    mesh = sphere()
    points, faces = AWAY.apply(mesh.vertices), mesh.faces
    whole = rasterize(points, faces, camera(), backend)
    assert np.array_equal(whole.face_id, rasterize(points, faces, camera(), backend, cull=True).face_id)
    inside_out = rasterize(points, faces.flip(1), camera(), backend, cull=True)
    both = whole.mask & inside_out.mask
    assert both.sum() > 0.95 * whole.mask.sum()
    assert (inside_out.depth[both] > whole.depth[both]).mean() > 0.99


@pytest.mark.parametrize("backend", ["gl", "cpu"])
def test_empty_views_are_empty(backend):
    behind = np.array([[0.0, 0, -1], [1, 0, -1], [0, 1, -1]])
    for points, faces in ((behind, [[0, 1, 2]]), (behind, np.zeros((0, 3), int)), (behind * 0, [[0, 0, 0]])):
        assert (rasterize(points, faces, camera(), backend).face_id == -1).all()


def test_bad_input_is_named():
    triangle = np.array([[0.0, 0, 1], [1, 0, 1], [0, np.nan, 1]])
    with pytest.raises(ShapeError, match="vertex 2"):
        rasterize(triangle, [[0, 1, 2]], camera(), "cpu")
    with pytest.raises(ShapeError, match=r"0\.\.2"):
        rasterize(np.nan_to_num(triangle), [[0, 1, 3]], camera(), "cpu")
    with pytest.raises(ConfigError, match="vulkan"):
        rasterize(np.nan_to_num(triangle), [[0, 1, 2]], camera(), "vulkan")
    with pytest.raises(ConfigError, match="magic"):
        render(sphere(), camera(), AWAY, gradient="magic")


def test_auto_answers_without_opengl(monkeypatch):
    from renderfit.rendering import backends

    monkeypatch.setattr(backends, "hardware_gl", lambda: True)
    assert backends.choose("auto", 2_000_000, 1024**2) == "gl"
    monkeypatch.setattr(backends, "hardware_gl", lambda: False)
    assert backends.choose("auto", 2_000_000, 1024**2) == "cpu"
    assert rasterize([[0.0, 0, 1], [1, 0, 1], [0, 1, 1]], [[0, 1, 2]], camera(), "auto").backend == "cpu"
