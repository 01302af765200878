"""Designs of the embedded data set: category -> name -> what differs from the category's defaults.

The first design of a category is the canonical, the last two are the test instances T1 (moderate)
and T2 (edge of the category).
"""

from renderfit.datasets.procedural.designs.bottle import BOTTLES
from renderfit.datasets.procedural.designs.camera import CAMERAS
from renderfit.datasets.procedural.designs.drill import DRILLS
from renderfit.datasets.procedural.designs.palette import Design
from renderfit.datasets.procedural.designs.spray import SPRAYS

__all__ = ["DESIGNS"]

DESIGNS: dict[str, dict[str, Design]] = {"bottle": BOTTLES, "camera": CAMERAS, "drill": DRILLS, "spray": SPRAYS}
