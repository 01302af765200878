"""Which meshes of the manifest may be used: ``dataset.licence`` of params.yaml."""

from __future__ import annotations

from collections.abc import Iterable

from renderfit import config
from renderfit.datasets.mirror import Entry
from renderfit.errors import ConfigError

POLICIES = {"clear": ("clear",), "stated": ("clear", "stated"), "any": ("clear", "stated", "none")}
"""Policy -> terms of the manifest that it lets in.

clear: the file's author or project names a licence that covers it. stated: a licence stands where the file was taken from, but
the terms of those who made the shape were not verified, or are stricter. none: no licence was found with the file.
"""


def policy(wanted: str | None = None) -> str:
    """Return the policy in force: `wanted`, else ``dataset.licence``.

    Raises
    ------
    ConfigError
        If there is no such policy.
    """
    found = config.section(config.Dataset).licence if wanted is None else wanted
    if found not in POLICIES:
        raise ConfigError(f"licence policy {found!r}; expected one of {', '.join(POLICIES)} (dataset.licence in params.yaml)")
    return found


def allowed(entries: Iterable[Entry], wanted: str | None = None) -> list[Entry]:
    """Return the entries of the manifest that a policy lets in, in their order."""
    terms = POLICIES[policy(wanted)]
    return [entry for entry in entries if entry.terms in terms]


def barred(entries: Iterable[Entry], wanted: str | None = None) -> list[Entry]:
    """Return the entries of the manifest that a policy keeps out, in their order."""
    terms = POLICIES[policy(wanted)]
    return [entry for entry in entries if entry.terms not in terms]
