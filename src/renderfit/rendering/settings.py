"""How a backward pass is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from renderfit.errors import ConfigError
from renderfit.geometry import Camera

Gradient = Literal["edge", "screen_dilated", "screen", "paper"]

VERTEX, FACE, PIXEL = 0, 1, 2
"""What values belong to: vertices, and are interpolated; faces, and are constant there; or pixels, shaded by someone else."""


@dataclass(frozen=True)
class Settings:
    """How a backward pass is done: the estimator, the camera, and what the values belong to (`VERTEX`, `FACE` or `PIXEL`)."""

    gradient: Gradient
    camera: Camera
    values: int = VERTEX

    def __post_init__(self) -> None:
        if self.gradient not in get_args(Gradient):
            raise ConfigError(f"gradient is {self.gradient!r}; expected one of {', '.join(get_args(Gradient))}")
