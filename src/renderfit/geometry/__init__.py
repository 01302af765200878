"""Meshes, cameras and poses."""

from renderfit.geometry.camera import Camera
from renderfit.geometry.io import load_mesh, save_mesh
from renderfit.geometry.mesh import Mesh
from renderfit.geometry.pose import Pose

__all__ = ["Camera", "Mesh", "Pose", "load_mesh", "save_mesh"]
