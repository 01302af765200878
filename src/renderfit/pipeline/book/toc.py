"""The table of contents: every page of book/_toc.yml that is there; what is not there is listed, not hidden."""

from __future__ import annotations

import fnmatch
from typing import Any

from renderfit import paths

Listing = list[dict[str, Any]]


def resolve(contents: dict[str, Any], pages: set[str]) -> tuple[dict[str, Any], Listing]:
    """Drop entries whose page is missing and spell out globs.

    Parameters
    ----------
    contents : dict
        ``_toc.yml`` as read: ``root``, ``parts`` with ``chapters`` of ``file`` or ``glob`` entries, their
        ``sections`` and the result each ``needs`` (a path below the root).
    pages : set of str
        Names of all pages, without suffix, relative to the book's folder.

    Returns
    -------
    tuple
        The contents that Sphinx gets, and a list with ``part``, ``page`` and ``present`` for every entry.
    """
    listing: Listing = [{"part": "", "page": contents["root"], "present": contents["root"] in pages}]
    parts = []
    for part in contents["parts"]:
        chapters = _entries(part["chapters"], pages, part["caption"], listing)
        if chapters:
            parts.append({**part, "chapters": chapters})
    return {**contents, "parts": parts}, listing


def _entries(entries: list[dict[str, Any]], pages: set[str], part: str, listing: Listing) -> list[dict[str, Any]]:
    found = []
    for entry in entries:
        names = sorted(fnmatch.filter(pages, entry["glob"])) if "glob" in entry else [entry["file"]]
        if not names:
            listing.append({"part": part, "page": entry["glob"], "present": False})
        for name in names:
            present = name in pages and (not entry.get("needs") or (paths.ROOT / entry["needs"]).is_file())
            listing.append({"part": part, "page": name, "present": present})
            if not present:
                continue
            sections = _entries(entry.get("sections", []), pages, part, listing)
            found.append({"file": name, **({"sections": sections} if sections else {})})
    return found
