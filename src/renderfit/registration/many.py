"""Many independent registrations at once, on this machine or on a Dask cluster; the results are those of a loop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import joblib
from joblib.externals.loky import ProcessPoolExecutor

from renderfit.errors import ConfigError, RenderFitError
from renderfit.registration.register import register
from renderfit.registration.result import Registration
from renderfit.threads import ONE_THREAD


def register_many(
    tasks: Sequence[dict[str, Any]],
    backend: Literal["serial", "loky", "dask"] = "loky",
    jobs: int = -1,
    scheduler: str = "",
) -> list[Registration | RenderFitError]:
    """Call `renderfit.registration.register` once a task and return the results in the order of the tasks.

    Workers use one thread each. A loop finds the same to the last bit where it does too (``OMP_NUM_THREADS=1``); over several
    threads numpy sums in another order.

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

    Examples
    --------
    >>> import torch, trimesh
    >>> import renderfit as rf
    >>> def ellipsoid(width, height):
    ...     ball = trimesh.creation.icosphere(2)
    ...     return rf.Mesh(ball.vertices * [width, width, height], ball.faces)
    >>> family = [ellipsoid(0.05, 0.08), ellipsoid(0.06, 0.08), ellipsoid(0.06, 0.1), ellipsoid(0.04, 0.1)]
    >>> space = rf.ShapeSpace.fit(ellipsoid(0.05, 0.09), family, components=2, points=162, iterations=50)
    >>> camera, pose = rf.Camera.centred(96, 158.0), rf.Pose.look_at(eye=torch.tensor([0.4, 0.4, 0.3]), target=torch.zeros(3))
    >>> seen = [rf.render(ellipsoid(width, 0.09), camera, pose, "lambert") for width in (0.045, 0.06)]
    >>> common = {"space": space, "camera": camera, "pose": pose, "optimise_pose": False}
    >>> tasks = [common | {"image": frame.rgb, "mask": frame.mask} for frame in seen]
    >>> narrow, wide, broken = rf.register_many([*tasks, common | {"image": seen[0].rgb}], backend="serial")
    >>> bool(narrow.mesh.vertices[:, 0].max() < wide.mesh.vertices[:, 0].max()), str(broken).split(";")[0]
    (True, 'neither mask nor network was given')
    """
    if backend not in ("serial", "loky", "dask"):
        raise ConfigError(f'backend is {backend!r}; expected "serial", "loky" or "dask"')
    if jobs < -1:
        raise ConfigError(f"jobs is {jobs}; expected a number of worker processes, or 0: one per core")
    if backend == "serial":
        return [_one(task) for task in tasks]
    if backend == "loky":
        return _in_workers(tasks, joblib.cpu_count() if jobs in (0, -1) else jobs)
    if not scheduler:
        raise ConfigError('backend "dask" needs the address of a scheduler; expected scheduler="tcp://host:8786"')
    from distributed import Client

    with Client(scheduler) as client, joblib.parallel_config("dask", client=client):
        return list(joblib.Parallel()(joblib.delayed(_one)(task) for task in tasks))


def _in_workers(tasks: Sequence[dict[str, Any]], jobs: int) -> list[Registration | RenderFitError]:
    """Use processes of this call's own: those that joblib shares within a program can wait for ever when their number changes."""
    pool = ProcessPoolExecutor(max_workers=max(1, min(jobs, len(tasks))), env=ONE_THREAD)
    try:
        return list(pool.map(_one, tasks))
    finally:
        pool.shutdown(wait=True, kill_workers=True)


def _one(task: dict[str, Any]) -> Registration | RenderFitError:
    try:
        return register(**task)
    except RenderFitError as problem:
        return problem
