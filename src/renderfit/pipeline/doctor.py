"""What this machine offers, what would be used, and how to get what is missing."""

from __future__ import annotations

import ctypes.util
import os
import platform
import sys
from typing import Any

import numba
import numpy as np
import torch

from renderfit.errors import ContextError
from renderfit.rendering.backends import choose, hardware_gl


def doctor() -> dict[str, Any]:
    """Examine Python, torch, OpenGL and the processor.

    Returns
    -------
    dict
        ``python``, ``torch``, ``numpy``, ``numba``, ``platform``, ``cores``, ``torch_threads``, ``device`` (cuda or
        cpu), ``gl`` (vendor, renderer, version; or why there is none and how to get it), ``backend`` (what
        ``auto`` uses at 1024 x 1024 for 10,000 and for 1,000,000 vertices), ``sharing`` (whether OpenGL's images reach
        CUDA tensors without passing through the processor's memory, else why not), ``advice`` (list of str).

    Examples
    --------
    >>> import renderfit as rf
    >>> found = rf.doctor()
    >>> sorted(found["backend"]), set(found["backend"].values()) <= {"gl", "cpu"}
    (['10000', '1000000'], True)
    """
    gl, advice = _opengl()
    cuda = torch.cuda.is_available()
    if not cuda:
        advice.append("no CUDA device: everything runs on the processor")
    hardware = hardware_gl()
    return {
        "python": platform.python_version(),
        "executable": sys.executable,
        "platform": platform.platform(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "numba": numba.__version__,
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "torch_threads": torch.get_num_threads(),
        "device": torch.cuda.get_device_name() if cuda else "cpu",
        "gl": gl,
        "gl_on_graphics_card": hardware,
        "sharing": _sharing(),
        "backend": {str(count): choose("auto", 2 * count, 1024**2) for count in (10_000, 1_000_000)},
        "advice": advice,
    }


def _sharing() -> str:
    from renderfit.rendering.gl import sharing

    try:
        return sharing.state()
    except ContextError as problem:
        return f"off: {problem}"


def _opengl() -> tuple[dict[str, str], list[str]]:
    from renderfit.rendering.gl.context import describe

    try:
        return describe(), []
    except ContextError as problem:
        missing = [name for name in ("EGL", "GL") if ctypes.util.find_library(name) is None]
        why = f"lib{' and lib'.join(missing)} not found" if missing else str(problem)
        how = "Debian, Ubuntu: apt-get install libegl1 libgl1; without it the numba rasteriser answers and nothing else changes"
        return {"renderer": "none", "why": why}, [how]
