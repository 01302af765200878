"""Registrations that need not be repeated: those of an earlier run of the stage that nothing has changed for.

The stage register runs all methods. What a method gets is told apart here, so that a parameter of one of them does not
cost the runs of the others, and a stage that was killed goes on where it stopped.
"""

from __future__ import annotations

import functools
import hashlib
import json
import logging
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

from renderfit import paths
from renderfit.evaluation.instance import Instance
from renderfit.evaluation.methods import METHODS, Method
from renderfit.provenance import hash_path, params_hash, renderers, versions
from renderfit.registration import Registration
from renderfit.vision.checkpoint import PUBLISHED
from renderfit.whole import whole_file

_log = logging.getLogger(__name__)
FOLDER = paths.ROOT / "build" / "registrations"
SOURCES = (
    "config.py", "parameters.py", "datasets/views.py", "evaluation/instance.py", "evaluation/kept.py", "evaluation/methods.py",
    "geometry", "registration", "rendering", "shapes", "vision",
)  # fmt: skip
"""Parts of the package that make a registration."""
COMMON = ("camera", "shape_space", "views")
"""Sections of params.yaml that all methods depend on."""
Fit = tuple[Registration, tuple[str, ...]]
"""A registration and what has drawn in the process that made it."""


class Kept:
    """The kept registrations of one test instance, in ``build/registrations``.

    One file a run, named after the run and a digest of all that it depends on: sections of params.yaml, the bytes of the
    instance's and the networks' files, sources, versions of the packages. The file of another digest gives way to a new one.

    Parameters
    ----------
    instance : Instance
    """

    def __init__(self, instance: Instance) -> None:
        package = Path(__file__).parents[1]
        self._dependencies = functools.cache(self._hashes)
        code = [hash_path(package / name) for name in SOURCES]
        self._name = f"{instance.category}-{instance.test}"
        self._common = [code, versions(), [hash_path(path) for path in instance.inputs]]

    def __call__(self, method: str, number: int, noise: bool, seed: int, run: Callable[[], Registration]) -> Fit:
        """Return the kept registration of a method on view `number`, or what `run` returns, which is kept then."""
        stem = f"{self._name}-{method}-{'noise' if noise else 'known'}-{number}"
        path = FOLDER / f"{stem}.{self._digest(method, seed)}.pickle"
        if path.is_file():
            try:
                found: Fit = pickle.loads(path.read_bytes())
            except Exception as problem:  # whatever a damaged file makes pickle raise
                _log.warning("%s: not readable (%s); the registration is made anew", path, problem)
            else:
                return found
        made = run(), renderers()
        with whole_file(path) as part:
            part.write_bytes(pickle.dumps(made))
        for other in set(FOLDER.glob(f"{stem}.*.pickle")) - {path}:
            other.unlink(missing_ok=True)
        return made

    def _digest(self, method: str, seed: int) -> str:
        entries = [self._common, seed, *self._dependencies(METHODS[method])]
        return hashlib.sha256(json.dumps(entries).encode()).hexdigest()[:16]

    def _hashes(self, method: Method) -> list[str]:
        """Return the hashes of a method's parameters and networks."""
        folders = [PUBLISHED if name == "published" else paths.ARTIFACTS / name for name in method.networks]
        return [params_hash([*COMMON, *method.sections]), *map(hash_path, folders)]


def forget(root: Path) -> None:
    """Remove what is kept below `root`: everything is to be run again."""
    shutil.rmtree(root / FOLDER.relative_to(paths.ROOT), ignore_errors=True)
