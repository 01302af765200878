"""Where registration of real objects fails: table of all failures, outlines of the worst, scenes where the meshes are at hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline

from renderfit.evaluation.real import tests_of
from renderfit.geometry import load_mesh
from renderfit.plotting.figures import color_of, figure
from renderfit.plotting.real import Study, name_of, title_of
from renderfit.plotting.tables import Html, grid
from renderfit.plotting.viewer3d import Scene

COLUMNS = 6
"""Failures beside each other in the gallery."""
SHOWN = 12
"""Failures in the gallery."""
LINES = {"true": ("target", "-"), "seen": ("cls", "--"), "found": ("ours", "-")}
"""Outline -> colour by method or role, and line style."""
SCENE = 2
"""Test objects of a study in its scene."""


def failures(studies: Sequence[Study]) -> Html:
    """Return every run of ours that ended above twice its floor or gave up, the worst of each study first, with the reason."""
    body: list[list[Any]] = []
    for study in studies:
        runs = {(r["instance"], r["pose"], r["view"]): r for r in study["records"] if r["method"] == "ours"}
        for one in study["misses"]:
            run = runs[one["instance"], one["pose"], one["view"]]
            left = "–" if "rotation_left_deg" not in run else f"{run['rotation_left_deg']:.1f}°, {run['translation_left_mm']:.0f} mm"
            name = f"{title_of(study)} {one['instance'].upper()} ({tests_of(study)[one['instance']]})"
            warned = "; ".join(run["warnings"]) or "none"
            body.append([name, one["pose"], one["view"], one["ratio"], one["seen"], left, one["reason"], warned])
    names = ["object", "pose", "view", "over the floor", "mask's overlap", "pose left", "why", "warnings of the run"]
    total = sum(r["method"] == "ours" for study in studies for r in study["records"])
    return grid(names, body, f"runs of ours above twice the latent floor, object frame: {len(body)} of {total}")


def causes(studies: Sequence[Study]) -> Html:
    """Return, for every study, how many failures each step is to blame for."""
    counts = [Counter(_blamed(one["reason"]) for one in study["misses"]) for study in studies]
    kinds = sorted({kind for found in counts for kind in found})
    body: list[list[Any]] = []
    for study, found in zip(studies, counts, strict=True):
        runs = sum(record["method"] == "ours" for record in study["records"])
        body.append([f"real {title_of(study)}", f"{sum(found.values())} of {runs}", *(found.get(kind, 0) for kind in kinds)])
    return grid(["data", "failures", *kinds], body, "runs of ours above twice the latent floor, by the step that is to blame")


def _blamed(reason: str) -> str:
    """Return the step that a reason blames: segmentation, too, where the network found nothing."""
    if reason.startswith("the network found no"):
        return "segmentation"
    return reason.split(":", maxsplit=1)[0] if ":" in reason else "gave up"


def gallery(studies: Sequence[Study]) -> Any:
    """Draw the outlines of the worst failures of every study: the true one, what the network saw, what was found."""
    drawn = [(study, one) for study in studies for one in study["misses"] if "outlines" in one]
    drawn.sort(key=lambda entry: -entry[1]["ratio"])
    drawn = drawn[:SHOWN]
    if not drawn:
        return None
    rows = -(-len(drawn) // COLUMNS)
    found, axes = figure(rows, COLUMNS, 7.2, 1.75 * rows)
    for axis in np.atleast_1d(axes).flat:
        axis.set_axis_off()
    for axis, (study, one) in zip(np.atleast_1d(axes).flat, drawn, strict=False):
        every = np.concatenate([np.array(line) for lines in one["outlines"].values() for line in lines])
        middle, half = (every.max(0) + every.min(0)) / 2, 0.55 * float(np.ptp(every, axis=0).max())
        for name, (role, style) in LINES.items():
            for line in one["outlines"][name]:
                patch = PathPatch(
                    Outline(np.array(line)), fill=name == "true", facecolor="#e4e4e4", edgecolor=color_of(role), linestyle=style
                )
                axis.add_patch(patch)
        axis.set(xlim=(middle[0] - half, middle[0] + half), ylim=(middle[1] + half, middle[1] - half), aspect="equal")
        where = " (parametric)" if study["kind"] == "transfer" else ""
        axis.set_title(f"{study['category']} {one['instance'].upper()}{where}\n{one['pose']}, {_blamed(one['reason'])}", fontsize=5.5)
    return found


def at_hand(studies: Sequence[Study], results: Path, folder: Path) -> list[Study]:
    """Return the studies whose photographs and shapes lie in `folder`; none if these are of another run than `results`.

    Parameters
    ----------
    studies : sequence of dict
        Of the results file.
    results, folder : Path
        ``results/real.json`` and ``artifacts/real``, where ``renderfit real`` leaves a copy of the file that it belongs to.
    """
    copy = folder / results.name
    if not copy.is_file() or copy.read_bytes() != results.read_bytes():
        return []
    return [study for study in studies if (folder / name_of(study) / "views" / "t1" / "0").is_dir()]


def scene(study: Study, folder: Path) -> Scene:
    """Return the canonical, the first test objects and what was found of them (known pose, first view), one at a time.

    Parameters
    ----------
    study : dict
    folder : Path
        ``artifacts/real/<study>``: there only where ``renderfit real`` ran.
    """
    found = Scene(
        f"real {title_of(study)}", f"Real {title_of(study)}: the canonical, each test object, and the registered shape beside it."
    )
    for fold in study["folds"][:SCENE]:
        canonical = load_mesh(folder / "closed" / f"{fold['canonical']}.ply").numpy()
        group = "canonical" if len(study["folds"]) == 1 else f"canonical for {', '.join(fold['test'])}"
        found.mesh("canonical", *canonical, color_of("canonical"), group=group)
    for test, name in list(tests_of(study).items())[:SCENE]:
        truth, faces = load_mesh(folder / "closed" / f"{name}.ply").numpy()
        shape, shape_faces = load_mesh(folder / "found" / f"{test}.ply").numpy()
        found.mesh("true", truth, faces, color_of("target"), group=f"{test}: true")
        found.mesh("found", shape, shape_faces, color_of("ours"), group=f"{test}: found")
        found.mesh("found", shape, shape_faces, color_of("ours"), group=f"{test}: both")
        found.mesh("true", truth, faces, color_of("target"), opacity=0.35, group=f"{test}: both")
    return found
