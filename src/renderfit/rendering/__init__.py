"""The differentiable renderer: visibility by OpenGL or numba, everything after it our own."""

from renderfit.rendering.attributes import interpolate
from renderfit.rendering.batch import Frames, render_batch
from renderfit.rendering.diagnose import GradientReport, explain_gradient
from renderfit.rendering.fragments import Fragments
from renderfit.rendering.frame import Frame
from renderfit.rendering.raster import rasterize
from renderfit.rendering.renderer import render
from renderfit.rendering.scene import render_scene

__all__ = [
    "Fragments",
    "Frame",
    "Frames",
    "GradientReport",
    "explain_gradient",
    "interpolate",
    "rasterize",
    "render",
    "render_batch",
    "render_scene",
]
