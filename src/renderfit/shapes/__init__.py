"""Coherent Point Drift and latent shape spaces (section 3.2)."""

from renderfit.shapes.align import Alignment, align
from renderfit.shapes.canonical import Canonical, choose_canonical, matching_canonical
from renderfit.shapes.cpd import coherent_point_drift
from renderfit.shapes.fields import SpaceSettings
from renderfit.shapes.full_fit import FullFit, fit_full
from renderfit.shapes.inspection import check_instances
from renderfit.shapes.model import LinearModel
from renderfit.shapes.result import CPDResult
from renderfit.shapes.rich import RichSettings
from renderfit.shapes.space import ShapeSpace

__all__ = [
    "Alignment",
    "CPDResult",
    "Canonical",
    "FullFit",
    "LinearModel",
    "RichSettings",
    "ShapeSpace",
    "SpaceSettings",
    "align",
    "check_instances",
    "choose_canonical",
    "coherent_point_drift",
    "fit_full",
    "matching_canonical",
]
