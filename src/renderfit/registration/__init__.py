"""Registration of a category's shape to images and point clouds."""

from renderfit.registration.basin import Basin, basin
from renderfit.registration.cloud import register_pointcloud
from renderfit.registration.grasp import transfer_grasp
from renderfit.registration.many import register_many
from renderfit.registration.objective import Prior
from renderfit.registration.ours import SolverConfig
from renderfit.registration.register import register
from renderfit.registration.result import Registration

__all__ = [
    "Basin",
    "Prior",
    "Registration",
    "SolverConfig",
    "basin",
    "register",
    "register_many",
    "register_pointcloud",
    "transfer_grasp",
]
