"""What limits a registration: the test views again from the true pose, with the true mask, and with ever better evidence inside it.

``python benchmarks/limits.py`` writes ``results/limits.json``: means over the test views of the distance to the nearest vertex over the
5-D latent floor, in the object's and the camera's frame, failures, the mean square, and the medians of what is left of the pose error.
Masks are those of the package's network or true ones. A variant "from the truth" goes on from the true pose and the shape nearest to the
true mesh with the prior still about the noisy start; ``found_is_lower`` is the share of runs whose usual answer has no higher cost
than what that leads to. True coordinates and normals are the ceiling of any network; "with errors" adds what a well trained one would leave
(`renderfit.evaluation.oracle.Errors`); "refiner" are the predictions of the one in the package. Nothing is chosen here.
"""

import argparse
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch

from renderfit import config, paths
from renderfit.datasets.views import View, seed_of
from renderfit.evaluation import vertex_error
from renderfit.evaluation.instance import Instance, load_instance
from renderfit.evaluation.oracle import Errors, degraded, oracle
from renderfit.geometry import Mesh, Pose
from renderfit.progress import progress
from renderfit.provenance import provenance
from renderfit.registration import Prior, SolverConfig, ours, register, twist
from renderfit.registration.columns import Columns
from renderfit.registration.objective import View as Observed
from renderfit.registration.register import settings_of
from renderfit.registration.terms import Trust
from renderfit.shapes.full_fit import fit_full
from renderfit.vision import load_network, load_refiner, segment
from renderfit.whole import write_json

SURE = {"turn": 0.01, "shift": 0.001, "tilt": 0.02}
WEAK = SolverConfig(Prior(30.0), trust=Trust(15.0, 0.0, turn=0.25, shift=0.015, tilt=0.15))


def believing(coordinates: float, normals: float) -> SolverConfig:
    """Return settings that take evidence for the truth."""
    return SolverConfig(Prior(3.0), trust=Trust(coordinates, normals, **SURE))


@dataclass(frozen=True)
class Variant:
    """What a registration is given: kind of mask and of evidence, settings and model (None: the defaults), where it starts."""

    mask: str = "true"
    evidence: str = ""
    settings: SolverConfig | None = None
    model: str | None = None
    from_truth: bool = False


VARIANTS = {
    "network's mask": Variant("network"),
    "network's mask, from the truth": Variant("network", from_truth=True),
    "network's mask, refiner": Variant("network", "refiner", WEAK),
    "true mask": Variant(),
    "true mask, from the truth": Variant(from_truth=True),
    "true mask, true normals": Variant(evidence="truth", settings=believing(0.0, 100.0)),
    "true mask, coordinates and normals with errors": Variant(evidence="errors", settings=SolverConfig(Prior(3.0))),
    "true mask, true coordinates": Variant(evidence="truth", settings=believing(100.0, 0.0)),
    "true mask, true coordinates and normals": Variant(evidence="truth", settings=believing(100.0, 100.0)),
    "five components, network's mask": Variant("network", model="nearest"),
    "five components, true mask": Variant(model="nearest"),
    "five components, true mask, true coordinates": Variant(evidence="truth", settings=believing(100.0, 0.0), model="nearest"),
}
FIGURES = ("ratio", "placed_ratio", "mean_square_mm2", "rotation_left_deg", "translation_left_mm", "found_is_lower")
SAME = 0.01
"""Costs that differ by less than this part are the same minimum."""


def figures_of(instance: Instance, floor: float, view: View, variant: Variant, given: dict[str, dict], noise: bool, refiner) -> tuple:
    """Return the `FIGURES` of one registration."""
    start, mask = view.noisy_pose if noise else view.pose, given["masks"][variant.mask]
    if variant.from_truth:
        mesh, pose, lower = from_truth(instance, view, mask, start, noise)
    else:
        fit = register(
            view.image, instance.space, view.camera, mask, start, noise, model=variant.model, config=variant.settings,
            evidence=given["evidence"].get(variant.evidence), refiner=refiner if variant.evidence == "refiner" else None,
        )  # fmt: skip
        mesh, pose, lower = fit.mesh, fit.pose, np.nan
    back = mesh.with_vertices(view.pose.inverse().apply(pose.apply(mesh.vertices.double())))
    own, placed = (vertex_error(one, instance.reference) for one in (mesh, back))
    left = 1e3 * float((pose.translation - view.pose.translation).norm())
    return own.mean / floor, placed.mean / floor, 1e6 * own.mean_square, pose.angle_to(view.pose), left, lower


