"""What all commands share: results on stdout, everything else on stderr, honest exit statuses."""

from __future__ import annotations

import errno
import json
import logging
import sys
from typing import Any

import typer

from renderfit.errors import ConvergenceError, RenderFitError

DONE, FAILED, BAD_INPUT = 0, 1, 2


def configure_logging(verbose: bool = False) -> None:
    """Send log lines to stderr: information and above, with `verbose` debugging too."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr, force=True)
    logging.getLogger("renderfit").setLevel(logging.DEBUG if verbose else logging.INFO)
    for noisy in ("papermill", "matplotlib", "numba", "distributed", "traitlets"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def emit(result: dict[str, Any], as_json: bool) -> None:
    """Write the result of a command to stdout.

    Parameters
    ----------
    result : dict
        What the command found; numpy and torch scalars and arrays are allowed as values.
    as_json : bool
        True: one JSON object alone on the last line. False: one ``key  value`` line per entry; a list of
        dicts has a line for each of them below its key.
    """
    if as_json:
        sys.stdout.write(json.dumps(result, default=_plain) + "\n")
    else:
        width = max((len(key) for key in result), default=0)
        for key, entry in result.items():
            if isinstance(entry, list) and entry and all(isinstance(row, dict) for row in entry):
                sys.stdout.write(f"{key}\n" + "".join(f"  {_row(row)}\n" for row in entry))
            else:
                sys.stdout.write(f"{key:<{width}}  {_text(entry)}\n")
    sys.stdout.flush()


def _text(entry: Any) -> str:
    return entry if isinstance(entry, str) else json.dumps(entry, default=_plain)


def _row(entries: dict[str, Any]) -> str:
    """Return a dict in one line, numbers with four digits."""
    return "  ".join(f"{name} {f'{entry:.4g}' if isinstance(entry, float) else _text(entry)}" for name, entry in entries.items())


def _plain(entry: Any) -> Any:
    """Turn arrays, tensors, paths and the like into JSON types."""
    return entry.tolist() if hasattr(entry, "tolist") else str(entry)


def advice(problem: Exception) -> str:
    """Return what to do about an error of the machine: no space, no right to write, a name that it cannot hold."""
    number = problem.errno if isinstance(problem, OSError) else None
    if number in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT):
        return "; no more room for this file: nothing half-written passes for a result, so make space and run the same command again"
    if number in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "; this folder cannot be written: give yourself the right to, or work in a copy elsewhere"
    if number == errno.ENAMETOOLONG:
        return "; expected what the file system takes, mostly 255 bytes a name and 4095 altogether: shorten it"
    return ""


def run(application: typer.Typer, arguments: list[str] | None = None) -> None:
    """Call `application` and exit: 0 done, 1 the work failed, 2 bad input; no traceback for a user's mistake.

    Raises
    ------
    SystemExit
        Always, with the status.
    """
    try:
        status = application(args=arguments, standalone_mode=True)
    except ConvergenceError as problem:
        sys.stderr.write(f"renderfit: failed: {problem}\n")
        sys.exit(FAILED)
    except (RenderFitError, OSError) as problem:
        sys.stderr.write(f"renderfit: {problem}{advice(problem)}\n")
        sys.exit(BAD_INPUT)
    sys.exit(status or DONE)
