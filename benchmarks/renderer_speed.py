"""pytest-benchmark of one forward and backward pass: ``pytest benchmarks/renderer_speed.py``."""

import pytest
import torch

from renderfit.evaluation.gradient_scenes import scene
from renderfit.geometry import Mesh
from renderfit.rendering import render


@pytest.mark.parametrize(("vertices", "size"), [(3000, 256), (1000, 1024), (10000, 1024), (100000, 1024)])
def test_forward_and_backward(benchmark, vertices, size):
    view = scene("torus", vertices, size)
    mesh = Mesh(view.mesh.vertices.float().requires_grad_(), view.mesh.faces)
    upstream = torch.rand(size, size, 3), torch.rand(size, size)

    def step() -> None:
        frame = render(mesh, view.camera, view.pose, "lambert", "cpu")
        torch.autograd.backward([frame.rgb, frame.mask], list(upstream))

    benchmark(step)
    assert torch.isfinite(mesh.vertices.grad).all()
