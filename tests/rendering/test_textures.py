import pytest
import torch
from scenes import AWAY, camera, sphere

from renderfit.errors import ConfigError, DeviceError, ShapeError
from renderfit.geometry import Camera, Mesh, Pose
from renderfit.rendering import devices, render
from renderfit.rendering.textures import sample_texture

EYE = Pose(torch.eye(4, dtype=torch.float64))
WALL = torch.tensor([[-2.0, -2, 0.9], [2, -2, 1.3], [2, 2, 1.1], [-2, 2, 1.5]], dtype=torch.float64)
FACES = torch.tensor([[0, 2, 1], [0, 3, 2]])


def noise(*shape: int) -> torch.Tensor:
    return torch.rand(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(4))


@pytest.mark.parametrize("wrap", ["repeat", "clamp"])
def test_a_texture_passes_gradcheck(wrap):
    view = camera(6)
    leaves = (WALL.clone(), 3 * noise(4, 2) - 1, noise(3, 5, 2))

    def image(points, coordinates, texture):
        frame = render(Mesh(points, FACES), view, EYE, backend="cpu")
        assert (frame.face_id >= 0).all()  # no outline, and no border between faces that would count
        return frame.textured(coordinates, texture, wrap)

    assert torch.autograd.gradcheck(image, [leaf.requires_grad_() for leaf in leaves], eps=1e-6, atol=1e-6, rtol=1e-6)


def ball() -> tuple[Mesh, torch.Tensor]:
    """Return a sphere with smooth coordinates (V, 2) on it."""
    mesh = sphere(16)
    return mesh, torch.stack([0.5 + 0.9 * mesh.vertices[:, 0], 0.5 + 0.7 * mesh.vertices[:, 1] - 0.3 * mesh.vertices[:, 2]], 1)


def textured(vertices: torch.Tensor, view: Camera, pose: Pose = AWAY) -> torch.Tensor:
    """Return a textured sphere before a textured wall."""
    mesh, coordinates = ball()
    wall = WALL * torch.tensor([1.0, 1, 0]) + torch.tensor([0.0, 0, 2])
    points = torch.cat([pose.apply(vertices), wall])
    both = Mesh(points, torch.cat([mesh.faces, FACES + len(mesh.vertices)]))
    texture = torch.nn.functional.interpolate(noise(1, 3, 4, 4), size=(64, 64), mode="bicubic").permute(0, 2, 3, 1)[0]
    return render(both, view, EYE, backend="cpu").textured(torch.cat([coordinates, 0.2 * wall[:, :2]]), texture)


def test_outlines_and_inside_match_finite_differences():
    view, mesh = camera(64), sphere(16)
    weight = torch.sin(torch.arange(view.height)[:, None] * 0.11) + torch.cos(torch.arange(view.width)[None] * 0.07 + 1)
    vertices = mesh.vertices.clone().requires_grad_()
    (textured(vertices, view).sum(-1) * weight).sum().backward()

    def loss(moved: torch.Tensor) -> float:
        image = textured(moved, view.scaled(8)).sum(-1)
        return float((image.reshape(view.height, 8, view.width, 8).mean((1, 3)) * weight).sum())

    modes = [torch.eye(3, dtype=torch.float64)[k].expand_as(mesh.vertices) for k in range(3)] + [mesh.vertices, mesh.vertices[:, [1, 2, 0]]]
    found = torch.tensor([float((vertices.grad * mode).sum()) for mode in modes])
    wanted = torch.tensor([(loss(mesh.vertices + 0.004 * mode) - loss(mesh.vertices - 0.004 * mode)) / 0.008 for mode in modes])
    assert torch.nn.functional.cosine_similarity(found, wanted, dim=0) > 0.995
    assert 0.95 < found.norm() / wanted.norm() < 1.05


def test_coordinates_of_corners_equal_those_of_vertices_and_differ_at_seams():
    mesh, coordinates = ball()
    frame, texture = render(mesh, camera(), AWAY, backend="cpu"), noise(9, 7, 3)
    wanted = frame.textured(coordinates, texture)
    assert torch.allclose(frame.textured(coordinates[mesh.faces], texture), wanted, atol=1e-12)
    assert torch.allclose(
        frame.textured(coordinates[mesh.faces] + torch.arange(len(mesh.faces))[:, None, None], texture), wanted, atol=1e-9
    )


def test_a_texture_is_the_same_by_torch_operations(monkeypatch):
    view, mesh = camera(), sphere(16)
    found = []
    for _ in range(2):
        vertices = mesh.vertices.clone().requires_grad_()
        image = textured(vertices, view)
        found.append([image.detach(), *torch.autograd.grad(image.square().sum(), vertices)])
        monkeypatch.setattr(devices, "BY_TORCH", {"cpu"})
    for numba, twin in zip(*found, strict=True):
        assert torch.allclose(numba, twin, rtol=1e-9, atol=1e-9 * float(numba.abs().max()))


def test_a_texture_is_found_from_its_picture():
    mesh, coordinates = ball()
    frame, wanted = render(mesh, camera(), AWAY), noise(6, 6, 3)
    target, texture = frame.textured(coordinates, wanted), torch.zeros(6, 6, 3, dtype=torch.float64, requires_grad=True)
    steps, losses = torch.optim.Adam([texture], lr=0.1), []
    for _ in range(80):
        steps.zero_grad()
        loss = (frame.textured(coordinates, texture) - target).square().sum()
        loss.backward()
        steps.step()
        losses.append(loss.item())
    assert losses[-1] < 1e-2 * losses[0]


def test_bilinear_values_and_borders():
    texture = torch.tensor([[[0.0], [4.0]], [[8.0], [12.0]]])
    at = torch.tensor([[[0.25, 0.75], [0.5, 0.5], [0.0, 0.75], [1.25, 1.75]]])
    inside = torch.tensor([[True, True, True, True]])
    assert sample_texture(texture, at, inside)[0, :, 0].tolist() == [0.0, 6.0, 2.0, 0.0]
    assert sample_texture(texture, at, inside, "clamp")[0, :, 0].tolist() == [0.0, 6.0, 0.0, 4.0]


def test_what_cannot_be_sampled_is_named():
    mesh, coordinates = ball()
    frame, texture = render(mesh, camera(), AWAY), noise(4, 4, 3)
    for bad, message in (
        (coordinates[:, :1], "coordinates"),
        (coordinates * torch.nan, "finite"),
        (coordinates[:5], "attributes has shape"),
    ):
        with pytest.raises(ShapeError, match=message):
            frame.textured(bad, texture)
    for bad in (texture[0], texture[:0], (255 * texture).to(torch.uint8), texture.numpy()):
        with pytest.raises(ShapeError, match="the texture is"):
            frame.textured(coordinates, bad)
    with pytest.raises(ShapeError, match="corners"):
        frame.textured(noise(3, 3, 2), texture)
    with pytest.raises(ConfigError, match="mirror"):
        frame.textured(coordinates, texture, "mirror")
    with pytest.raises(DeviceError, match="texture on meta"):
        frame.textured(coordinates, texture.to("meta"))
    with pytest.raises(ConfigError, match="screen"):
        render(mesh, camera(), AWAY, gradient="screen").textured(coordinates, texture)
    with pytest.raises(ShapeError, match="the image is"):
        frame.outlined(frame.rgb[:5])
