"""The id texture of OpenGL shared with CUDA: ids reach a tensor without passing through the processor's memory.

The CUDA runtime that torch has loaded is called through ctypes. A texture is registered once; for each image it is
mapped (CUDA then waits for OpenGL), copied on torch's stream, and unmapped (OpenGL then waits for CUDA).
"""

from __future__ import annotations

import ctypes
import logging
import os
from collections.abc import Callable
from ctypes import POINTER, byref, c_int, c_size_t, c_uint, c_void_p
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from renderfit.errors import ContextError

if TYPE_CHECKING:
    from renderfit.rendering.gl.context import Device

log = logging.getLogger(__name__)

SWITCH = "RENDERFIT_SHARING"
"""Environment variable; ``off`` reads images back through the processor's memory instead."""

TEXTURE_2D, ALL_DEVICES, READ_ONLY, ON_DEVICE, MOST = 0x0DE1, 1, 1, 3, 64
"""GL_TEXTURE_2D, cudaGLDeviceListAll, cudaGraphicsRegisterFlagsReadOnly, cudaMemcpyDeviceToDevice; devices asked for."""

_SIGNATURES: dict[str, list[Any]] = {
    "cudaGLGetDevices": [POINTER(c_uint), POINTER(c_int), c_uint, c_int],
    "cudaGraphicsGLRegisterImage": [POINTER(c_void_p), c_uint, c_uint, c_uint],
    "cudaGraphicsMapResources": [c_int, POINTER(c_void_p), c_void_p],
    "cudaGraphicsSubResourceGetMappedArray": [POINTER(c_void_p), c_void_p, c_uint, c_uint],
    "cudaMemcpy2DFromArrayAsync": [c_void_p, c_size_t, c_void_p, c_size_t, c_size_t, c_size_t, c_size_t, c_int, c_void_p],
    "cudaGraphicsUnmapResources": [c_int, POINTER(c_void_p), c_void_p],
    "cudaGraphicsUnregisterResource": [c_void_p],
}


class Runtime:
    """The functions of the CUDA runtime library that sharing takes; a status other than 0 becomes a `ContextError`."""

    def __init__(self, library: Any) -> None:
        self._library = library
        for name, arguments in _SIGNATURES.items():
            function = getattr(library, name)
            function.argtypes, function.restype = arguments, c_int
        library.cudaGetErrorString.argtypes, library.cudaGetErrorString.restype = [c_int], ctypes.c_char_p

    def call(self, name: str, *arguments: Any) -> None:
        """Call a function by its name."""
        status = getattr(self._library, name)(*arguments)
        if status:
            self._library.cudaGetLastError()  # clears it, or torch would report it at its next kernel
            text = self._library.cudaGetErrorString(status).decode()
            raise ContextError(f"{name} failed with CUDA error {status} ({text}); to do without sharing set {SWITCH}=off")

    def devices(self) -> list[int]:
        """Return the CUDA devices that the current OpenGL context draws on."""
        count, found = c_uint(0), (c_int * MOST)()
        self.call("cudaGLGetDevices", byref(count), found, MOST, ALL_DEVICES)
        return list(found[: count.value])


class SharedTexture:
    """An R32UI texture registered with CUDA."""

    def __init__(self, runtime: Runtime, texture: int) -> None:
        self._runtime, self._resource = runtime, c_void_p()
        runtime.call("cudaGraphicsGLRegisterImage", byref(self._resource), texture, TEXTURE_2D, READ_ONLY)

    def copy_to(self, tensor: Tensor, stream: int) -> None:
        """Copy the texture to a contiguous tensor (H, W) of 32-bit numbers; the tensor's device and stream are current."""
        height, width = tensor.shape
        row, array = width * tensor.element_size(), c_void_p()
        self._runtime.call("cudaGraphicsMapResources", 1, byref(self._resource), stream)
        try:
            self._runtime.call("cudaGraphicsSubResourceGetMappedArray", byref(array), self._resource, 0, 0)
            self._runtime.call("cudaMemcpy2DFromArrayAsync", tensor.data_ptr(), row, array, 0, 0, row, height, ON_DEVICE, stream)
        finally:
            self._runtime.call("cudaGraphicsUnmapResources", 1, byref(self._resource), stream)

    def release(self) -> None:
        """Undo the registration; before the texture is released, in its context."""
        try:
            self._runtime.call("cudaGraphicsUnregisterResource", self._resource)
        except ContextError as problem:  # a texture that goes away anyway
            log.warning("a shared texture was not returned: %s", problem)


