"""Small random scenes for the renderer's tests."""

import numpy as np
import torch

from renderfit.geometry import Camera, Mesh, Pose

AWAY = Pose.from_parts(torch.eye(3, dtype=torch.float64), torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64))


def soup(seed: int, faces: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Return camera-frame triangles of all sizes; some cross the near plane or lie outside the image."""
    generator = np.random.default_rng(seed)
    centre = generator.uniform([-0.6, -0.6, 0.0], [0.6, 0.6, 2.0], (faces, 1, 3))
    points = centre + generator.normal(size=(faces, 3, 3)) * 10 ** generator.uniform(-2.5, -0.3, (faces, 1, 1))
    return points.reshape(-1, 3), np.arange(3 * faces).reshape(-1, 3)


def sphere(rings: int = 12, radius: float = 0.3, dtype: torch.dtype = torch.float64) -> Mesh:
    """Return a closed, coloured sphere."""
    around = 2 * rings
    polar, angle = np.linspace(0, np.pi, rings + 1)[1:-1], np.arange(around) * 2 * np.pi / around
    body = [[np.sin(p) * np.cos(a), np.sin(p) * np.sin(a), np.cos(p)] for p in polar for a in angle]
    points = radius * np.array([[0, 0, 1.0], *body, [0, 0, -1.0]])
    faces = []
    for k in range(around):
        n = (k + 1) % around
        faces.append([0, 1 + k, 1 + n])
        for ring in range(rings - 2):
            a, b = 1 + ring * around + k, 1 + ring * around + n
            faces += [[a, a + around, b + around], [a, b + around, b]]
        faces.append([len(points) - 1, 1 + (rings - 2) * around + n, 1 + (rings - 2) * around + k])
    vertices = torch.tensor(points, dtype=dtype)
    return Mesh(vertices, torch.tensor(faces), (0.5 + vertices).clamp(0, 1))


def camera(size: int = 48, **options: object) -> Camera:
    """Return a camera whose principal point lies off the centre, with unequal focal lengths."""
    return Camera(size + 6, size, 1.3 * size, 1.2 * size, 0.48 * size + 3, 0.53 * size, **options)
