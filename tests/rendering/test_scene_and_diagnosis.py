import numpy as np
import pytest
import torch
from scenes import AWAY, camera, sphere

from renderfit.errors import ShapeError
from renderfit.geometry import Mesh, Pose
from renderfit.rendering import explain_gradient, interpolate, rasterize, render, render_batch, render_scene
from renderfit.rendering.backends import measure_costs
from renderfit.rendering.normals import vertex_normals


def moved(x: float, z: float) -> Pose:
    return Pose.from_parts(torch.eye(3, dtype=torch.float64), torch.tensor([x, 0.0, z], dtype=torch.float64))


def test_instances_say_which_object_is_in_front():
    mesh = sphere()
    frame = render_scene([(mesh, moved(0.0, 1.5)), (mesh, moved(0.35, 0.8))], camera())
    alone = render(mesh, camera(), moved(0.35, 0.8)).mask > 0
    assert torch.equal(frame.instance_id == 1, alone)
    assert (frame.instance_id == 0).sum() > 50
    with pytest.raises(ShapeError, match="no objects"):
        render_scene([], camera())


def test_batches_equal_single_renders():
    mesh, poses = sphere(), [moved(x, 1.0) for x in (-0.1, 0.0, 0.2)]
    batch = render_batch(mesh, camera(), poses, "lambert")
    assert batch.rgb.shape == (3, *render(mesh, camera(), AWAY).rgb.shape)
    assert torch.equal(batch.rgb[2], render(mesh, camera(), poses[2], "lambert").rgb)
    shapes = [mesh.with_vertices(mesh.vertices * s) for s in (0.5, 1.0)]
    assert render_batch(shapes, camera(), AWAY).mask.sum((1, 2)).diff() > 0
    with pytest.raises(ShapeError, match="2 meshes, 1 cameras, 3 poses"):
        render_batch(shapes, camera(), poses)


def test_attributes_of_any_width_per_vertex_and_per_face():
    mesh, view = sphere(), camera()
    points = AWAY.apply(mesh.vertices)
    fragments = rasterize(points, mesh.faces, view)
    wide = torch.cat([points, torch.ones(len(points), 8)], 1).requires_grad_()
    image = interpolate(wide, points, fragments, view)
    assert torch.allclose(image[..., 2], torch.from_numpy(fragments.depth), atol=1e-9)
    image[..., 10].sum().backward()
    assert wide.grad[:, 10].sum() == pytest.approx(fragments.mask.sum())
    per_face = torch.arange(len(mesh.faces), dtype=torch.float64)[:, None].requires_grad_()
    flat = render(mesh, view, AWAY).interpolate(per_face, per_face=True)[..., 0]
    assert torch.equal(flat[fragments.mask].round().long(), torch.from_numpy(fragments.face_id[fragments.mask]).long())
    flat.sum().backward()
    assert per_face.grad.sum() == fragments.mask.sum()
    with pytest.raises(ShapeError, match="one row per vertex"):
        interpolate(wide[:3], points, fragments, view)


def test_a_border_between_two_faces_moves_with_their_shared_edge():
    wall = torch.tensor([[-2.0, -2, 1], [0.05, -2, 1], [0.05, 2, 1], [-2, 2, 1], [2, -2, 1], [2, 2, 1]], dtype=torch.float64)
    faces = torch.tensor([[0, 1, 2], [0, 2, 3], [1, 4, 5], [1, 5, 2]])
    points, view = wall.requires_grad_(), camera()
    values = torch.tensor([[1.0], [1.0], [3.0], [3.0]], dtype=torch.float64)
    image = interpolate(values, points, rasterize(points, faces, view), view, per_face=True)
    assert set(image.unique().tolist()) == {1.0, 3.0}
    image.sum().backward()
    # moving the border by 1 m to the right turns fx * height pixels from 3 into 1
    assert points.grad[1:3, 0].sum() == pytest.approx(-2 * view.fx * view.height, rel=0.02)
    assert points.grad[[0, 3, 4, 5]].abs().max() < 1e-9


def test_vertex_normals_and_their_gradient():
    mesh = sphere(6)
    assert torch.allclose(vertex_normals(mesh), mesh.vertex_normals(), atol=1e-12)
    points = mesh.vertices.clone().requires_grad_()
    assert torch.autograd.gradcheck(lambda v: vertex_normals(mesh.with_vertices(v)), points, atol=1e-6)


def test_shading_names_what_it_needs():
    mesh = sphere()
    frame = render(mesh, camera(), AWAY, "red")
    assert torch.equal(frame.rgb[..., 0], frame.mask)
    assert frame.rgb[..., 1:].abs().max() == 0
    inside = render(mesh, camera(), AWAY, "normals").mask > 0
    length = frame.normals.norm(dim=-1)
    assert torch.allclose(length[inside], torch.ones_like(length[inside]))
    assert frame.normals[inside][:, 2].max() < 0.2
    with pytest.raises(ShapeError, match=r"mesh\.colors"):
        render(Mesh(mesh.vertices, mesh.faces), camera(), AWAY, "colors")


CAUSES = {
    "behind the camera": (moved(0, -1.0), {}),
    "outside the image": (moved(9.0, 1.0), {}),
    "culled": (AWAY, {"cull": True}),
    "zero loss gradient": (AWAY, {"mask_gradient": None}),
    "no outline term": (AWAY, {"gradient": "paper", "shading": "red"}),
    "full mask": (moved(0, 0.31), {}),
    "empty mask: the mesh has no faces": (AWAY, {}),
}


@pytest.mark.parametrize("cause", CAUSES)
def test_a_zero_gradient_is_explained(cause):
    pose, options = CAUSES[cause]
    mesh = sphere()
    vertices = mesh.vertices.clone().requires_grad_()
    if cause == "culled":
        # an open bowl seen from its inside: every face that is left shows its back
        mesh = Mesh(vertices, mesh.faces[(mesh.vertices[mesh.faces][..., 2] < 0).all(1)].flip(1))
    if cause.startswith("empty"):
        mesh = Mesh(torch.zeros(0, 3, dtype=torch.float64), mesh.faces[:0])
        vertices = mesh.vertices.requires_grad_()
    mask_gradient = torch.ones(camera().height, camera().width)
    report = explain_gradient(Mesh(vertices, mesh.faces), camera(), pose, **{"mask_gradient": mask_gradient, "shading": "red", **options})
    assert any(found.startswith(cause) for found in report.causes), report.causes
    assert not report.vertices.any()


def test_a_healthy_gradient_is_shown_per_pixel_and_vertex():
    mesh = sphere()
    moving = Mesh(mesh.vertices.clone().requires_grad_(), mesh.faces)
    report = explain_gradient(moving, camera(), AWAY, mask_gradient=torch.ones(camera().height, camera().width))
    assert report.causes == []
    assert np.abs(report.pixels).max() > 0
    assert 0 < report.reached < 1
    detached = explain_gradient(mesh, camera(), AWAY, mask_gradient=torch.ones(camera().height, camera().width))
    assert "detached" in str(detached)


def test_costs_are_measured():
    cost = measure_costs("cpu", 1)
    assert cost.of(1000, 1000) <= cost.of(100_000, 1_000_000)
