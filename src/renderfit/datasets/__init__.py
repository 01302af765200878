"""Data sets: parametric recipes, real meshes, the split into canonical, training and test instances."""

from renderfit.datasets.split import Split, known_categories, load_split

__all__ = ["Split", "known_categories", "load_split"]
