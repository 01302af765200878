"""Synthetic photographs on top of the rasteriser."""

from renderfit.rendering.photo.photograph import Photograph, Shot, photograph, take
from renderfit.rendering.photo.style import SEEN, TRAINING, UNSEEN, Style
from renderfit.rendering.photo.subject import Subject

__all__ = ["SEEN", "TRAINING", "UNSEEN", "Photograph", "Shot", "Style", "Subject", "photograph", "take"]
