"""Registration of a category's shape to images and point clouds."""

from renderfit.registration.cloud import register_pointcloud
from renderfit.registration.objective import Prior
from renderfit.registration.ours import SolverConfig
from renderfit.registration.register import register
from renderfit.registration.result import Registration

__all__ = ["Prior", "Registration", "SolverConfig", "register", "register_pointcloud"]
