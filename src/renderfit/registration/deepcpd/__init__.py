"""DeepCPD: a network predicts how the visible vertices of the canonical move, the latent shape follows by least squares.

References
----------
Rodriguez, Huber and Behnke, "Category-level 3D non-rigid registration from single-view RGB images", IROS 2020.
"""

from renderfit.registration.deepcpd.fit import register_deepcpd
from renderfit.registration.deepcpd.network import DisplacementNet, load, trained_on

__all__ = ["DisplacementNet", "load", "register_deepcpd", "trained_on"]
