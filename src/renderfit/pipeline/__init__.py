"""The reproduction, stage by stage: one thin module a stage of dvc.yaml, each with a function ``run()``."""

from __future__ import annotations

import importlib
import logging

from renderfit.errors import ConfigError

__all__ = ["STAGES", "run_stage"]

STAGES = ("dataset", "watertight", "shape_space", "views", "unet", "deepcpd", "register", "table1", "figures", "real", "book")

_log = logging.getLogger(__name__)


def run_stage(name: str) -> None:
    """Run one stage, announced as "stage k of n" with an estimate of its time.

    Parameters
    ----------
    name : str
        A name of `STAGES`; the module of that name in this package is imported and its ``run()`` called.

    Raises
    ------
    ConfigError
        If there is no such stage, or params.yaml is wrong.
    DataError
        If another stage is running in this root.
    """
    if name not in STAGES:
        raise ConfigError(f"there is no stage {name!r}; expected one of {', '.join(STAGES)}")
    from renderfit import config, paths
    from renderfit.pipeline import estimate, guard

    config.load()
    guard.end_with_parent()
    guard.one_thread_each()
    with guard.alone(paths.ROOT), estimate.announced(name, STAGES):
        importlib.import_module(f"renderfit.pipeline.{name}").run()
