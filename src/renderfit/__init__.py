"""Single-view 3D deformable registration by differentiable rendering.

The public names are loaded on first use, so that ``import renderfit`` stays light.
"""

import importlib
from typing import Any

_HOME = {
    "Camera": "geometry",
    "Mesh": "geometry",
    "Pose": "geometry",
    "load_mesh": "geometry",
    "save_mesh": "geometry",
    "Fragments": "rendering",
    "Frame": "rendering",
    "rasterize": "rendering",
    "interpolate": "rendering",
    "render": "rendering",
    "render_batch": "rendering",
    "render_scene": "rendering",
    "explain_gradient": "rendering",
    "photograph": "rendering.photo",
    "make_watertight": "watertight",
    "coherent_point_drift": "shapes",
    "CPDResult": "shapes",
    "ShapeSpace": "shapes",
    "load_image": "vision.images",
    "UNet": "vision",
    "FeatureLoss": "vision",
    "load_network": "vision",
    "segment": "vision",
    "register": "registration",
    "register_many": "registration",
    "Registration": "registration",
    "register_pointcloud": "registration",
    "vertex_error": "evaluation",
    "check_gradients": "evaluation.gradient_accuracy",
    "doctor": "pipeline.doctor",
}

__all__ = list(_HOME)
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name in _HOME:
        found = getattr(importlib.import_module(f"renderfit.{_HOME[name]}"), name)
        globals()[name] = found
        return found
    raise AttributeError(f"module 'renderfit' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
