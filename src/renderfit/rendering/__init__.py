"""The differentiable renderer: visibility by OpenGL or numba, everything after it our own."""

from renderfit.rendering.fragments import Fragments
from renderfit.rendering.frame import Frame
from renderfit.rendering.attributes import interpolate
from renderfit.rendering.raster import rasterize
from renderfit.rendering.renderer import render

__all__ = ["Fragments", "Frame", "interpolate", "rasterize", "render"]
