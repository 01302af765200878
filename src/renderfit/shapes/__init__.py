"""Coherent Point Drift and latent shape spaces (section 3.2)."""

from renderfit.shapes.cpd import coherent_point_drift
from renderfit.shapes.full_fit import FullFit, fit_full
from renderfit.shapes.model import LinearModel
from renderfit.shapes.result import CPDResult
from renderfit.shapes.rich import RichSettings
from renderfit.shapes.space import ShapeSpace, SpaceSettings

__all__ = ["CPDResult", "FullFit", "LinearModel", "RichSettings", "ShapeSpace", "SpaceSettings", "coherent_point_drift", "fit_full"]
