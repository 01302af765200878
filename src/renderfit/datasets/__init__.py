"""Data sets: parametric recipes, real meshes, the split into canonical, training and test instances."""

from renderfit.datasets.split import Split, load_split

__all__ = ["Split", "load_split"]
