"""The default OpenGL pass: one R32UI attachment that says which face covers each pixel."""

from __future__ import annotations

from importlib import resources
from typing import Any

import moderngl
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from renderfit.errors import ContextError, ShapeError
from renderfit.geometry import Camera
from renderfit.rendering.adjacency import topology_key
from renderfit.rendering.gl.context import Device, device


def shader(name: str) -> str:
    """Return the source of a shader that ships with the package."""
    return (resources.files(__package__) / "shaders" / name).read_text()


class Target:
    """Framebuffer of one resolution: face ids and a depth renderbuffer."""

    def __init__(self, context: Any, size: tuple[int, int]) -> None:
        self.ids = context.texture(size, 1, dtype="u4")
        self.depth = context.depth_renderbuffer(size)
        self.framebuffer = context.framebuffer([self.ids], self.depth)
        self.shared: dict[torch.device, Any] = {}  # `sharing.SharedTexture` of the ids

    def release(self) -> None:
        """Release the framebuffer and its attachments."""
        for shared in self.shared.values():
            shared.release()
        self.framebuffer.release()
        self.ids.release()
        self.depth.release()


def draw_face_ids(
    h: NDArray[np.float64], faces: NDArray[np.int64], camera: Camera, *, cull: bool = False, on: torch.device | None = None
) -> NDArray[np.int32] | Tensor:
    """Rasterise homogeneous pixel rows (V, 4) by OpenGL; return face ids (H, W), -1 is background.

    The ids are an array; for a CUDA device `on` a tensor there, where OpenGL shares its textures with it.

    Raises
    ------
    ContextError
        If this thread cannot have a context, or the image is larger than OpenGL can draw.
    """
    ids = np.empty((camera.height, camera.width), np.uint32)
    if len(faces) == 0:
        return np.full(ids.shape, -1, np.int32)
    with device() as gl:
        check_size(gl, camera)
        target = gl.cached("target", (camera.width, camera.height), lambda: Target(gl.context, (camera.width, camera.height)))
        _draw(gl, target, h, faces, camera, cull)
        if on is not None and shares(on):
            from renderfit.rendering.gl.sharing import ids_to_tensor

            shared = ids_to_tensor(gl, target, on)
            if shared is not None:
                return shared
        target.ids.read_into(ids)
    ids -= np.uint32(1)
    return ids.view(np.int32)


def shares(device: torch.device) -> bool:
    """Tell whether a device is of the kind that OpenGL may share its textures with."""
    return device.type == "cuda"


def _draw(gl: Device, target: Target, h: NDArray[np.float64], faces: NDArray[np.int64], camera: Camera, cull: bool) -> None:
    context = gl.context
    program = gl.program("face_id", {"vertex_shader": shader("face_id.vert.glsl"), "fragment_shader": shader("face_id.frag.glsl")})
    bind_geometry(gl, h, faces)
    program["size"] = (float(camera.width), float(camera.height))
    program["depth_range"] = depth_range(h, camera)
    target.framebuffer.use()
    target.framebuffer.clear(depth=1.0)
    context.enable_only(moderngl.DEPTH_TEST | (moderngl.CULL_FACE if cull else 0))
    # rows are not flipped, so a face seen from outside (counter-clockwise) arrives clockwise
    context.front_face, context.cull_face = "cw", "back"
    gl.array("face_id").render(moderngl.TRIANGLES, vertices=3 * len(faces))


def check_size(gl: Device, camera: Camera) -> None:
    """Raise `ContextError` when the image is larger than this OpenGL draws."""
    info = gl.context.info
    largest = min(info["GL_MAX_TEXTURE_SIZE"], info["GL_MAX_RENDERBUFFER_SIZE"])
    if max(camera.width, camera.height) > largest:
        raise ContextError(
            f'the image is {camera.width} x {camera.height} px and this OpenGL draws at most {largest} a side; use backend="cpu", or tiles'
        )


def bind_geometry(gl: Device, h: NDArray[np.float64], faces: NDArray[np.int64]) -> None:
    """Bind positions (uploaded each time) to slot 0 and indices (kept per topology) to slot 1."""
    with np.errstate(over="ignore"):
        rows = h.astype(np.float32)
    if not np.isfinite(rows.sum(dtype=np.float64)):
        first = int((~np.isfinite(rows)).any(axis=1).argmax())
        raise ShapeError(f'vertex {first} projects to {h[first].tolist()}, which OpenGL cannot hold; expected metres, or backend="cpu"')
    positions = gl.cached("positions", rows.nbytes, lambda: gl.context.buffer(reserve=rows.nbytes, dynamic=True))
    positions.write(rows)
    positions.bind_to_storage_buffer(0)
    gl.cached("indices", topology_key(faces), lambda: gl.context.buffer(faces.astype(np.int32))).bind_to_storage_buffer(1)


def depth_range(h: NDArray[np.float64], camera: Camera) -> tuple[float, float]:
    """Return near and far [m] that just hold the scene, so that the depth buffer resolves it well."""
    z = h[:, 3]
    low, high = float(z.min()), float(z.max())
    near = max(camera.near, low - 1e-3 * abs(low))
    return near, max(high * (1 + 1e-3), near * 1.01)
