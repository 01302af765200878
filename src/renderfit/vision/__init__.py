"""Seeing: segmentation, evidence on pose and shape, their training, and image comparison in features."""

from renderfit.vision.checkpoint import load_network, save_network
from renderfit.vision.estimation import estimate
from renderfit.vision.evidence import Evidence
from renderfit.vision.feature_loss import FeatureLoss
from renderfit.vision.refiner import Refiner
from renderfit.vision.refiner_files import load_refiner
from renderfit.vision.segmentation import segment
from renderfit.vision.unet import UNet

__all__ = ["Evidence", "FeatureLoss", "Refiner", "UNet", "estimate", "load_network", "load_refiner", "save_network", "segment"]
