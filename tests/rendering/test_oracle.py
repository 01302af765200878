import torch
from scenes import AWAY, sphere

from renderfit.evaluation import renderer100
from renderfit.geometry import Camera
from renderfit.rendering import rasterize, render


def test_the_fast_renderer_agrees_with_the_hundred_lines():
    mesh, view = sphere(6), Camera.centred(40, 55.0)
    points = AWAY.apply(mesh.vertices)
    image, ids = renderer100.render(points, mesh.faces, mesh.colors, view)
    fast = render(mesh, view, AWAY, "colors")
    same = ids == fast.face_id
    assert (ids >= 0).sum() > 200
    assert same.float().mean() >= 0.999
    assert torch.allclose(image[same], fast.rgb[same], atol=1e-9)
    assert torch.equal(fast.face_id, torch.from_numpy(rasterize(points, mesh.faces, view).face_id).long())


def test_interior_gradients_are_equal_and_outlines_agree_in_direction():
    mesh, view = sphere(6), Camera.centred(40, 55.0)
    weight = torch.linspace(-1, 1, 40, dtype=torch.float64)[None, :, None]
    found = []
    for which in ("hundred", "fast"):
        vertices = mesh.vertices.clone().requires_grad_()
        moving = mesh.with_vertices(vertices)
        if which == "hundred":
            image, _ = renderer100.render(AWAY.apply(vertices), mesh.faces, mesh.colors, view)
        else:
            image = render(moving, view, AWAY, "colors").rgb
        found.append(torch.autograd.grad((image * weight).sum(), vertices)[0].sum(0)[:2])
    assert found[0].norm() > 0
    assert torch.nn.functional.cosine_similarity(*found, dim=0) > 0.99
