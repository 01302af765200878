"""The runs behind Table 1: every method on every view of one test instance, scored."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import joblib
import torch

from renderfit import paths
from renderfit.errors import ConvergenceError, DataError, RenderFitError
from renderfit.evaluation.bounds import references
from renderfit.evaluation.instance import Instance, load_instance
from renderfit.evaluation.kept import Kept
from renderfit.evaluation.methods import METHODS, methods_for
from renderfit.evaluation.scoring import Run, given_up, scored, seed_of_run
from renderfit.provenance import provenance, renderers
from renderfit.registration import Registration
from renderfit.registration.columns import Columns
from renderfit.vision import load_network, segment
from renderfit.vision.checkpoint import PUBLISHED
from renderfit.whole import write_json

SECTIONS = ("dataset", "watertight", "shape_space", "camera", "views", "unet", "paper", "ours", "cls", "deepcpd")
"""Sections of params.yaml that change a run."""


def run_instance(category: str, test: str, jobs: int = 1) -> list[Run]:
    """Run all methods on all views of one test instance, with the known pose and with pose noise.

    Parameters
    ----------
    category, test : str
        Which one, e.g. "drill", "t1".
    jobs : int
        Worker processes over the views; the result does not depend on it.

    Returns
    -------
    list of Run
        References first (`ground_truth`: CPD to the full mesh; `latent_floor`: the 5-D space fitted to the
        full mesh; `mean_shape`: the space's mean), then method by method, view by view.

    Raises
    ------
    DataError
        If a stage before has not run.
    """
    instance = load_instance(category, test)
    methods = methods_for(instance)
    views = [(number, noise) for noise in (False, True) for number in range(len(instance.views))]
    if jobs == 1:
        batches = run_views(instance, views, methods)
    else:
        shares = (joblib.delayed(_share)(category, test, views[worker::jobs], methods) for worker in range(jobs))
        done = joblib.Parallel(n_jobs=jobs, batch_size=1)(shares)
        batches = [done[place % jobs][place // jobs] for place in range(len(views))]
    runs = [*references(instance), *(run for batch in batches for run in batch)]
    origin = _origin(instance, runs)
    for run in runs:
        run.record["provenance"] = origin
    return runs


def _origin(instance: Instance, runs: Sequence[Run]) -> dict[str, Any]:
    """Return the provenance of `runs`: known when they are done, with what drew their images in whatever process."""
    drew = sorted({name for run in runs for name in run.timing["renderers"]})
    found = provenance([*instance.inputs, paths.ARTIFACTS / "unet", paths.ARTIFACTS / "deepcpd", PUBLISHED], SECTIONS, ", ".join(drew))
    return found | {"precision": _precision()}


def _precision() -> str:
    """Return the type that the segmentation network was trained in: what ``unet.precision: auto`` came to."""
    path = paths.ARTIFACTS / "unet" / "unet.json"
    try:
        return str(json.loads(path.read_text()).get("precision", "not noted"))
    except (OSError, ValueError) as problem:
        raise DataError(f"{path}: {problem}; expected the description of a trained network; run `dvc repro unet`") from problem


def run_views(instance: Instance, views: Sequence[tuple[int, bool]], methods: Sequence[str] = tuple(METHODS)) -> list[list[Run]]:
    """Run the named methods on views (number, noise) of an instance; noise starts them at the noisy pose and lets them move it."""
    torch.set_num_threads(1)
    for model in ("pca", "rich"):
        Columns.of_space(instance.space, model)  # once, and outside the time of the first method
    network, kept = load_network(paths.ARTIFACTS / "unet"), Kept(instance)
    return [compare(instance, number, noise, network, methods, kept) for number, noise in views]


def _share(category: str, test: str, views: Sequence[tuple[int, bool]], methods: Sequence[str]) -> list[list[Run]]:
    """Run a worker's share of the views of one test instance."""
    return run_views(load_instance(category, test), views, methods)


def compare(
    instance: Instance, number: int, noise: bool, network: Any, methods: Sequence[str] = tuple(METHODS), kept: Kept | None = None
) -> list[Run]:
    """Run the named `methods` on view `number` of an instance and score them; one that raises counts as a failure.

    With `kept`, runs whose parameters, inputs and code have not changed are not repeated.
    """
    view, seed = instance.views[number], seed_of_run(instance, number)
    pose = view.noisy_pose if noise else view.pose

    @functools.cache
    def mask() -> Any:
        try:
            return segment(view.image, network, instance.category, view.camera, pose)
        except RenderFitError:
            return None  # a failure of every method that sees the photograph through the network

    def fit(name: str) -> Registration:
        column = METHODS[name]
        try:
            return column.run(instance, view, mask() if "unet" in column.networks else None, network, pose, noise, seed)
        except (ConvergenceError, RenderFitError) as problem:
            return given_up(instance, pose, name, str(problem))

    runs = []
    for name in methods:
        work = functools.partial(fit, name)
        found, drew = kept(name, number, noise, seed, work) if kept else (work(), renderers())
        runs.append(scored(instance, name, number, noise, found, view, drew))
    return runs


def write(runs: list[Run], category: str, test: str) -> list[Path]:
    """Write ``artifacts/records/<category>-<test>.json`` and the timings beside it; return both paths."""
    folder = paths.ARTIFACTS / "records"
    written = []
    for suffix, entries in (("", [run.record for run in runs]), ("-timing", [run.timing for run in runs])):
        target = folder / f"{category}-{test}{suffix}.json"
        write_json(target, entries, sort_keys=True)
        written.append(target)
    return written
