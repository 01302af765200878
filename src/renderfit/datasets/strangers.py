"""Instances unlike all others of their category: rejected, or noted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from renderfit.datasets.taken import Intake

ENOUGH = 6
"""Instances from which a category has a spread to compare an instance with."""
UNLIKE, ODD = 1.8, 1.4
"""Times the median distance to the nearest neighbours: another kind of object, and one to look at."""


def without_strangers(intake: Intake) -> Intake:
    """Return the intake without what is another kind of object; what may be one is noted."""
    if len(intake.taken) < ENOUGH:
        return intake
    middle = float(np.median([found.distance for found in intake.taken.values()]))
    strangers, taken = {}, {}
    for name, found in intake.taken.items():
        ratio = found.distance / max(middle, 1e-12)
        if ratio > UNLIKE:
            said = "".join(f"; {note}" for note in found.notes)
            strangers[name] = (
                f"{found.path.name}: {ratio:.1f} times as far from its nearest neighbours as the others: another kind of object?{said}"
            )
        odd = (f"{ratio:.1f} times as far from its nearest neighbours as the others: look at it",) if ratio > ODD else ()
        taken[name] = replace(found, notes=found.notes + odd)
    return Intake(intake.category, taken, intake.rejected, intake.up).without(strangers)
