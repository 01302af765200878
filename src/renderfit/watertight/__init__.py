"""Watertight, manifold meshes from triangle soups."""

from renderfit.watertight.report import report
from renderfit.watertight.resampling import resample
from renderfit.watertight.solid import make_watertight

__all__ = ["make_watertight", "report", "resample"]
