"""Fetching real meshes: resumed where it was interrupted, compared with the manifest, placed whole or not at all."""

from __future__ import annotations

import http.client
import logging
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from renderfit.datasets import licences, mirror
from renderfit.datasets.mirror import VARIABLE, Entry
from renderfit.errors import DataError
from renderfit.progress import progress

_log = logging.getLogger(__name__)

ATTEMPTS = 4
TIMEOUT = 30.0
"""Seconds without a byte after which a connection is given up."""
BLOCK = 1 << 16


def fetch_all(categories: Sequence[str] = (), licence: str | None = None) -> dict[str, Any]:
    """Fetch what the mirror lacks of the manifest.

    From the web mirror that ``RENDERFIT_MIRROR`` names, where it is an address; else the originals from where their authors
    published them, for the files that have such an address.

    Parameters
    ----------
    categories : sequence of str
        Categories of the manifest; none: all.
    licence : str, optional
        How clear a licence has to be (`renderfit.datasets.licences`); default: ``dataset.licence``.

    Returns
    -------
    dict
        folder, fetched, kept (numbers of files), without_address (files that only a mirror can give), barred (files that the
        policy on licences keeps out).

    Raises
    ------
    DataError
        If a category does not exist, or a file cannot be fetched or has other bytes.
    """
    entries = mirror.manifest()
    known = {entry.category for entry in entries}
    if unknown := sorted(set(categories) - known):
        raise DataError(f"no category {', '.join(unknown)} in {mirror.MANIFEST.name}; it has {', '.join(sorted(known))}")
    named = [entry for entry in entries if not categories or entry.category in categories]
    wanted, left = licences.allowed(named, licence), [entry.file for entry in licences.barred(named, licence)]
    without, fetched, kept = [], 0, 0
    for entry in progress(wanted, "real meshes"):
        if not (entry.url or mirror.base_url()):
            without.append(entry.file)
        elif fetch(entry):
            fetched += 1
        else:
            kept += 1
    return {"folder": str(mirror.store()), "fetched": fetched, "kept": kept, "without_address": without, "barred": left}


def fetch(entry: Entry) -> bool:
    """Bring one file of the manifest into the mirror; return False when it was there already, with the right bytes.

    Raises
    ------
    DataError
        If it cannot be fetched, or its bytes are not those of the manifest.
    """
    base, store = mirror.base_url(), mirror.store()
    if base:
        source, target, size, sha256 = f"{base}/{urllib.parse.quote(entry.file)}", store / entry.file, entry.bytes, entry.sha256
    else:
        source, target, size, sha256 = entry.url, store / entry.original, entry.url_bytes, entry.url_sha256
    if not base and (store / entry.file).is_file():
        mirror.compared(store / entry.file, entry.bytes, entry.sha256)
        return False
    if target.is_file():
        mirror.compared(target, size, sha256)
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    download(source, part, size)
    try:
        mirror.compared(part, size, sha256)
    except DataError:
        part.unlink()  # what is wrong cannot be resumed
        raise
    part.replace(target)
    return True


def download(source: str, part: Path, size: int, attempts: int = ATTEMPTS) -> None:
    """Append to `part` what it lacks of the `size` bytes at `source`; it stays, to be resumed, when that fails.

    Raises
    ------
    DataError
        If the address does not answer, answers with an error, or ends early time after time.
    """
    problem: Exception | None = None
    for attempt in range(attempts):
        have = part.stat().st_size if part.is_file() else 0
        if have > size:
            part.unlink()
            have = 0
        if have == size:
            return
        if attempt:
            time.sleep(min(0.2 * 2**attempt, 5.0))
            _log.info("%s: resumed at byte %d of %d", source, have, size)
        try:
            _append(source, part, have)
        except urllib.error.HTTPError as refused:
            problem = refused
            refused.close()
            if refused.code == 416:
                part.unlink()  # longer than what is there
            elif refused.code < 500:
                break
        except (OSError, http.client.HTTPException) as broken:
            problem = broken
    have = part.stat().st_size if part.is_file() else 0
    if have == size:
        return
    reason = problem or f"the connection ended at byte {have} of {size}"
    raise DataError(
        f"{source}: {reason}; expected {size} bytes for {part.name.removesuffix('.part')}, have {have}: offline? run the same command "
        f"again to resume, or set {VARIABLE} to a folder (or the address of one) that holds the files of {mirror.MANIFEST.name}"
    )


def _append(source: str, part: Path, have: int) -> None:
    request = urllib.request.Request(source, headers={"Range": f"bytes={have}-"} if have else {})
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
        resumed = answer.status == 206 and answer.headers.get("Content-Range", "").startswith(f"bytes {have}-")
        with part.open("ab" if resumed else "wb") as stream:
            while block := answer.read(BLOCK):
                stream.write(block)
