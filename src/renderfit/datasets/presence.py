"""Whether real objects are at hand, and under which licences, in words for a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from renderfit.datasets import mirror
from renderfit.datasets.licences import POLICIES, barred


@dataclass(frozen=True)
class Presence:
    """Whether real objects are at hand, in words for a page."""

    present: bool
    text: str
    categories: dict[str, int]


def presence() -> Presence:
    """Say plainly whether the mirror is there and how many instances of each category it holds."""
    folder = mirror.folder()
    if folder is None:
        return Presence(
            False, f"No mirror of real meshes here: set {mirror.VARIABLE} to a folder with the files of {mirror.MANIFEST.name}.", {}
        )
    counts: dict[str, int] = {}
    for entry in mirror.manifest():
        if mirror.here(entry):
            counts[entry.category] = counts.get(entry.category, 0) + 1
    listed = ", ".join(f"{count} of {category}" for category, count in counts.items())
    return Presence(bool(counts), f"Real objects in the mirror: {listed}." if counts else "The mirror of real meshes is empty.", counts)


def unlicensed(category: str) -> list[str]:
    """Return the meshes of a category that no licence was found with."""
    return [entry.name for entry in barred(mirror.manifest(), "stated") if entry.category == category]


def licence_lines(studies: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a Markdown list: how clear the licences of each category are, and which studies use meshes without one.

    Parameters
    ----------
    studies : sequence of mapping
        Of results/real.json: category, kind, unlicensed.
    """
    entries = mirror.manifest()
    lines = []
    for category in dict.fromkeys(entry.category for entry in entries):
        terms = [entry.terms for entry in entries if entry.category == category]
        counts = ", ".join(f"{terms.count(kind)} {kind}" for kind in POLICIES["any"] if kind in terms)
        without = f" ({', '.join(unlicensed(category))})" if unlicensed(category) else ""
        lines.append(f"- {category}: {counts}{without}")
    used = [f"{one['category']} {one['kind']} ({', '.join(one['unlicensed'])})" for one in studies if one["unlicensed"]]
    return [*lines, "", f"Studies below with meshes that came without a licence: {'; '.join(used) or 'none'}."]
