"""What CUDA tensors take: the torch path, forced on the processor, and the sharing of textures, with a runtime that records."""

import ctypes
import logging

import numpy as np
import pytest
import torch
from scenes import AWAY, camera, soup, sphere

from renderfit.errors import ContextError, DeviceError
from renderfit.geometry import Pose
from renderfit.rendering import devices, interpolate, rasterize, render, render_scene
from renderfit.rendering.gl import context as gl
from renderfit.rendering.gl import draw, sharing


def by_both(monkeypatch, make):
    """Return what `make` returns by numba and by torch operations."""
    found = [make()]
    monkeypatch.setattr(devices, "BY_TORCH", {"cpu"})
    return [*found, make()]


def same(pair, tolerance=1e-9):
    for first, second in zip(*pair, strict=True):
        assert first.dtype == second.dtype
        assert torch.allclose(first, second, rtol=tolerance, atol=tolerance * float(first.abs().max()))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_a_scene_is_the_same_by_torch_operations(monkeypatch, dtype):
    mesh, view = sphere(dtype=dtype), camera()

    def make():
        leaves = [mesh.vertices.clone().requires_grad_(), AWAY.matrix.clone().requires_grad_()]
        behind = Pose(AWAY.matrix + torch.tensor([[0.0, 0, 0, 0.2], [0, 0, 0, 0.1], [0, 0, 0, 0.15], [0, 0, 0, 0]]))
        made = render_scene([(mesh.with_vertices(leaves[0]), Pose(leaves[1])), (mesh, behind)], view, backend="cpu")
        ramp = torch.linspace(-1, 1, view.width, dtype=dtype)
        loss = ((made.rgb[..., 0] + made.mask + made.depth + made.normals[..., 2]) * ramp).sum()
        images = [made.rgb, made.mask, made.depth, made.normals, made.barycentrics]
        return [*(each.detach() for each in images), made.vertex_id, made.instance_id, *torch.autograd.grad(loss, leaves)]

    same(by_both(monkeypatch, make), 1e-9 if dtype == torch.float64 else 2e-5)


@pytest.mark.parametrize("gradient", ["edge", "paper", "screen", "screen_dilated"])
def test_values_of_faces_are_the_same_by_torch_operations(monkeypatch, gradient):
    view, mesh = camera(), sphere()
    parts = [mesh.vertices, 0.7 * mesh.vertices + torch.tensor([0.2, 0.05, -0.1]), mesh.vertices + torch.tensor([-0.2, 0.1, 0.5])]
    points, faces = AWAY.apply(torch.cat(parts)), torch.cat([mesh.faces + k * len(mesh.vertices) for k in range(3)])
    generator = torch.Generator().manual_seed(3)
    values = torch.rand(len(faces), 3, dtype=torch.float64, generator=generator)
    weight = torch.randn(view.height, view.width, 3, dtype=torch.float64, generator=generator)

    def make():
        leaves = [points.clone().requires_grad_(), values.clone().requires_grad_()]
        image = interpolate(leaves[1], leaves[0], rasterize(points, faces, view, "cpu"), view, gradient, per_face=True)
        return [image.detach(), *torch.autograd.grad((image * weight).sum(), leaves)]

    numba, torch_path = by_both(monkeypatch, make)
    same((numba, torch_path))
    assert (numba[1].abs().max() > 0) == (gradient != "paper")


@pytest.mark.parametrize("seed", range(3))
def test_values_of_faces_of_soups_are_the_same_by_torch_operations(monkeypatch, seed):
    points, faces = soup(seed)
    points[3:6] = points[3]  # a face of no area
    values = torch.rand(len(faces), 2, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))

    def make():
        leaf = torch.from_numpy(points).clone().requires_grad_()
        image = interpolate(values, leaf, rasterize(points, faces, camera(), "cpu"), camera(), per_face=True)
        return [image.detach(), *torch.autograd.grad(image.square().sum(), leaf)]

    same(by_both(monkeypatch, make), 1e-6)


def test_faces_are_copied_to_a_device_once_and_let_go():
    faces = sphere(6).faces.numpy().copy()
    first = devices.faces_on(faces, torch.device("cpu"))
    assert devices.faces_on(faces, torch.device("cpu")) is first
    across = devices.neighbours_on(faces, torch.device("cpu"))[0]
    assert devices.neighbours_on(faces, torch.device("cpu"))[0] is across
    key = id(faces), torch.device("cpu")
    assert key in devices._faces._known
    del faces
    assert key not in devices._faces._known


