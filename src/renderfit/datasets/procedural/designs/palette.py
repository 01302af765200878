"""Materials of the designs, linear RGB."""

from __future__ import annotations

from typing import Any

Design = dict[str, Any]

BLACK = (0.012, 0.012, 0.014)
CHARCOAL = (0.035, 0.036, 0.038)
SLATE = (0.09, 0.10, 0.11)
GREY = (0.25, 0.25, 0.26)
SILVER = (0.52, 0.52, 0.53)
WHITE = (0.82, 0.82, 0.80)
CREAM = (0.78, 0.70, 0.52)
RED = (0.58, 0.02, 0.015)
WINE = (0.19, 0.012, 0.02)
ORANGE = (0.80, 0.20, 0.01)
AMBER = (0.22, 0.075, 0.012)
YELLOW = (0.80, 0.52, 0.02)
LIME = (0.38, 0.60, 0.04)
GREEN = (0.02, 0.26, 0.06)
BOTTLE_GREEN = (0.015, 0.075, 0.025)
TEAL = (0.0, 0.19, 0.20)
SKY = (0.30, 0.56, 0.75)
BLUE = (0.015, 0.10, 0.42)
NAVY = (0.012, 0.025, 0.11)
PURPLE = (0.16, 0.035, 0.28)
PINK = (0.72, 0.22, 0.33)
BROWN = (0.085, 0.032, 0.012)
AQUA = (0.46, 0.70, 0.74)
COLA = (0.045, 0.012, 0.006)
