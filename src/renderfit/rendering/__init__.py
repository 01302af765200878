"""The differentiable renderer: visibility by OpenGL or numba, everything after it our own."""

from renderfit.rendering.fragments import Fragments
from renderfit.rendering.rasterize import rasterize

__all__ = ["Fragments", "rasterize"]
