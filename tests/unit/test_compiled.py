"""Kernels come from the cache without what numba needs to compile, and numba code of others compiles all the same."""

import subprocess
import sys

import numpy as np

from renderfit.compiled import kernel

CUBE = """
import sys
import renderfit as rf
corners = [[x, y, z] for x in (0.0, 1) for y in (0.0, 1) for z in (0.0, 1)]
faces = [[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1], [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3]]
print(round(rf.make_watertight(rf.Mesh(corners, faces), depth=4).volume(), 6))
print("scipy.linalg" in sys.modules, "numba.np.linalg" in sys.modules)
"""
OTHERS = """
import numba
import numpy as np
from numba.typed import List
from renderfit.geometry.triangle_tree import closest_on_triangle

@numba.njit(parallel=True)
def turned(a, items):
    total = 0.0
    for i in numba.prange(len(a)):
        total += np.dot(a, np.linalg.inv(a))[i, i] * items[i]
    x, y, z = closest_on_triangle(0.2, 0.2, 3.0, np.array([0.0, 0, 0, 1, 0, 0, 0, 1, 0]))
    return total + {"x": x}["x"]

print(round(turned(np.diag([2.0, 4.0, 5.0]), List([1.0, 2.0, 3.0])), 6))
"""


def _said(script):
    return subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout.split()


def test_kernels_load_without_the_tools_for_compiling():
    _said(CUBE)  # compiles what the cache lacks
    assert _said(CUBE) == ["1.0", "False", "False"]


def test_numba_code_of_others_compiles_after_that():
    _said(CUBE)
    assert _said(CUBE + OTHERS)[-1] == "6.2"


def test_options_reach_numba():
    @kernel(nogil=True)
    def twice(a):
        return 2 * a

    assert twice.targetoptions["nogil"]
    assert twice(np.ones(3)).tolist() == [2.0, 2.0, 2.0]