def test_tensors_on_two_devices_are_named():
    mesh = sphere(6)
    elsewhere = torch.rand(len(mesh.vertices), 2, device="meta")
    with pytest.raises(DeviceError, match="points on cpu, attributes on meta"):
        render(mesh, camera(), AWAY).interpolate(elsewhere)


class Entry:
    """A function of the library: notes its call, then does what the library's owner says."""

    def __init__(self, name, owner):
        self.name, self.owner = name, owner

    def __call__(self, *arguments):
        self.owner.calls.append(self.name)
        if self.name in self.owner.failing:
            return self.owner.failing[self.name]
        return getattr(self.owner, f"do_{self.name}", lambda *_: 0)(*arguments)


class Library:
    """A CUDA runtime that keeps its own books; what it copies comes from the OpenGL texture that was registered."""

    def __init__(self, devices=(0,)):
        self.calls, self.failing, self.textures, self.mapped, self.devices = [], {}, {}, set(), devices

    def __getattr__(self, name):
        if not name.startswith("cuda"):
            raise AttributeError(name)
        entry = self.__dict__[name] = Entry(name, self)
        return entry

    def do_cudaGetErrorString(self, status):  # noqa: N802 - as in CUDA
        return f"reason {status}".encode()

    def do_cudaGLGetDevices(self, count, found, most, kind):  # noqa: N802
        assert (most, kind) == (64, 1)
        count._obj.value = len(self.devices)
        found[: len(self.devices)] = self.devices
        return 0

    def do_cudaGraphicsGLRegisterImage(self, resource, texture, target, flags):  # noqa: N802
        assert (target, flags) == (0x0DE1, 1)
        resource._obj.value = 100 + texture
        self.textures[100 + texture] = texture
        return 0

    def do_cudaGraphicsMapResources(self, count, resource, stream):  # noqa: N802
        assert (count, stream) == (1, 7)
        assert resource._obj.value in self.textures
        assert resource._obj.value not in self.mapped
        self.mapped.add(resource._obj.value)
        return 0

    def do_cudaGraphicsSubResourceGetMappedArray(self, array, resource, index, level):  # noqa: N802
        assert (index, level) == (0, 0)
        assert resource.value in self.mapped
        array._obj.value = resource.value
        return 0

    def do_cudaMemcpy2DFromArrayAsync(self, to, pitch, array, left, top, row, height, kind, stream):  # noqa: N802
        assert (left, top, kind, stream) == (0, 0, 3, 7)
        assert pitch == row
        with gl.device() as device:
            (target,) = [each for each in device._stores["target"].values() if each.ids.glo == self.textures[array.value]]
            texels = target.ids.read()
        assert len(texels) == row * height
        ctypes.memmove(to, texels, len(texels))
        return 0

    def do_cudaGraphicsUnmapResources(self, count, resource, stream):  # noqa: N802
        self.mapped.remove(resource._obj.value)
        return 0

    def do_cudaGraphicsUnregisterResource(self, resource):  # noqa: N802
        assert resource.value not in self.mapped
        with gl.device() as device:  # the texture is still there
            assert device.context.error == "GL_NO_ERROR"
        del self.textures[resource.value]
        return 0


@pytest.fixture
def library(monkeypatch):
    """Share the processor's memory as if it were a CUDA device, by a library that records; a context of its own."""

    class Nowhere:
        cuda_stream = 7

        def __init__(self, *_):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

    found = Library()
    gl.release()
    examine = sharing.examine
    monkeypatch.setattr(sharing, "examine", lambda _vendor, index: examine("NVIDIA Corporation", index, lambda: sharing.Runtime(found)))
    monkeypatch.setattr(torch.cuda, "device", Nowhere)
    monkeypatch.setattr(torch.cuda, "current_stream", Nowhere)
    monkeypatch.setattr(draw, "shares", lambda _: True)
    yield found
    gl.release()


CYCLE = [
    "cudaGraphicsMapResources",
    "cudaGraphicsSubResourceGetMappedArray",
    "cudaMemcpy2DFromArrayAsync",
    "cudaGraphicsUnmapResources",
]


