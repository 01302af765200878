"""Spread independent tasks over processes or machines; never changes a result."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pickle
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import cloudpickle
import joblib

from renderfit import collector, config
from renderfit.progress import progress

Result = TypeVar("Result")
VARIABLES = {"backend": "RENDERFIT_BACKEND", "scheduler": "RENDERFIT_SCHEDULER"}
"""Parameters of ``compute`` that one run may choose for itself: they never change a result."""
STARTING = 4.0
"""About what it takes to start worker processes [s]: each imports torch."""


def fan_out(
    function: Callable[..., Result], tasks: Iterable[tuple[Any, ...]], label: str, jobs: int | None = None, light: bool = False
) -> list[Result]:
    """Call ``function(*task)`` for every task and return the results in the order of the tasks.

    The section ``compute`` of params.yaml says where: in this process, in worker processes of this
    machine (started afresh, never forked: an OpenGL context does not survive a fork), or on a Dask
    cluster.

    Parameters
    ----------
    function : callable
        A function of a module (workers import it).
    tasks : iterable of tuple
        Positional arguments of each call.
    label : str
        What the progress line calls the tasks.
    jobs : int, optional
        Worker processes; default ``compute.jobs``, where 0 is one per core.
    light : bool
        The tasks are small and alike: the first is done here, and so are the others where that takes less time than
        to start processes of this machine.
    """
    todo = list(tasks)
    settings = chosen()
    workers = min(jobs or settings.jobs or joblib.cpu_count(), max(1, len(todo)))
    if settings.backend == "serial" or (workers == 1 and settings.backend == "loky"):
        return list(progress((function(*task) for task in todo), label, len(todo)))
    if light and settings.backend == "loky":
        return _light(function, todo, label, jobs)
    with _backend(settings, workers):
        packed = cloudpickle.dumps(function)
        calls = (joblib.delayed(_alone)(packed, task) for task in todo)
        results: Iterator[Result] = joblib.Parallel(return_as="generator", batch_size=1, pre_dispatch="all")(calls)
        return list(progress(results, label, len(todo)))


def _light(function: Callable[..., Result], todo: list[tuple[Any, ...]], label: str, jobs: int | None) -> list[Result]:
    with _one_thread():
        begun = time.perf_counter()
        first, rest = [function(*task) for task in todo[:1]], todo[1:]
        if (time.perf_counter() - begun) * len(rest) <= STARTING:
            return [*first, *progress((function(*task) for task in rest), label, len(rest))]
    return [*first, *fan_out(function, rest, label, jobs)]


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Let torch use one thread, as in a worker: sums over several may differ in the last bit."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def chosen() -> config.Compute:
    """Return the section ``compute`` of params.yaml, with what the command line put in its place for this run.

    Raises
    ------
    ConfigError
        If the backend is unknown.
    """
    entries = dataclasses.asdict(config.section(config.Compute))
    given = {name: os.environ[variable] for name, variable in VARIABLES.items() if os.environ.get(variable)}
    return config.parse(config.Compute, entries | given, "compute")


@contextlib.contextmanager
def _backend(settings: config.Compute, workers: int) -> Iterator[None]:
    """Make joblib use worker processes here, the named Dask scheduler, or a Dask cluster of this machine's cores."""
    if settings.backend == "loky":
        with joblib.parallel_config("loky", n_jobs=workers):
            yield
        return
    from distributed import Client

    where = (
        {"address": settings.scheduler}
        if settings.scheduler
        else {"n_workers": workers, "threads_per_worker": 1, "dashboard_address": None}
    )
    with Client(**where) as client, joblib.parallel_config("dask", client=client, n_jobs=workers):
        yield


def _alone(packed: bytes, task: tuple[Any, ...]) -> Any:
    """Run one task in a worker with one thread, whatever its process inherited.

    The function comes packed, so that its module is imported here, when garbage is collected rarely already.
    """
    collector.relax()
    function = pickle.loads(packed)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
    return function(*task)
