"""One headless OpenGL context per process and thread, made on first use, released on demand or when the thread ends."""

from __future__ import annotations

import os
import sys
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import moderngl
import torch

from renderfit.errors import ContextError
from renderfit.provenance import note_renderer

SIZES = 4
"""Framebuffers (one per resolution) and index buffers (one per topology) that a context keeps."""

HELP = (
    "on Debian: apt-get install libegl1 libgl1 (with libegl1 and libgl1-mesa-dri alone, set GLCONTEXT_LINUX_LIBGL=libEGL.so.1); "
    'or use backend="cpu", which needs no OpenGL'
)

_here = threading.local()
_made_in: set[int] = set()


def _serial_after_fork() -> None:
    # OpenMP's worker threads do not survive a fork and the next parallel region would wait for them for ever,
    # before the error of _make() could be raised
    if _made_in:
        torch.set_num_threads(1)


os.register_at_fork(after_in_child=_serial_after_fork)


class Device:
    """A context with its programs and a bounded store of buffers, each released when it falls out."""

    def __init__(self, context: Any) -> None:
        self.context = context
        self.programs: dict[str, Any] = {}
        self.links: dict[torch.device, Any] = {}  # of `sharing`, to CUDA devices
        self._stores: dict[str, OrderedDict[Any, Any]] = {}
        self._pid: int | None = os.getpid()  # None once it is released

    def __del__(self) -> None:
        # a thread that ends lets go of its context here; at the end of the process the driver does it, and in a
        # forked child nothing may be touched
        if not sys.is_finalizing() and self._pid == os.getpid():
            self.release()

    def cached(self, store: str, key: Any, make: Any) -> Any:
        """Return ``store[key]``, made by ``make()`` when it is new; the oldest entry is released."""
        entries = self._stores.setdefault(store, OrderedDict())
        if key in entries:
            entries.move_to_end(key)
            return entries[key]
        entries[key] = made = make()
        while len(entries) > SIZES:
            _, old = entries.popitem(last=False)
            old.release()
        return made

    def program(self, name: str, sources: dict[str, str]) -> Any:
        """Return the program of that name, compiled on first use together with its empty vertex array."""
        if name not in self.programs:
            program = self.context.program(**sources)
            self.programs[name] = (program, self.context.vertex_array(program, []))
        return self.programs[name][0]

    def array(self, name: str) -> Any:
        """Return the vertex array of a program: empty, since shaders pull their vertices from buffers."""
        return self.programs[name][1]

    def release(self) -> None:
        """Release all buffers, programs and the context itself."""
        self._pid = None
        with self.context:
            for entries in self._stores.values():
                for entry in entries.values():
                    entry.release()
            for program, array in self.programs.values():
                array.release()
                program.release()
        self.context.release()


@contextmanager
def device() -> Iterator[Device]:
    """Enter this thread's context; made on first use.

    Raises
    ------
    ContextError
        If no context can be made, or this process was forked from one that has used OpenGL.
    """
    found: Device | None = getattr(_here, "device", None)
    if found is None or getattr(_here, "pid", 0) != os.getpid():
        found = _make()
    with found.context:
        yield found


def _make() -> Device:
    if _made_in and os.getpid() not in _made_in:
        raise ContextError(
            "this process was forked from one that already used OpenGL, where drivers hang; "
            'start processes with multiprocessing.get_context("spawn") or use backend="cpu"'
        )
    try:
        context = moderngl.create_context(require=430, standalone=True, backend="egl")  # type: ignore[arg-type]
    except Exception as problem:  # the loader raises plain Exception
        raise ContextError(f"no OpenGL 4.3 context through EGL ({problem}); {HELP}") from problem
    _made_in.add(os.getpid())
    note_renderer(context.info["GL_RENDERER"])
    _here.device, _here.pid = Device(context), os.getpid()
    return _here.device


def release() -> None:
    """Release this thread's context and all it holds; the next draw makes a new one."""
    found: Device | None = getattr(_here, "device", None)
    if found is not None and _here.pid == os.getpid():
        found.release()
    _here.device = None


def describe() -> dict[str, str]:
    """Return vendor, renderer and version strings of this thread's context."""
    with device() as found:
        info = found.context.info
        return {"vendor": info["GL_VENDOR"], "renderer": info["GL_RENDERER"], "version": info["GL_VERSION"]}
