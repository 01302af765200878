"""How photographs vary: one frozen record of ranges and switches."""

from __future__ import annotations

from dataclasses import dataclass

SEEN = ("plain", "speckle", "blotch", "stripes", "weave", "wood")
"""Background patterns for training."""
UNSEEN = ("tiles", "marble")
"""Background patterns kept for tests."""


@dataclass(frozen=True)
class Style:
    """Ranges of a synthetic photograph.

    Parameters
    ----------
    keep_colors : float
        Probability that the object keeps its own colours; else its parts get random materials.
    moulded : float
        Probability that all parts of the object are of one material, like a scan without colours or a body moulded in one piece.
    backgrounds : tuple of str
        Patterns of table, wall and flat clutter.
    clutter, occluders : int
        Most bodies beside and behind the object, and in front of it.
    table : float
        Probability that it stands on a table (only when seen from above).
    dome, dome_size, shadow_size : int
        Directions of ambient occlusion and sides of the maps [px].
    noise : float
        Scale of sensor noise.
    defocus : float
        Probability of a blurred background.
    """

    keep_colors: float = 1.0
    moulded: float = 0.0
    backgrounds: tuple[str, ...] = SEEN + UNSEEN
    clutter: int = 3
    occluders: int = 0
    table: float = 1.0
    dome: int = 7
    dome_size: int = 56
    shadow_size: int = 160
    noise: float = 1.0
    defocus: float = 0.5


TRAINING = Style(keep_colors=0.7, moulded=0.3, backgrounds=SEEN, table=0.95, dome=5, dome_size=40, shadow_size=96, noise=1.5)
"""Wide ranges and held-out backgrounds, for training networks."""
