"""Watertight, manifold meshes from triangle soups."""

from renderfit.watertight.report import report
from renderfit.watertight.resampling import resample
from renderfit.watertight.solid import Solid, make_watertight, seal_for, solidify

__all__ = ["Solid", "make_watertight", "report", "resample", "seal_for", "solidify"]
