"""Coherent Point Drift and latent shape spaces (section 3.2)."""

from renderfit.shapes.cpd import coherent_point_drift
from renderfit.shapes.model import LinearModel
from renderfit.shapes.result import CPDResult
from renderfit.shapes.space import ShapeSpace

__all__ = ["CPDResult", "LinearModel", "ShapeSpace", "coherent_point_drift"]
