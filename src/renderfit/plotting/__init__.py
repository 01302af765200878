"""Figures of the book: one style, legible in print and on screen, told apart without colour vision."""

from renderfit.plotting.figures import COLORS, color_of, figure, image_row, save, use_style
from renderfit.plotting.viewer3d import Scene

__all__ = ["COLORS", "Scene", "color_of", "figure", "image_row", "save", "use_style"]
