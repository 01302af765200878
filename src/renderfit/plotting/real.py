"""Tables and scenes of the page on real objects."""

from __future__ import annotations

import numpy as np

from renderfit.evaluation.real import Study
from renderfit.evaluation.records import heading, method_order
from renderfit.plotting.figures import color_of
from renderfit.plotting.tables import Html, grid
from renderfit.plotting.viewer3d import Scene


def scores(study: Study) -> Html:
    """Return the scores of every test object, method and pose condition, absolute and relative to its latent floor."""
    means = study.means()
    body = []
    for test, method, pose in sorted(means, key=lambda key: (key[0], key[2], method_order(key[1]))):
        found = means[test, method, pose]
        floor = means[test, "latent_floor", "known"]["v2v_mm"]
        placed = found.get("placed_v2v_mm")
        line = [f"{test.upper()} ({study.split.test[test]})", heading(method), pose, found["v2v_mm"], found["v2v_mm"] / floor]
        body.append([*line, found["mean_square_mm2"], found["v2s_mm"], "–" if placed is None else placed])
    names = ["object", "method", "pose", "distance [mm]", "over the floor", "square [mm²]", "to surface [mm]", "camera frame [mm]"]
    return grid(names, body, f"real {study.category}s: {len(study.split.train)} training objects, {len(study.instances)} test objects")


def summary(study: Study) -> str:
    """Return one sentence with the mean ratios to the latent floor of our method."""
    means = study.means()
    parts = []
    for pose in ("known", "noise"):
        ratios = [means[t, "ours", pose]["v2v_mm"] / means[t, "latent_floor", "known"]["v2v_mm"] for t in study.instances]
        parts.append(f"{np.mean(ratios):.2f} ({pose} pose)")
    return f"Ours over the latent floor, mean of the {study.category} test objects: {', '.join(parts)}."


def scene(study: Study) -> Scene:
    """Return the canonical, the test objects and what was found of them (known pose, first view), one at a time."""
    found = Scene(
        f"real {study.category}", f"Real {study.category}s: the canonical, each test object, and the registered shape beside the true one."
    )
    vertices, faces = study.space.canonical.numpy()
    found.mesh("canonical", vertices, faces, color_of("canonical"), group="canonical")
    for test, instance in study.instances.items():
        truth, true_faces = instance.reference.numpy()
        run = next(r for r in study.runs if (r.record["instance"], r.record["method"], r.record["pose"]) == (test, "ours", "known"))
        shape, shape_faces = run.found.mesh.numpy()
        found.mesh("true", truth, true_faces, color_of("target"), group=f"{test}: true")
        found.mesh("found", shape, shape_faces, color_of("ours"), group=f"{test}: found")
        found.mesh("found", shape, shape_faces, color_of("ours"), group=f"{test}: both")
        found.mesh("true", truth, true_faces, color_of("target"), opacity=0.35, group=f"{test}: both")
    return found
