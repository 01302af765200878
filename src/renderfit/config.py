"""params.yaml as typed sections: the only place values come from.

The sections are declared in `renderfit.parameters`. An unknown key, a wrong type or a value outside its range is a `ConfigError`.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import typing
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml

from renderfit import paths
from renderfit.errors import ConfigError
from renderfit.parameters import (
    SECTIONS,
    CameraSection,
    Cls,
    Compute,
    Dataset,
    Deepcpd,
    Ours,
    Paper,
    Refiner,
    ShapeSpace,
    Table1,
    UNet,
    Views,
    Watertight,
)

__all__ = [
    "SECTIONS",
    "CameraSection",
    "Cls",
    "Compute",
    "Dataset",
    "Deepcpd",
    "Ours",
    "Paper",
    "Refiner",
    "ShapeSpace",
    "Table1",
    "UNet",
    "Views",
    "Watertight",
    "load",
    "parse",
    "replaced",
    "section",
]

Section = TypeVar("Section")


def parse(kind: type[Section], entries: dict[str, Any], name: str) -> Section:
    """Check `entries` against the dataclass `kind`; `name` is the section in messages."""
    fields = {field.name: field for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    hints = typing.get_type_hints(kind)
    for key, entry in entries.items():
        if key not in fields:
            raise ConfigError(f"params.yaml: unknown parameter {name}.{key}; expected one of {', '.join(fields)}")
        _check(f"params.yaml: {name}.{key}", entry, hints[key], fields[key].metadata)
    try:
        return kind(**{key: float(v) if hints[key] is float else v for key, v in entries.items()})
    except ConfigError as problem:
        raise ConfigError(f"params.yaml: {name}.{problem}") from None


def replaced(section: Section, **given: Any) -> Section:
    """Return a section with other values, checked as those of params.yaml are.

    Raises
    ------
    ConfigError
        If one is of a wrong type or outside its range.
    """
    hints, fields = typing.get_type_hints(type(section)), {field.name: field for field in dataclasses.fields(section)}  # type: ignore[arg-type]
    for name, entry in given.items():
        _check(name, entry, hints[name], fields[name].metadata)
    return dataclasses.replace(section, **given)  # type: ignore[type-var]


def _check(name: str, entry: Any, hint: Any, metadata: typing.Mapping[str, Any]) -> None:
    origin = typing.get_origin(hint)
    if origin is Literal:
        if entry not in typing.get_args(hint):
            raise ConfigError(f"{name} is {entry!r}; expected one of {', '.join(map(str, typing.get_args(hint)))}")
        return
    kind = (int, float) if hint is float else origin or hint
    if not isinstance(entry, kind) or (isinstance(entry, bool) and hint is not bool):
        raise ConfigError(f"{name} is {entry!r}; expected {getattr(hint, '__name__', hint)}")
    if isinstance(entry, list):
        for number, one in enumerate(entry):
            _check(f"{name}[{number}]", one, typing.get_args(hint)[0], {})
    low, high = metadata.get("low"), metadata.get("high")
    if hint in (int, float) and not (math.isfinite(entry) and (low is None or entry >= low) and (high is None or entry <= high)):
        wanted = " and ".join(f"{word} {end}" for word, end in (("at least", low), ("at most", high)) if end is not None)
        given = f"{entry} {metadata.get('unit', '')}".strip()
        raise ConfigError(f"{name} is {given}; expected {wanted or 'a finite number'}")


def load(path: Path | None = None) -> dict[str, Any]:
    """Read and check all sections of params.yaml.

    Raises
    ------
    ConfigError
        If the file is missing, is not YAML, or holds an unknown key or a bad value.
    """
    path = path or paths.ROOT / "params.yaml"
    try:
        entries = mapping(yaml.safe_load(path.read_text(encoding="utf-8")), f"{path}")
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as problem:
        raise ConfigError(f"{path}: {' '.join(str(problem).split())}; expected YAML, `section: {{name: value}}`") from problem
    unknown = set(entries) - set(SECTIONS) - {"profiles"}
    if unknown:
        raise ConfigError(f"params.yaml: unknown section {', '.join(sorted(map(str, unknown)))}; expected one of {', '.join(SECTIONS)}")
    return {name: parse(kind, mapping(entries.get(name), f"params.yaml: {name}"), name) for name, kind in SECTIONS.items()}


def mapping(found: Any, name: str) -> dict[str, Any]:
    """Return what YAML read as a mapping; nothing at all is an empty one.

    Raises
    ------
    ConfigError
        If it is neither.
    """
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise ConfigError(f"{name} is {found!r}; expected entries `name: value`")
    return found


@functools.cache
def section(kind: type[Section]) -> Section:
    """Return one checked section of the root's params.yaml, e.g. ``section(config.Views)``."""
    name = next(name for name, known in SECTIONS.items() if known is kind)
    return typing.cast(Section, load()[name])
