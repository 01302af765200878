"""nbval on the smoke profile: the notebook of Table 1 prints the same again, every other one still runs."""

import os
import shutil
import subprocess
import sys

import pytest

from renderfit import paths

CHECKOUT = paths.find_root(paths.Path(__file__).parent)
OTHERS = sorted(path.stem for path in (CHECKOUT / "notebooks").glob("*.ipynb") if path.stem != "table1")


def nbval(root, option, notebook):
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "-c",
        os.devnull,
        "--rootdir",
        str(notebook.parent),
    ]
    environment = {**os.environ, "RENDERFIT_ROOT": str(root), "OMP_NUM_THREADS": "1"}  # as the pipeline runs them
    ended = subprocess.run([*command, option, str(notebook)], env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-2000:]


def test_table_1_prints_the_same_again(smoke):
    nbval(smoke, "--nbval", smoke / "artifacts" / "notebooks" / "table1" / "table1.ipynb")


@pytest.mark.parametrize("name", OTHERS)
def test_every_other_notebook_runs(name, smoke, tmp_path):
    root = tmp_path / "smoke"
    shutil.copytree(smoke, root, ignore=shutil.ignore_patterns(".dvc", "book"))
    nbval(root, "--nbval-lax", root / "notebooks" / f"{name}.ipynb")
