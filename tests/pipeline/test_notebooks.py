"""The notebook runner: declared parameters, stable bytes, one-line errors, partial notebooks."""

import subprocess
import sys
import time

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from renderfit.errors import ConvergenceError, DataError
from renderfit.pipeline.notebooks import declared, run_notebook, run_notebooks

PARAMETERS = new_code_cell("category = 'bottle'\nwide: int = 3", metadata={"tags": ["parameters"]})


def store(path, *sources):
    notebook = new_notebook(cells=[PARAMETERS, *(new_code_cell(source) for source in sources)])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, path)
    return path


def outputs(path):
    return [output.get("text", "") for cell in nbformat.read(path, 4).cells for output in cell.get("outputs", [])]


def test_only_declared_parameters_are_passed():
    notebook = new_notebook(cells=[PARAMETERS, new_code_cell("other = 1")])
    assert declared(notebook, {"category": "drill", "wide": 4, "other": 2, "unknown": 3}) == {"category": "drill", "wide": 4}


def test_a_notebook_runs_with_its_parameters_to_the_same_bytes(tmp_path):
    source = store(tmp_path / "source.ipynb", "print(category, wide)", "{'rounded': 1 / 3}")
    first = run_notebook(source, tmp_path / "one" / "out.ipynb", {"category": "drill", "unknown": 1})
    second = run_notebook(source, tmp_path / "two" / "out.ipynb", {"category": "drill", "unknown": 1})
    assert outputs(first)[0] == "drill 3\n"
    assert first.read_bytes() == second.read_bytes()
    assert [path.name for path in first.parent.iterdir()] == ["out.ipynb"]


def test_a_failing_cell_is_named_and_the_partial_notebook_kept(tmp_path):
    source = store(tmp_path / "broken.ipynb", "print('before')", "raise ValueError('no mesh of that name')", "print('after')")
    with pytest.raises(ConvergenceError, match=r"broken\.ipynb.*cell 3: ValueError: no mesh of that name") as raised:
        run_notebook(source, tmp_path / "out" / "result.ipynb")
    assert "\n" not in str(raised.value)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["result.failed.ipynb"]
    assert "before\n" in outputs(tmp_path / "out" / "result.failed.ipynb")
    assert "after\n" not in outputs(tmp_path / "out" / "result.failed.ipynb")


def test_a_missing_or_foreign_file_is_refused(tmp_path):
    with pytest.raises(DataError, match="not a readable notebook"):
        run_notebook(tmp_path / "absent.ipynb", tmp_path / "out.ipynb")
    (tmp_path / "text.ipynb").write_text("no JSON")
    with pytest.raises(DataError, match="format 4"):
        run_notebook(tmp_path / "text.ipynb", tmp_path / "out.ipynb")


def test_workers_run_several_and_a_kernel_that_dies_is_named(tmp_path):
    jobs = [(store(tmp_path / f"{n}.ipynb", f"print({n})"), tmp_path / "out" / f"{n}.ipynb", {}) for n in range(3)]
    run_notebooks(jobs)
    assert [outputs(target) for _, target, _ in jobs] == [["0\n"], ["1\n"], ["2\n"]]
    dying = store(tmp_path / "dying.ipynb", "import os\nos._exit(3)")
    with pytest.raises(ConvergenceError, match=r"dying\.ipynb.*kernel ended by itself"):
        run_notebooks([*jobs, (dying, tmp_path / "out" / "dying.ipynb", {})])


def test_where_a_stream_was_flushed_does_not_show(tmp_path):
    source = store(tmp_path / "slow.ipynb", "import time\nfor word in 'one', 'two':\n    print(word, flush=True)\n    time.sleep(0.5)")
    assert outputs(run_notebook(source, tmp_path / "out.ipynb")) == ["one\ntwo\n"]


def test_kernels_share_imported_libraries_but_no_state(tmp_path):
    look = "import os, sys\nprint('torch' in sys.modules, 'renderfit.paths' in sys.modules, os.environ.get('LEFT'))\n"
    for name in ("first", "second"):
        source = store(tmp_path / f"{name}.ipynb", look, "import sys\nos.environ['LEFT'] = 'over'\nimport renderfit.paths")
        assert outputs(run_notebook(source, tmp_path / f"{name}-out.ipynb"))[0] == f"{sys.platform == 'linux'} False None\n"


def test_an_interrupted_kernel_keeps_quiet(tmp_path):
    ask = "print([bool(log.filter(log.makeRecord('', 40, '', 0, text, (), None))) for text in ('KeyboardInterrupt caught', 'no')])"
    source = store(tmp_path / "log.ipynb", f"import logging\nlog = logging.getLogger('IPKernelApp')\n{ask}")
    assert outputs(run_notebook(source, tmp_path / "out.ipynb")) == [f"[{sys.platform != 'linux'}, True]\n"]


def test_a_kernel_ends_with_the_process_that_asked_for_it(tmp_path):
    source = store(
        tmp_path / "endless.ipynb", "import os, pathlib, time\npathlib.Path('PID').write_text(str(os.getpid()))\ntime.sleep(600)"
    )
    note = tmp_path / "pid"
    source.write_text(source.read_text().replace("PID", str(note)))
    code = "import sys, pathlib; from renderfit.pipeline import notebooks; notebooks.run_notebook(*map(pathlib.Path, sys.argv[1:]))"
    with subprocess.Popen([sys.executable, "-c", code, str(source), str(tmp_path / "out.ipynb")]) as asking:
        while not (note.exists() and note.read_text()):
            assert asking.poll() is None
            time.sleep(0.1)
        asking.kill()
    kernel = psutil.Process(int(note.read_text())) if psutil.pid_exists(int(note.read_text())) else None
    if kernel is not None:
        kernel.wait(timeout=30)
