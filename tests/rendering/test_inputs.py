"""What a user may hand to the renderer: it works, or an error says what came and what to do."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scenes import AWAY, camera, sphere

from renderfit.errors import ContextError, ShapeError
from renderfit.geometry import Camera, Mesh, Pose
from renderfit.rendering import interpolate, rasterize, render, render_batch, render_scene
from renderfit.rendering.projection import intrinsics_of

EYE = torch.eye(4, dtype=torch.float64)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m, c: render([m, m], c, AWAY), "mesh is a list.*render_batch"),
        (lambda m, c: render(m, c, [AWAY]), "pose is a list.*render_batch"),
        (lambda m, c: render(m, c, EYE), r"pose is a Tensor.*Pose\(matrix\)"),
        (lambda m, c: render(m, AWAY, c), "the order is mesh, camera, pose"),
        (lambda m, c: render(m.to(torch.float16), c, AWAY), "float16; expected float32 or float64"),
        (lambda m, c: render(m, c, AWAY, intrinsics=[1.0, 2.0]), "intrinsics has shape"),
        (lambda m, c: render(m, c, AWAY, intrinsics=[-9.0, 9, 4, 4]), "fx -9.0"),
        (lambda m, c: render_scene([m], c), "pairs"),
        (lambda m, c: render(m, c, AWAY).interpolate(torch.arange(len(m.vertices))[:, None]), "int64.*per_face"),
        (lambda m, c: render(m, c, AWAY).interpolate(torch.rand(len(m.vertices), 2).half()), "float16"),
        (lambda m, c: render_batch(m, [c, replace(c, width=9)], AWAY), "one size"),
        (lambda m, c: render_batch(m, c, []), "0 poses"),
        (lambda m, c: render_batch(m, c, [AWAY, AWAY]).interpolate(torch.rand(3, len(m.vertices), 2)), "3 images; expected 2"),
        (lambda m, c: Mesh(m.vertices, m.faces + 0.5), "fractions"),
        (lambda m, c: Mesh(m.vertices, m.faces, m.colors * torch.nan), "colour of vertex 0"),
        (lambda m, c: Mesh(m.vertices * 1j, m.faces), "complex"),
        (lambda m, c: replace(c, width=9.5), "whole numbers"),
        (lambda m, c: replace(c, cx=float("nan")), "principal point"),
        (lambda m, c: replace(c, fx=torch.tensor(9.0, requires_grad=True)), "intrinsics="),
        (lambda m, c: Pose(EYE + torch.tensor([[0.0] * 4] * 3 + [[1.0, 0, 0, 0]])), "last row"),
    ],
)
def test_what_cannot_be_rendered_is_named(call, message):
    with pytest.raises(ShapeError, match=message):
        call(sphere(6), camera())


def test_opengl_says_what_it_cannot_hold():
    mesh, view = sphere(6), camera()
    with pytest.raises(ContextError, match="at most"):
        render(mesh, replace(view, width=1_000_000, height=1), AWAY, backend="gl")
    far = mesh.vertices.clone()
    far[5] = 1e200
    with pytest.raises(ShapeError, match="vertex 5"):
        render(Mesh(far, mesh.faces), view, AWAY, backend="gl")


def test_what_changes_in_a_batch_comes_as_a_sequence():
    mesh, view = sphere(6), camera()
    matrices = torch.stack([AWAY.matrix, AWAY.matrix]).requires_grad_()
    intrinsics = torch.stack([intrinsics_of(view), intrinsics_of(view)]).requires_grad_()
    batch = render_batch(mesh, [view, view], matrices, "lambert", intrinsics=intrinsics)
    single = render(mesh, view, AWAY, "lambert")
    assert torch.equal(batch.rgb, torch.stack([single.rgb, single.rgb]))
    (batch.rgb[0].sum() + batch.mask[0].sum()).backward()
    for leaf in (matrices.grad, intrinsics.grad):
        assert leaf[0].abs().max() > 0
        assert leaf[1].abs().max() == 0
    values = torch.rand(2, len(mesh.vertices), 5)
    assert torch.equal(batch.interpolate(values)[1], single.interpolate(values[1]))
    assert torch.equal(batch.interpolate(values[0])[1], single.interpolate(values[0]))
    assert [frame.mask.shape for frame in batch] == [single.mask.shape] * 2


def test_arrays_of_other_layouts_are_taken():
    mesh, view = sphere(6), camera()
    points, faces = mesh.numpy()
    wanted = render(mesh, view, AWAY, "lambert").rgb
    reversed_rows = Mesh(points[::-1], len(points) - 1 - faces)
    assert torch.allclose(render(reversed_rows, view, AWAY).mask, render(mesh, view, AWAY).mask)
    foreign = Mesh(points.astype(">f8"), np.asfortranarray(faces.astype(np.int32)), mesh.colors)
    assert torch.equal(render(foreign, view, AWAY, "lambert").rgb, wanted)
    assert replace(view, width=float(view.width)).width == view.width
    assert torch.equal(render(mesh, view, AWAY, "lambert", intrinsics=intrinsics_of(view).tolist()).rgb, wanted)


def test_inference_mode_renders_the_same():
    mesh, view = sphere(6), camera()
    wanted = render(mesh, view, AWAY, "lambert")
    with torch.inference_mode():
        made = Mesh(mesh.vertices + 0, mesh.faces + 0, mesh.colors + 0)
        assert torch.equal(render(made, view, AWAY, "lambert").normals, wanted.normals)
    assert torch.equal(render(made, view, AWAY, "lambert").rgb, wanted.rgb)


def test_a_second_derivative_is_refused():
    mesh, view = sphere(6), camera()
    points = mesh.vertices.clone().requires_grad_()
    frame = render(mesh.with_vertices(points), view, AWAY, "colors")
    (first,) = torch.autograd.grad(frame.rgb.square().sum(), points, create_graph=True)
    with pytest.raises(RuntimeError, match="differentiate twice"):
        first.sum().backward()


def test_the_intrinsics_passed_count_not_those_of_the_camera():
    # two surfaces one behind the other are told apart by the size of a pixel, hence by the focal length
    view = camera()
    corners = torch.tensor([[-1.0, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], dtype=torch.float64)
    points = torch.cat([corners * 0.2 + torch.tensor([0.013, 0.017, 0.8]), corners * 2 + torch.tensor([0.0, 0, 1])])
    faces = torch.tensor([[0, 1, 2], [0, 2, 3], [4, 5, 6], [4, 6, 7]])
    colors = torch.tensor([[0.9] * 3] * 4 + [[0.2] * 3] * 4, dtype=torch.float64)
    column = torch.arange(view.width, dtype=torch.float64)
    found = []
    for other in (view, replace(view, fx=1.0, fy=1.0)):
        moving, ahead = points.clone().requires_grad_(), points.clone().requires_grad_()
        image = render(Mesh(moving, faces, colors), other, Pose(EYE), "colors", intrinsics=intrinsics_of(view)).rgb
        (image[..., 0] * column).sum().backward()
        image = interpolate(colors, ahead, rasterize(ahead, faces, view), other, intrinsics=intrinsics_of(view))
        (image[..., 0] * column).sum().backward()
        found += [moving.grad, ahead.grad]
    assert found[0][:4, 0].sum() > 1
    assert all(torch.allclose(found[0], each, atol=1e-9) for each in found[1:])


def test_a_scene_takes_the_layout_of_the_paper():
    mesh, view = sphere(6), camera()
    frame = render_scene([(mesh, AWAY), (mesh, Pose(EYE + 0.0).moved(torch.tensor([0.0, 0, 0, 0.1, 0, 1.2])))], view, layout="paper")
    plain = render_scene([(mesh, AWAY), (mesh, Pose(EYE + 0.0).moved(torch.tensor([0.0, 0, 0, 0.1, 0, 1.2])))], view, backend="cpu")
    same = frame.face_id == plain.face_id
    assert same.double().mean() >= 0.999
    assert torch.allclose(frame.barycentrics[same], plain.barycentrics[same], atol=1e-4)


def test_an_image_of_one_pixel_and_a_mesh_of_nothing():
    for backend in ("gl", "cpu"):
        for mesh in (sphere(6), Mesh(torch.zeros(0, 3), torch.zeros(0, 3)), Mesh(sphere(6).vertices, torch.zeros(0, 3))):
            vertices = mesh.vertices.clone().requires_grad_()
            frame = render(mesh.with_vertices(vertices), Camera(1, 1, 1.0, 1.0, 0.5, 0.5), AWAY, "lambert", backend)
            (frame.rgb.sum() + frame.mask.sum() + frame.depth.sum() + frame.normals.sum()).backward()
            assert torch.isfinite(vertices.grad).all()
            assert frame.mask.item() == (len(mesh.faces) > 0)
