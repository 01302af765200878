"""What each ingredient of the registration buys, how far off it may start, and how well grasps follow.

All three use the true masks, so that they are about the registration and not about the segmentation; the ablation with the
prior of params.yaml that was chosen for true masks, as the column "ours, true mask" of Table 1.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from renderfit import config, rendering
from renderfit.evaluation.instance import load_instance
from renderfit.evaluation.metrics import vertex_error
from renderfit.geometry import Camera
from renderfit.registration import Basin, basin, register, transfer_grasp
from renderfit.registration.grasp import side_grasp
from renderfit.registration.register import settings_of
from renderfit.registration.stages import NOISE, Stage
from renderfit.shapes.full_fit import fit_full

_SHAPE = ("global", "scale", "shift", "local")


def variants(noise: bool) -> dict[str, dict[str, Any]]:
    """Return name -> options of `register` for the ablation, the whole method first."""
    section = config.section(config.Ours)
    whole = settings_of(section, False)
    full = {"model": section.model, "config": whole}

    def with_config(**options: Any) -> dict[str, Any]:
        return full | {"config": replace(whole, **options)}

    def with_prior(times: float) -> dict[str, Any]:
        known, free = whole.correlation
        return with_config(prior=replace(whole.prior, weight=times * whole.prior.weight), correlation=(times * known, times * free))

    found = {
        "ours": full,
        "5-D space instead of the rich model": full | {"model": "pca"},
        "5-D space, nearest to the rich model's answer": full | {"model": "nearest"},
        "prior 10 times weaker": with_prior(0.1),
        "prior 10 times stronger": with_prior(10),
    }
    if noise:
        found["without the pose-only stage"] = with_config(stages=NOISE[1:])
        found["one resolution (128 px)"] = with_config(stages=(Stage("joint 128", 128, 1.5, 24, ("global", "local"), True),))
        found["pose first, then shape only"] = with_config(stages=(NOISE[0], Stage("shape 128", 128, 1.5, 24, ("global", "local"), False)))
    else:
        found["without local columns"] = with_config(stages=(Stage("shape 128", 128, 1.0, 18, _SHAPE[:3], False),))
        found["one resolution (64 px)"] = with_config(stages=(Stage("shape 64", 64, 1.5, 18, _SHAPE, False),))
        found["one resolution (128 px)"] = with_config(stages=(Stage("shape 128", 128, 1.0, 18, _SHAPE, False),))
    return found


def ablation(categories: list[str], test: str = "t1", views: int = 2) -> list[dict[str, Any]]:
    """Register the first `views` views of one test instance a category with every variant.

    Returns
    -------
    list of dict
        ``variant``, ``pose``, ``category``, ``view``, ``ratio`` (v2v over the latent floor), ``placed`` (camera frame, noise only).
    """
    rows = []
    for category in categories:
        instance = load_instance(category, test)
        floor = vertex_error(fit_full(instance.reference, instance.space.model("pca")).mesh, instance.reference).mean
        for number, view in enumerate(instance.views[:views]):
            for noise in (False, True):
                for name, options in variants(noise).items():
                    start = view.noisy_pose if noise else view.pose
                    fit = register(view.image, instance.space, view.camera, view.mask, start, noise, **options)
                    back = fit.mesh.with_vertices(view.pose.inverse().apply(fit.pose.apply(fit.mesh.vertices.double())))
                    row: dict[str, Any] = {"variant": name, "pose": "noise" if noise else "known", "category": category, "view": number}
                    row["ratio"] = vertex_error(fit.mesh, instance.reference).mean / floor
                    row["placed"] = vertex_error(back, instance.reference).mean / floor if noise else None
                    rows.append(row)
    return rows


def basins(category: str, method: str, test: str = "t1", view: int = 0, draws: int = 2) -> Basin:
    """Return the basin of convergence of one view: start errors up to 10 cm and 60 degrees, success below 10 mm.

    The paper's method runs as in the column of Table 1 that descends on the masks.
    """
    instance = load_instance(category, test)
    seen = instance.views[view]
    options: dict[str, Any] = {"method": method}
    if method == "paper":
        options["config"] = config.section(config.Paper).by_mask()
    return basin(seen.image, instance.space, seen.camera, seen.mask, seen.pose, instance.reference, draws=draws, **options)


def reliable_range(found: Basin) -> dict[str, float | None]:
    """Return the largest start errors up to which every draw of a basin succeeded.

    A failure counts against all larger errors too: whoever relies on a range relies on everything inside it.

    Returns
    -------
    dict
        ``translation_m`` of starts that are not turned, ``rotation_deg`` of starts that are not shifted, and ``both_m``, ``both_deg``,
        the box of shifts and turns with the largest product. None where not even the smallest error is safe.
    """
    failed = found.success < 1
    sure = ~np.logical_or.accumulate(np.logical_or.accumulate(failed, axis=0), axis=1)
    if not sure[0, 0]:
        return dict.fromkeys(("translation_m", "rotation_deg", "both_m", "both_deg"))
    boxes = np.where(sure, np.outer(found.translations, found.rotations), -1.0)
    row, column = np.unravel_index(boxes.argmax(), boxes.shape)
    sizes = {"translation_m": found.translations[sure[:, 0]][-1], "rotation_deg": found.rotations[sure[0]][-1]}
    sizes |= {"both_m": found.translations[row], "both_deg": found.rotations[column]}
    return {name: float(size) for name, size in sizes.items()}


def grasp_errors(category: str, count: int = 4, spread: float = 0.7, seed: int = 0) -> list[dict[str, float]]:
    """Carry a grasp to instances of known correspondence, registered from one silhouette each.

    The instances are drawn from the category's own space (standard deviation `spread`), so that the right place of
    the grasp is known exactly; it lies on the widest part near the centre of the canonical.

    Returns
    -------
    list of dict
        ``moved_mm``: how far the right grasp is from the canonical's; ``left_mm``, ``left_deg``: error after transfer.
    """
    instance = load_instance(category, "t1")
    model = instance.space.model("pca")
    canonical = model.decode(torch.zeros(model.size, dtype=torch.float64))
    grasp, contacts = side_grasp(canonical)
    camera: Camera = instance.views[0].camera
    found = []
    for number in range(count):
        generator = np.random.default_rng([seed, number])
        truth = model.decode(torch.as_tensor(spread * generator.standard_normal(model.size)))
        pose = instance.views[number % len(instance.views)].pose
        mask = rendering.rasterize(pose.apply(truth.vertices), truth.faces, camera, backend="cpu").mask
        fit = register(mask, instance.space, camera, mask, pose, optimise_pose=False, model="pca")
        right, ours = (transfer_grasp(grasp, canonical, mesh, contacts) for mesh in (truth, fit.mesh))
        moved, left = ((right.translation - other.translation).norm() for other in (grasp, ours))
        found.append({"moved_mm": 1e3 * float(moved), "left_mm": 1e3 * float(left), "left_deg": right.angle_to(ours)})
    return found
