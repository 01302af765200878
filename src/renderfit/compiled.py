"""Kernels that numba compiles once and loads from its cache ever after, without the tools for compiling.

Before numba loads machine code from its cache it readies itself for compiling: it imports all it knows of Python and numpy,
and for the check of one of these modules scipy.linalg. Machine code needs none of that, only the functions that
hand out memory for arrays; so a kernel here is loaded with them alone. Whatever is compiled in the same process, a kernel
that is not in the cache included, makes numba ready as always.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit
from numba.core.caching import FunctionCache
from numba.core.runtime import rtsys


class _Cache(FunctionCache):  # type: ignore[misc]  # numba has no types
    """Numba's cache of a function, which leaves the target context as it is."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the compiled function for a signature, None if it is not in the cache."""
        rtsys.initialize(target_context)
        with self._guard_against_spurious_io_errors():
            return self._load_overload(sig, target_context)


def kernel(function: Callable[..., Any] | None = None, **options: Any) -> Any:
    """Decorate a function as ``numba.njit(cache=True, **options)`` does, to be loaded without the tools for compiling.

    For kernels of arrays, tuples and numbers that hash nothing and run in one thread.
    """
    if function is None:
        return lambda function: kernel(function, **options)
    made = njit(**options)(function)
    if made is not function:  # it is where numba is turned off
        made._cache = _Cache(function)
    return made
