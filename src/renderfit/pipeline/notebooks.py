"""Run notebooks with papermill: declared parameters only, the same bytes every time, one-line errors."""

from __future__ import annotations

import logging
import os
import time
import warnings
from pathlib import Path
from typing import Any

from renderfit import paths
from renderfit.errors import ConvergenceError, DataError
from renderfit.pipeline.fanout import fan_out
from renderfit.whole import whole_file

_log = logging.getLogger(__name__)


def run_notebook(source: Path, target: Path, parameters: dict[str, Any] | None = None) -> Path:
    """Execute one notebook and write it, outputs included, to `target`.

    Parameters
    ----------
    source : Path
        The notebook as it is stored, without outputs.
    target : Path
        Where the executed notebook goes; appears only when the notebook ran to its end. When a cell
        fails, what ran so far is kept beside it as ``<name>.failed.ipynb``.
    parameters : dict, optional
        Values for names that the notebook's cell tagged ``parameters`` assigns; others are left out.

    Raises
    ------
    DataError
        If `source` is missing or no notebook.
    ConvergenceError
        If a cell raised; the message names notebook, cell and exception.
    """
    import nbformat
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    start = time.monotonic()
    name = target.stem
    failed = target.with_name(f"{name}.failed.ipynb")
    failed.unlink(missing_ok=True)
    try:
        notebook = nbformat.read(source, as_version=4)
    except (OSError, ValueError, nbformat.reader.NotJSONError) as problem:
        raise DataError(f"{source}: not a readable notebook ({problem}); expected an .ipynb file of format 4") from problem
    chosen = declared(notebook, parameters or {})
    os.environ["RENDERFIT_ROOT"] = str(paths.ROOT)  # the kernel inherits it
    with whole_file(target) as part:
        try:
            _execute(source, part, chosen)
        except PapermillExecutionError as problem:
            _settle(part)
            part.replace(failed)
            message = f"notebook {source.name} ({name}), cell {problem.exec_count}: {problem.ename}: {problem.evalue.strip()}"
            raise ConvergenceError(f"{message}; what ran so far: {failed}") from None
        except DeadKernelError:
            message = f"notebook {source.name} ({name}): its kernel ended by itself; expected it to run to the end: is there memory enough?"
            raise ConvergenceError(message) from None
        _settle(part)
    _log.info("  notebook %s: %.0f s", name, time.monotonic() - start)
    return target


def run_notebooks(jobs: list[tuple[Path, Path, dict[str, Any]]], label: str = "notebooks") -> None:
    """Run several notebooks, each in a process of its own; ``(source, target, parameters)`` each.

    Raises
    ------
    ConvergenceError
        When all have run, if some failed; the message has a line for each.
    """
    problems = [problem for problem in fan_out(_attempt, jobs, label) if problem]
    if problems:
        raise ConvergenceError("\n".join(problems))


def _attempt(source: Path, target: Path, parameters: dict[str, Any]) -> str:
    """Run one notebook; return what went wrong, empty when nothing did."""
    try:
        run_notebook(source, target, parameters)
    except ConvergenceError as problem:
        return str(problem)
    return ""


def declared(notebook: Any, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return those of `parameters` that the cell tagged ``parameters`` of `notebook` assigns."""
    import ast

    names: set[str] = set()
    for cell in notebook.cells:
        if "parameters" in cell.metadata.get("tags", []):
            for node in ast.walk(ast.parse(cell.source)):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    names.add(node.id)
    return {name: entry for name, entry in parameters.items() if name in names}


def _execute(source: Path, part: Path, parameters: dict[str, Any]) -> None:
    import papermill

    from renderfit.pipeline import kernels

    kernels.use()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        papermill.execute_notebook(
            source,
            part,
            parameters=parameters,
            kernel_name="python3",
            cwd=str(paths.ROOT),
            progress_bar=False,
            log_output=False,
            request_save_on_cell_execute=True,
            # the kernel talks to this machine only, its advice on that is noise; kernels at the same time share no history file
            extra_arguments=["--log-level=ERROR", "--HistoryManager.enabled=False"],
        )


def _settle(path: Path) -> None:
    """Rewrite an executed notebook without what differs from run to run: cell ids, times, versions."""
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    notebook.metadata.pop("papermill", None)
    notebook.metadata.pop("language_info", None)
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = _joined(cell.outputs)
        for output in cell.get("outputs", []):
            output.get("metadata", {}).pop("papermill", None)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    path.write_text(nbformat.writes(notebook) + "\n")


def _joined(outputs: list[Any]) -> list[Any]:
    """Return outputs with consecutive pieces of one stream joined: where they part depends on the clock."""
    joined: list[Any] = []
    for output in outputs:
        if joined and output.output_type == joined[-1].output_type == "stream" and output.name == joined[-1].name:
            joined[-1].text += output.text
        else:
            joined.append(output)
    return joined
