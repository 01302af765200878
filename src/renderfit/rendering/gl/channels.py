"""The paper's layout: vertex indices and barycentrics as extra image channels, written by the shader."""

from __future__ import annotations

from typing import Any

import moderngl
import numpy as np
from numpy.typing import NDArray

from renderfit.geometry import Camera
from renderfit.rendering.gl.context import device
from renderfit.rendering.gl.draw import bind_geometry, check_size, depth_range, shader


class ChannelTarget:
    """Framebuffer with vertex indices (RGBA32UI), barycentrics (RGBA32F) and depth."""

    def __init__(self, context: Any, size: tuple[int, int]) -> None:
        self.ids = context.texture(size, 4, dtype="u4")
        self.weights = context.texture(size, 4, dtype="f4")
        self.depth = context.depth_renderbuffer(size)
        self.framebuffer = context.framebuffer([self.ids, self.weights], self.depth)

    def release(self) -> None:
        """Release the framebuffer and its attachments."""
        for part in (self.framebuffer, self.ids, self.weights, self.depth):
            part.release()


def draw_channels(
    h: NDArray[np.float64], faces: NDArray[np.int64], camera: Camera, *, cull: bool = False
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.float64]]:
    """Return face ids (H, W), vertex ids (H, W, 3) and barycentrics (H, W, 3) as OpenGL wrote them.

    The background has ids -1 and barycentrics 0.

    Raises
    ------
    ContextError
        If this thread cannot have a context, or the image is larger than OpenGL can draw.

    References
    ----------
    Section 3.1 and Fig. 1 of the paper.
    """
    size = (camera.width, camera.height)
    ids = np.zeros((camera.height, camera.width, 4), np.uint32)
    weights = np.zeros((camera.height, camera.width, 4), np.float32)
    if len(faces):
        with device() as gl:
            check_size(gl, camera)
            target = gl.cached("channels", size, lambda: ChannelTarget(gl.context, size))
            sources = {f"{kind}_shader": shader(f"channels.{name}.glsl") for kind, name in _STAGES.items()}
            program = gl.program("channels", sources)
            bind_geometry(gl, h, faces)
            program["size"], program["depth_range"] = tuple(map(float, size)), depth_range(h, camera)
            target.framebuffer.use()
            target.framebuffer.clear(depth=1.0)
            gl.context.enable_only(moderngl.DEPTH_TEST | (moderngl.CULL_FACE if cull else 0))
            gl.context.front_face, gl.context.cull_face = "cw", "back"
            gl.array("channels").render(moderngl.TRIANGLES, vertices=3 * len(faces))
            target.ids.read_into(ids)
            target.weights.read_into(weights)
    signed = ids.astype(np.int64) - 1
    return signed[..., 3].astype(np.int32), signed[..., :3], weights[..., :3].astype(np.float64)


_STAGES = {"vertex": "vert", "geometry": "geom", "fragment": "frag"}
