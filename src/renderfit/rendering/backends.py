"""Which rasteriser answers: by name, or by what was measured."""

from __future__ import annotations

import functools
import logging
from pathlib import Path
from typing import Literal

from renderfit.errors import ConfigError, ContextError

log = logging.getLogger(__name__)


def choose(backend: str, faces: int, pixels: int) -> Literal["gl", "cpu"]:
    """Return the rasteriser to use for a scene of that many faces and pixels.

    Raises
    ------
    ConfigError
        If the name is unknown.
    """
    if backend == "cpu":
        return "cpu"
    if backend == "gl":
        return "gl"
    if backend != "auto":
        raise ConfigError(f"backend is {backend!r}; expected auto, gl or cpu")
    return "gl" if hardware_gl() else "cpu"


@functools.cache
def hardware_gl() -> bool:
    """Tell whether OpenGL runs on a graphics card here (looked up once a process)."""
    if not (any(Path("/dev/dri").glob("renderD*")) or Path("/dev/nvidiactl").exists()):
        return False
    from renderfit.rendering.gl.context import describe

    try:
        renderer = describe()["renderer"]
    except ContextError as problem:
        log.info("numba rasteriser, since OpenGL is not usable: %s", problem)
        return False
    return not any(name in renderer.lower() for name in ("llvmpipe", "softpipe", "swrast"))