def test_ids_are_shared_and_the_texture_is_registered_once_for_each_size(library):
    mesh = sphere(6)
    for count, size in enumerate((48, 48, 40, 48)):
        shared = render(mesh, camera(size), AWAY, "lambert", "gl")
        assert isinstance(shared.fragments.ids, torch.Tensor)
        plain = rasterize(AWAY.apply(mesh.vertices).numpy(), mesh.faces, camera(size), "gl")
        assert isinstance(plain.ids, np.ndarray)
        assert np.array_equal(shared.fragments.face_id, plain.face_id)
        assert torch.equal(shared.face_id, torch.from_numpy(plain.face_id).long())
        assert library.calls[-4:] == CYCLE
        assert library.calls.count("cudaGraphicsGLRegisterImage") == (1 if count < 2 else 2)
    assert library.calls.count("cudaGLGetDevices") == 1
    for size in range(16, 16 + gl.SIZES):  # the two sizes fall out of the context's store
        render(mesh, camera(size), AWAY, "red", "gl")
    assert len(library.textures) == gl.SIZES
    gl.release()
    assert library.textures == {}
    assert library.mapped == set()


def test_a_texture_that_cannot_be_registered_is_read_back_and_said_once(library, caplog):
    library.failing["cudaGraphicsGLRegisterImage"] = 801
    with caplog.at_level(logging.WARNING):
        frames = [render(sphere(6), camera(), AWAY, "red", "gl") for _ in range(3)]
    assert all(isinstance(each.fragments.ids, np.ndarray) for each in frames)
    assert [record.message for record in caplog.records if "reason 801" in record.message] == [caplog.records[0].message]
    assert library.calls.count("cudaGraphicsGLRegisterImage") == 1
    assert "cudaGetLastError" in library.calls
    assert "cudaGraphicsMapResources" not in library.calls


@pytest.mark.parametrize("failing", ["cudaGraphicsMapResources", "cudaGraphicsSubResourceGetMappedArray", "cudaMemcpy2DFromArrayAsync"])
def test_an_error_while_copying_is_raised_and_leaves_nothing_mapped(library, failing):
    library.failing[failing] = 700
    with pytest.raises(ContextError, match=rf"{failing} failed with CUDA error 700 \(reason 700\).*RENDERFIT_SHARING=off"):
        render(sphere(6), camera(), AWAY, "red", "gl")
    assert library.mapped == set()
    library.failing.clear()
    assert isinstance(render(sphere(6), camera(), AWAY, "red", "gl").fragments.ids, torch.Tensor)


def test_a_registration_that_is_not_undone_is_said(library, caplog):
    render(sphere(6), camera(), AWAY, "red", "gl")
    library.failing["cudaGraphicsUnregisterResource"] = 400
    with caplog.at_level(logging.WARNING):
        gl.release()
    assert "not returned" in caplog.text


def broken():
    raise OSError("libcudart.so.13: cannot open shared object file")


@pytest.mark.parametrize(
    ("vendor", "index", "load", "switch", "reason"),
    [
        ("NVIDIA Corporation", 0, lambda: sharing.Runtime(Library()), "on", ""),
        ("NVIDIA Corporation", 1, lambda: sharing.Runtime(Library((0, 1))), "on", ""),
        ("NVIDIA Corporation", 1, lambda: sharing.Runtime(Library()), "on", "draws on CUDA device 0 and the tensors are on 1"),
        ("NVIDIA Corporation", 0, lambda: sharing.Runtime(Library(())), "on", "draws on no CUDA device"),
        ("NVIDIA Corporation", 0, broken, "on", "cannot open"),
        ("Mesa", 0, broken, "on", "drawn by Mesa"),
        ("NVIDIA Corporation", 0, broken, "off", "RENDERFIT_SHARING is off"),
    ],
)
def test_whether_to_share_is_decided_with_a_reason(monkeypatch, vendor, index, load, switch, reason):
    monkeypatch.setenv("RENDERFIT_SHARING", switch)
    found = sharing.examine(vendor, index, load)
    assert (found.runtime is None) == bool(reason)
    assert reason in found.reason


def test_a_library_without_devices_is_a_reason():
    library = Library()
    library.failing["cudaGLGetDevices"] = 219
    found = sharing.examine("NVIDIA Corporation", 0, lambda: sharing.Runtime(library))
    assert found.runtime is None
    assert "cudaGLGetDevices failed with CUDA error 219" in found.reason


def test_without_cuda_there_is_nothing_to_share(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert sharing.state() == "off: torch has no CUDA device"
    monkeypatch.setattr(torch.version, "cuda", None)
    with pytest.raises(OSError, match="without CUDA"):
        sharing.load_runtime()
    assert isinstance(rasterize([[0.0, 0, 1], [1, 0, 1], [0, 1, 1]], [[0, 1, 2]], camera(), "gl").ids, np.ndarray)
