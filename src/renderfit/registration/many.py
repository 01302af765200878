"""Many independent registrations at once, on this machine or on a Dask cluster; the results are those of a loop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import joblib

from renderfit.errors import ConfigError, RenderFitError
from renderfit.registration.register import register
from renderfit.registration.result import Registration


def register_many(
    tasks: Sequence[dict[str, Any]],
    backend: Literal["serial", "loky", "dask"] = "loky",
    jobs: int = -1,
    scheduler: str = "",
) -> list[Registration | RenderFitError]:
    """Call `renderfit.registration.register` once a task and return the results in the order of the tasks.

    Parameters
    ----------
    tasks : sequence of dict
        Keyword arguments of `register`, e.g. ``{"image": ..., "space": ..., "camera": ..., "pose": ...}``.
    backend : "serial", "loky" or "dask"
        A loop, worker processes of this machine, or a Dask cluster.
    jobs : int
        Worker processes for "loky"; 0 or -1: one per core.
    scheduler : str
        Address of the Dask scheduler, for "dask".

    Returns
    -------
    list of Registration or RenderFitError
        A task that failed leaves its error in its place and does not stop the others.

    Raises
    ------
    ConfigError
        If the backend is unknown, `jobs` is no such number, or "dask" comes without an address.
    """
    if backend not in ("serial", "loky", "dask"):
        raise ConfigError(f'backend is {backend!r}; expected "serial", "loky" or "dask"')
    if jobs < -1:
        raise ConfigError(f"jobs is {jobs}; expected a number of worker processes, or 0: one per core")
    if backend == "serial":
        return [_one(task) for task in tasks]
    calls = [joblib.delayed(_one)(task) for task in tasks]
    if backend == "loky":
        with joblib.parallel_config("loky", n_jobs=jobs or -1, inner_max_num_threads=1):
            return list(joblib.Parallel(batch_size="auto")(calls))
    if not scheduler:
        raise ConfigError('backend "dask" needs the address of a scheduler; expected scheduler="tcp://host:8786"')
    from distributed import Client

    with Client(scheduler) as client, joblib.parallel_config("dask", client=client):
        return list(joblib.Parallel()(calls))


def _one(task: dict[str, Any]) -> Registration | RenderFitError:
    try:
        return register(**task)
    except RenderFitError as problem:
        return problem
