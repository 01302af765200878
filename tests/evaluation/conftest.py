"""Synthetic run records with known means; a ball as a test instance."""

import numpy as np
import pytest
import torch
import trimesh

from renderfit.datasets.views import View
from renderfit.evaluation.instance import Instance
from renderfit.geometry import Camera, Mesh, Pose
from renderfit.rendering import rasterize
from renderfit.shapes.model import LinearModel

LEVELS = {"ground_truth": 5.0, "latent_floor": 4.0, "cls": 6.0, "paper": 9.0, "ours": 5.5}


@pytest.fixture
def make_records():
    def make(categories=("bottle", "drill"), views=4):
        generator = np.random.default_rng(3)
        found = []
        for category in categories:
            for instance in ("t1", "t2"):
                for method, level in LEVELS.items():
                    single = method in ("ground_truth", "latent_floor")
                    for pose in ("known",) if single else ("known", "noise"):
                        for view in range(1 if single else views):
                            scale = level * (4.0 if (method, pose) == ("cls", "noise") else 1.0) + 0.1 * float(generator.standard_normal())
                            placed = None if single or pose == "known" else scale + 1.0
                            found.append(
                                {
                                    "category": category,
                                    "instance": instance,
                                    "method": method,
                                    "pose": pose,
                                    "view": view,
                                    "seed": 7 + view,
                                    "v2v_mm": scale,
                                    "mean_square_mm2": scale**2,
                                    "v2s_mm": 0.8 * scale,
                                    "placed_v2v_mm": placed,
                                    "placed_mean_square_mm2": placed and placed**2,
                                    "rotation_left_deg": None if placed is None else 2.0,
                                    "translation_left_mm": None if placed is None else 9.0,
                                    "failed": False,
                                    "renders": 0 if single else 30,
                                    "provenance": {"code": "c", "data": category},
                                }
                            )
        return found

    return make


@pytest.fixture(scope="module")
def instance():
    ball = trimesh.creation.icosphere(subdivisions=3, radius=0.08)
    vertices, faces = np.array(ball.vertices), np.array(ball.faces, dtype=np.int64)
    mesh, camera = Mesh(torch.as_tensor(vertices), torch.as_tensor(faces)), Camera.centred(64, 105.0)
    pose = Pose.look_at(torch.tensor([0.5, 0.3, 0.4]), torch.zeros(3))
    fragments = rasterize(pose.apply(mesh.vertices), faces, camera, backend="cpu")
    image = np.full((64, 64, 3), 100, np.uint8)
    noisy = Pose.from_parts(pose.rotation, pose.translation + torch.tensor([0.03, 0.0, 0.0]))
    view = View(image, fragments.mask, fragments.depth.astype(np.float32), camera, pose, noisy)
    model = LinearModel(vertices, 0.1 * vertices[None], faces, {"global": slice(0, 1)})
    space = type("Space", (), {"model": lambda self, name="pca": model})()
    return Instance("ball", "t1", "round", space, [view], mesh.with_vertices(1.1 * mesh.vertices), [])
