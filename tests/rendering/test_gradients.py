import numpy as np
import pytest
import torch
from scenes import AWAY, camera, soup, sphere

from renderfit.geometry import Camera, Mesh, Pose
from renderfit.rendering import render, render_scene
from renderfit.rendering.fragments import Fragments
from renderfit.rendering.projection import intrinsics_of, projection_matrix, to_pixels
from renderfit.rendering.raster import rasterize_pixels
from renderfit.rendering.settings import Settings
from renderfit.rendering.shade import shade_image
from renderfit.rendering.torch_shade import shade_image_torch


@pytest.mark.parametrize("orthographic", [False, True])
def test_interior_gradient_passes_gradcheck(orthographic):
    view = camera(8, orthographic=orthographic)
    wall = torch.tensor([[-2.0, -2, 0.9], [2, -2, 1.3], [2, 2, 1.1], [-2, 2, 1.5]], dtype=torch.float64, requires_grad=True)
    colors = torch.rand(4, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    intrinsics = intrinsics_of(view).requires_grad_()
    faces = np.array([[0, 1, 2], [0, 2, 3]])
    fragments = rasterize_pixels(to_pixels(wall, projection_matrix(view)).detach().numpy(), faces, view, "cpu")
    assert fragments.mask.all()

    def image(points, values, k):
        # the paper estimator is the interior term alone; visibility stays as it is
        h = to_pixels(points, projection_matrix(view, k))
        moved = Fragments(fragments.face_id, faces, h.detach().numpy(), "cpu")
        return shade_image(h, torch.cat([values, h[:, 3:]], 1), moved, Settings("paper", view))[0]

    assert torch.autograd.gradcheck(image, (wall, colors, intrinsics), eps=1e-6, atol=1e-6, rtol=1e-6)


def _both_ways(h: torch.Tensor, faces: torch.Tensor, colors: torch.Tensor, view: Camera, gradient: str) -> list[tuple[torch.Tensor, ...]]:
    """Return image, mask and gradients of a random loss by numba and by torch operations."""
    weight = torch.randn(view.height, view.width, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    found = []
    for shade in (shade_image, shade_image_torch):
        rows, values = h.clone().requires_grad_(), colors.clone().requires_grad_()
        fragments = rasterize_pixels(h.numpy(), faces.numpy(), view, "cpu")
        image, mask = shade(rows, values, fragments, Settings(gradient, view))
        loss = (image * weight[..., :3]).sum() + (mask * weight[..., 3]).sum()
        found.append((image.detach(), mask.detach(), *torch.autograd.grad(loss, (rows, values))))
    return found


@pytest.mark.parametrize("gradient", ["edge", "paper", "screen", "screen_dilated"])
@pytest.mark.parametrize("orthographic", [False, True])
def test_numba_equals_its_torch_twin(gradient, orthographic):
    view, mesh = camera(orthographic=orthographic), sphere()
    # a second sphere that passes through the first, and a third one behind both
    parts = [mesh.vertices, 0.7 * mesh.vertices + torch.tensor([0.2, 0.05, -0.1]), mesh.vertices + torch.tensor([-0.2, 0.1, 0.5])]
    h = to_pixels(torch.cat(parts), projection_matrix(view) @ AWAY.matrix)
    faces = torch.cat([mesh.faces + k * len(mesh.vertices) for k in range(3)])
    colors = torch.cat([mesh.colors, 1 - mesh.colors, mesh.colors**2])
    for numba, twin in zip(*_both_ways(h, faces, colors, view, gradient), strict=True):
        assert torch.allclose(numba, twin, rtol=1e-9, atol=1e-9 * float(numba.abs().max()))


@pytest.mark.parametrize("seed", range(4))
def test_numba_equals_its_torch_twin_on_soups(seed):
    points, faces = soup(seed)
    points[3:6] = points[3]  # a face of no area
    h = to_pixels(torch.from_numpy(points), projection_matrix(camera()))
    colors = torch.rand(len(points), 3, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    *images, along, values = zip(*_both_ways(h, torch.from_numpy(faces), colors, camera(), "edge"), strict=True)
    for numba, twin in (*images, along, values):
        assert torch.isfinite(twin).all()
        assert torch.allclose(numba, twin, rtol=1e-6, atol=1e-6 * float(numba.abs().max()))


def _supersampled(mesh: Mesh, view: Camera, pose: Pose, factor: int = 8) -> torch.Tensor:
    mask = render(mesh, view.scaled(factor), pose, backend="cpu").mask
    return mask.reshape(view.height, factor, view.width, factor).mean((1, 3))


def test_pose_gradient_of_the_mask_matches_finite_differences():
    view, mesh = camera(64), sphere(16)
    weight = torch.sin(torch.arange(view.height)[:, None] * 0.11) + torch.cos(torch.arange(view.width)[None] * 0.07 + 1)
    matrix = AWAY.matrix.clone().requires_grad_()
    (render(mesh, view, Pose(matrix)).mask * weight).sum().backward()
    assert render(mesh, view, AWAY).mask.sum() > 100
    for axis in range(3):
        step = torch.zeros(3, dtype=torch.float64)
        step[axis] = 0.004
        ahead, behind = (Pose.from_parts(AWAY.rotation, AWAY.translation + sign * step) for sign in (1, -1))
        difference = ((_supersampled(mesh, view, ahead) - _supersampled(mesh, view, behind)) * weight).sum() / 0.008
        assert matrix.grad[axis, 3] == pytest.approx(float(difference), rel=0.05, abs=3.0)


def test_gradient_reaches_vertices_colours_pose_and_intrinsics():
    view, mesh = camera(), sphere()
    vertices, colors = mesh.vertices.clone().requires_grad_(), mesh.colors.clone().requires_grad_()
    matrix, intrinsics = AWAY.matrix.clone().requires_grad_(), intrinsics_of(view).requires_grad_()
    frame = render(Mesh(vertices, mesh.faces, colors), view, Pose(matrix), "lambert", intrinsics=intrinsics)
    (frame.rgb.square().sum() + frame.mask.sum() + frame.depth.sum() + frame.normals[..., 0].sum()).backward()
    for tensor in (vertices, colors, matrix, intrinsics):
        assert torch.isfinite(tensor.grad).all()
        assert tensor.grad.abs().max() > 0


@pytest.mark.parametrize("gradient", ["edge", "screen_dilated", "screen", "paper"])
@pytest.mark.parametrize("seed", range(4))
def test_no_nan_from_soups_slivers_and_faces_behind(gradient, seed):
    points, faces = soup(seed)
    points[3:6] = points[3]  # a face of no area
    points[7] = points[6] + 1e-9  # a sliver
    mesh = Mesh(torch.tensor(points, requires_grad=True), faces, torch.rand(len(points), 3))
    still = Pose(torch.eye(4, dtype=torch.float64))
    frame = render(mesh, camera(), still, "lambert", gradient=gradient)
    assert frame.mask.sum() > 50
    (frame.rgb.sum() + frame.depth.sum() + frame.normals.sum() + frame.mask.sum()).backward()
    assert torch.isfinite(mesh.vertices.grad).all()


def test_bitwise_equal_over_runs_and_scene_of_one_equals_render():
    view, mesh = camera(), sphere()

    def run(scene: bool) -> torch.Tensor:
        vertices = mesh.vertices.clone().requires_grad_()
        moving = mesh.with_vertices(vertices)
        frame = render_scene([(moving, AWAY)], view) if scene else render(moving, view, AWAY, "lambert")
        (frame.rgb.square().sum() + frame.mask.sum()).backward()
        return vertices.grad

    first = run(False)
    assert first.abs().max() > 0
    assert torch.equal(first, run(False))
    assert torch.equal(first, run(True))


def test_occluder_alone_receives_the_gradient_of_its_outline():
    view, mesh = camera(), sphere()
    front, back = (mesh.vertices * s for s in (0.25, 1.0))
    front, back = front.requires_grad_(), back.requires_grad_()
    near = Pose.from_parts(torch.eye(3).double(), torch.tensor([0.0, 0, 0.5]).double())
    grey = torch.full_like(mesh.vertices, 0.5)
    scene = [(Mesh(front, mesh.faces, 2 * grey), near), (Mesh(back, mesh.faces, grey), AWAY)]
    frame = render_scene(scene, view, "colors")
    # the loss looks only at a disc in which the small sphere lies over the large one
    row, column = torch.meshgrid(torch.arange(view.height) + 0.5 - view.cy, torch.arange(view.width) + 0.5 - view.cx, indexing="ij")
    inner = (row**2 + column**2 < 13**2).to(frame.mask)
    assert set(frame.instance_id[inner > 0].tolist()) == {0, 1}
    (frame.rgb.sum(-1) * inner).sum().backward()
    assert front.grad.abs().max() > 0
    assert back.grad.abs().max() < 1e-9


def test_the_line_where_two_surfaces_cross_moves_with_both():
    view = Camera.centred(48, 48.0)
    wall = torch.tensor([[-2.0, -2, 1], [2, -2, 1], [2, 2, 1], [-2, 2, 1]], dtype=torch.float64)
    # the second wall leans: it lies behind the first on the left and before it on the right
    leaning = torch.tensor([[-2.0, -2, 2], [2, -2, 0.1], [2, 2, 0.1], [-2, 2, 2]], dtype=torch.float64)
    points, faces = torch.cat([wall, leaning]), torch.tensor([[0, 1, 2], [0, 2, 3], [4, 5, 6], [4, 6, 7]])
    colors = torch.tensor([[0.2] * 3] * 4 + [[0.9] * 3] * 4, dtype=torch.float64)
    still = Pose(torch.eye(4, dtype=torch.float64))
    moving = points.clone().requires_grad_()
    render(Mesh(moving, faces, colors), view, still, "colors").rgb[..., 0].sum().backward()

    def total(shift: float) -> float:
        moved = points.clone()
        moved[4:, 2] += shift
        return float(render(Mesh(moved, faces, colors), view.scaled(8), still, "colors").rgb[..., 0].sum()) / 64

    expected = (total(0.05) - total(-0.05)) / 0.1
    assert expected < -100
    assert float(moving.grad[4:, 2].sum()) == pytest.approx(expected, rel=0.05)
    assert float(moving.grad[:4, 2].sum()) == pytest.approx(-expected, rel=0.05)


@pytest.mark.parametrize("side", [1, 60])
def test_a_crossing_of_faces_smaller_than_a_pixel_moves_as_that_of_large_ones(side):
    view = Camera.centred(32, 32.0)
    x, y = torch.meshgrid(*[torch.linspace(-1, 1, side + 1, dtype=torch.float64)] * 2, indexing="xy")
    level = torch.stack([x, y, torch.ones_like(x)], -1).reshape(-1, 3)
    leaning = torch.stack([x, y, 1.03 - 0.6 * x - 0.2 * y], -1).reshape(-1, 3)
    corner = (torch.arange(side)[:, None] * (side + 1) + torch.arange(side)).reshape(-1, 1)
    grid = torch.cat([corner + torch.tensor([0, 1, side + 2]), corner + torch.tensor([0, side + 2, side + 1])])
    faces = torch.cat([grid, grid + len(level)])
    colors = torch.tensor([0.2, 0.9], dtype=torch.float64).repeat_interleave(len(level))[:, None].expand(-1, 3).contiguous()
    moving = torch.cat([level, leaning]).requires_grad_()
    render(Mesh(moving, faces, colors), view, Pose(torch.eye(4, dtype=torch.float64)), "colors", "cpu").rgb[..., 0].sum().backward()
    # the line x = 0.05 - y / 3, 32 px long and seen at depth 1, moves by 1 / 0.6 m along x for each metre towards the camera
    assert float(moving.grad[len(level) :, 2].sum()) == pytest.approx(-0.7 * 32 * 32 / 0.6, rel=0.1)
    assert float(moving.grad[: len(level), 2].sum()) == pytest.approx(0.7 * 32 * 32 / 0.6, rel=0.1)
