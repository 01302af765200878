"""Who is tested in which space in the study of real objects, what had to be left out, and why."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable

from renderfit import config, paths
from renderfit.datasets import mirror
from renderfit.datasets.real import Drills, Open
from renderfit.datasets.roles import choose, in_turn, spread
from renderfit.datasets.split import FEWEST, Split, load_split
from renderfit.errors import DataError
from renderfit.geometry import Mesh

_log = logging.getLogger(__name__)

STUDIES = {
    "drill clouds": "clear", "bottle meshes": "stated", "camera meshes": "any", "drill meshes": "any",
    "bottle transfer": "stated", "spray transfer": "stated", "camera transfer": "any", "drill transfer": "any",
}  # fmt: skip
"""Study -> how clear the licences of its meshes are (`renderfit.datasets.licences`); the help of ``renderfit real`` says so too.

"transfer": real objects as tests of the shape space of the embedded, parametric ones. Of cameras and drills there are too few
without those that no licence was found with.
"""
TRAINED = 15
"""Objects that a large category trains on besides its canonical; the others are tests. Of smaller ones each is the test in turn."""
SEVERAL = 10
"""Objects from which a category is large."""
NAMED = 3
"""Objects that the message on a whole study names."""
Roles = dict[str, list[Split]]


def roles() -> tuple[Roles, dict[str, str]]:
    """Choose the roles of all studies; an object or a study that cannot take part does not stop the others.

    Returns
    -------
    folds : dict
        Study -> its splits, one for each shape space.
    left_out : dict
        Study, or study and object ("drill clouds, NAME"), -> why it is left out; each has a line in the log.
    """
    found: Roles = {}
    left_out: dict[str, str] = {}
    for name in STUDIES:
        try:
            splits, gone = _splits(name, found)
        except DataError as problem:
            left_out[name] = _portable(problem)
            continue
        left_out |= {f"{name}, {one}": why for one, why in gone.items()}
        found[name] = splits
    left_out["spray meshes"] = _too_few(len(Open("stated").names("spray")))
    for what, why in left_out.items():
        _log.warning("%s: left out: %s", what, why)
    return found, left_out


def objects(name: str, split: Split) -> list[str]:
    """Return the real objects of a study."""
    return list(split.test.values()) if name.endswith("transfer") else split.names()


def _splits(name: str, found: Roles) -> tuple[list[Split], dict[str, str]]:
    """Return the splits of a study and object -> why it takes no part.

    Raises
    ------
    DataError
        If there are too few objects, or no space to test them in.
    """
    category, kind = name.split()
    if kind == "clouds":
        clouds, gone = _readable(Drills().cloud, Drills().names())
        _require_enough(clouds, gone)
        return [Drills(without=gone).splits()[category]], gone
    if kind == "transfer" and (meshes := found.get(f"{category} meshes")):  # the same objects in the same slots
        return [_transferred(category, {slot: one for split in meshes for slot, one in split.test.items()})], {}
    source = Open(STUDIES[name])
    readable, gone = _readable(lambda one: source.mesh(category, one), source.listed(category))
    if kind == "transfer":
        return [_transferred(category, {f"t{k + 1}": one for k, one in enumerate(readable)}, _listed(gone))], gone
    _require_enough(readable, gone)
    if len(readable) >= SEVERAL:
        return [spread(choose(category, readable, source.origin), TRAINED)], gone
    return in_turn(category, readable, source.origin), gone


def _transferred(category: str, tests: dict[str, str], gone: str = "") -> Split:
    """Return the split of the parametric objects of a category with real `tests`.

    Raises
    ------
    DataError
        If there is no test, or no space of parametric objects to test it in.
    """
    source = config.section(config.Dataset).source
    if source != "default":
        raise DataError(f"dataset.source is {source}: there is no shape space of parametric objects")
    if not tests:
        raise DataError(f"none in the mirror{gone}")
    if not (paths.ARTIFACTS / "shape_space" / category / "space.json").is_file():
        raise DataError("no shape space of this category in the data set")
    known = load_split(paths.ARTIFACTS / "dataset" / "split.json")[category]
    return Split(known.canonical, known.train, tests)


def _readable(read: Callable[[str], Mesh], names: Iterable[str]) -> tuple[dict[str, Mesh], dict[str, str]]:
    """Return name -> mesh of what the mirror holds as it should be, and name -> what is wrong with it of what it does not."""
    meshes, gone = {}, {}
    for one in names:
        try:
            meshes[one] = read(one)
        except DataError as problem:
            gone[one] = _portable(problem)
    return meshes, gone


def _portable(problem: DataError) -> str:
    """Return a message for the results file: paths as seen from the mirror, whose place is nobody's business."""
    folder = mirror.folder()
    return str(problem) if folder is None else str(problem).replace(f"{folder}/", "").replace(str(folder), "the mirror")


def _require_enough(readable: Collection[str], gone: dict[str, str]) -> None:
    if len(readable) < FEWEST:
        raise DataError(_too_few(len(readable)) + _listed(gone))


def _too_few(count: int) -> str:
    return f"{count} in the mirror; a shape space with a test needs {FEWEST}"


def _listed(gone: dict[str, str]) -> str:
    """Return what is wrong with the first objects, for the end of a message."""
    named = [f"; {one}: {why}" for one, why in list(gone.items())[:NAMED]]
    return "".join(named) + (f"; and {len(gone) - NAMED} more" if len(gone) > NAMED else "")