def from_truth(instance: Instance, view: View, mask: np.ndarray, start: Pose, noise: bool) -> tuple[Mesh, Pose, bool]:
    """Return the shape and pose that the solver goes to from the truth, and whether its usual answer costs no more."""
    model, columns = instance.space.model("rich"), Columns.of_space(instance.space, "rich")
    views, settings = [Observed(view.camera, np.asarray(mask, np.float64), start)], settings_of(config.section(config.Ours), False)
    usual = ours.solve(columns, views, noise, settings)
    spin = twist.rotation_vector(start.rotation.numpy().T @ view.pose.rotation.numpy())
    x = np.concatenate([fit_full(instance.reference, model).latent, spin, (view.pose.translation - start.translation).numpy()])
    settings = replace(settings, prior=replace(settings.prior, weight=usual.weight), correlation=(0.0, 0.0))
    found = ours.solve(columns, views, noise, settings, replace(usual, x=x))
    mesh = instance.space.canonical.with_vertices(torch.as_tensor(found.state.vertices))
    pose = Pose.from_parts(*map(torch.as_tensor, found.state.placed(0)))
    return mesh, pose, usual.state.cost <= (1 + SAME) * found.state.cost


def runs_of(category: str, test: str, views: int, networks: tuple) -> Iterator[tuple[str, str, tuple]]:
    """Yield (variant, pose, figures) of the first `views` views of an instance."""
    instance, (segmenter, refiner) = load_instance(category, test), networks
    floor = vertex_error(fit_full(instance.reference, instance.space.model("pca")).mesh, instance.reference).mean
    for number, view in enumerate(instance.views[:views]):
        truth = oracle(view, instance.reference)
        evidence = {"truth": truth, "errors": degraded(truth, Errors(), seed_of("limits", category, test, number))}
        for pose in ("known", "noise"):
            noise = pose == "noise"
            mask = segment(view.image, segmenter, category, view.camera, view.noisy_pose if noise else view.pose)
            given = {"masks": {"true": view.mask, "network": mask}, "evidence": evidence}
            for name, variant in VARIANTS.items():
                yield name, pose, figures_of(instance, floor, view, variant, given, noise, refiner)


def row_of(name: str, pose: str, runs: list[tuple]) -> dict[str, object]:
    """Return means of distances, medians of what is left of the pose, and failures as Table 1 counts them."""
    values, worst = np.array(runs), config.section(config.Table1).failure
    means, medians = dict(zip(FIGURES, values.mean(axis=0), strict=True)), dict(zip(FIGURES, np.median(values, axis=0), strict=True))
    figures = {"ratio": means["ratio"], "failures": int((values[:, 0] > worst).sum()), "mean_square_mm2": means["mean_square_mm2"]}
    if pose == "noise":
        figures |= {"placed_ratio": means["placed_ratio"], "placed_failures": int((values[:, 1] > worst).sum())}
        figures |= {key: medians[key] for key in FIGURES[3:5]}
    if not np.isnan(values[:, 5]).any():
        figures["found_is_lower"] = means["found_is_lower"]
    rounded = {key: round(value, 4) if isinstance(value, float) else value for key, value in figures.items()}
    return {"variant": name, "pose": pose, "runs": len(runs)} | rounded


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--views", type=int, default=8, help="of each test instance")
    chosen = options.parse_args()
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    networks, found = (load_network(), load_refiner()), {}
    tests = [(category, test) for category in config.section(config.Dataset).categories for test in ("t1", "t2")]
    for category, test in progress(tests, "test instances"):
        for name, pose, figures in runs_of(category, test, chosen.views, networks):
            found.setdefault((pose, name), []).append(figures)
    order = sorted(found, key=lambda entry: (entry[0], list(VARIANTS).index(entry[1])))
    rows = [row_of(name, pose, found[pose, name]) for pose, name in order]
    print(*map(json.dumps, rows), sep="\n")
    write_json(paths.RESULTS / "limits.json", {"views": chosen.views, "rows": rows, "provenance": provenance()})


if __name__ == "__main__":
    main()
