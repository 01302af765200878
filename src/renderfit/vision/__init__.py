"""Seeing: the segmentation network, its training, and image comparison in its features."""

from renderfit.vision.checkpoint import load_network, save_network
from renderfit.vision.feature_loss import FeatureLoss
from renderfit.vision.segmentation import segment
from renderfit.vision.unet import UNet

__all__ = ["FeatureLoss", "UNet", "load_network", "save_network", "segment"]