@dataclass(frozen=True)
class Link:
    """How a context reaches a CUDA device: by the runtime, or not, and then why."""

    runtime: Runtime | None
    reason: str = ""


def load_runtime() -> Runtime:
    """Return the CUDA runtime library that torch has loaded.

    Raises
    ------
    OSError
        If there is none.
    """
    version = torch.version.cuda
    if version is None:
        raise OSError("torch was built without CUDA")
    return Runtime(ctypes.CDLL(f"libcudart.so.{version.split('.')[0]}"))


def examine(vendor: str, index: int, load: Callable[[], Runtime] = load_runtime) -> Link:
    """Decide whether the current OpenGL context shares its textures with a CUDA device.

    Parameters
    ----------
    vendor : str
        GL_VENDOR of the context.
    index : int
        The CUDA device, as torch counts.
    load : callable
        Returns the runtime; raises OSError when there is none.
    """
    if os.environ.get(SWITCH, "on").lower() in ("off", "0", "false", "no"):
        return Link(None, f"{SWITCH} is {os.environ[SWITCH]}")
    if "nvidia" not in vendor.lower():
        how = "name NVIDIA's 10_nvidia.json in __EGL_VENDOR_LIBRARY_FILENAMES if its driver is installed"
        return Link(None, f"OpenGL is drawn by {vendor}, not by NVIDIA's driver ({how})")
    try:
        runtime = load()
        found = runtime.devices()
    except (OSError, AttributeError, ContextError) as problem:
        return Link(None, str(problem))
    if index not in found:
        drawn = f"CUDA device {', '.join(map(str, found))}" if found else "no CUDA device"
        return Link(
            None, f"OpenGL draws on {drawn} and the tensors are on {index}: set GLCONTEXT_DEVICE_INDEX to that device's place among EGL's"
        )
    return Link(runtime)


def link(gl: Device, device: torch.device) -> Link:
    """Return how a context, which is current, reaches a CUDA device; found out once, and said once when it is not shared."""
    known: Link | None = gl.links.get(device)
    if known is None:
        known = examine(gl.context.info["GL_VENDOR"], device.index or 0)
        _note(gl, device, known)
    return known


def _note(gl: Device, device: torch.device, found: Link) -> None:
    gl.links[device] = found
    if found.runtime is None:
        log.warning("images for %s are read back through the processor's memory, since %s", device, found.reason)


def ids_to_tensor(gl: Device, target: Any, device: torch.device) -> Tensor | None:
    """Return the ids of `draw.Target` as an int32 tensor (H, W) on a CUDA device, -1 is background; None where they cannot be shared.

    Raises
    ------
    ContextError
        If a texture that was registered cannot be mapped or copied.
    """
    runtime = link(gl, device).runtime
    if runtime is None:
        return None
    with torch.cuda.device(device):
        shared = target.shared.get(device)
        if shared is None:
            try:
                shared = target.shared[device] = SharedTexture(runtime, target.ids.glo)
            except ContextError as problem:
                _note(gl, device, Link(None, str(problem)))
                return None
        ids = torch.empty((target.ids.height, target.ids.width), dtype=torch.int32, device=device)
        shared.copy_to(ids, torch.cuda.current_stream(device).cuda_stream)
        return ids.sub_(1)  # 0 was background


def state() -> str:
    """Tell in a few words whether images are shared with torch's current CUDA device, or why not."""
    if not torch.cuda.is_available():
        return "off: torch has no CUDA device"
    from renderfit.rendering.gl.context import device

    with device() as gl:
        found = link(gl, torch.device("cuda", torch.cuda.current_device()))
    return "on" if found.runtime is not None else f"off: {found.reason}"
