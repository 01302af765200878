"""nbval on the smoke profile: the notebook of Table 1 prints the same again, every other one still runs."""

import os
import shutil
import subprocess
import sys

import pytest

from renderfit import paths

CHECKOUT = paths.find_root(paths.Path(__file__).parent)
OTHERS = sorted(path.stem for path in (CHECKOUT / "notebooks").glob("*.ipynb") if path.stem != "table1")
HALVES = OTHERS[::2], OTHERS[1::2]
RUN = "import sys, pytest; from renderfit.pipeline import kernels; kernels.use(); sys.exit(pytest.main(sys.argv[1:]))"


def nbval(root, option, *notebooks):
    arguments = ["-p", "no:cacheprovider", "-p", "no:xdist", "-c", os.devnull, "--rootdir", str(notebooks[0].parent), option]
    environment = {**os.environ, "RENDERFIT_ROOT": str(root), "OMP_NUM_THREADS": "1"}  # as the pipeline runs them
    command = [sys.executable, "-c", RUN, *arguments, *map(str, notebooks)]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-2000:]


def own(smoke, folder):
    """Return a copy of the small pipeline: notebooks write results, and other tests read the shared one meanwhile."""
    return shutil.copytree(smoke, folder / "smoke", ignore=shutil.ignore_patterns(".dvc", "book"))


def test_table_1_prints_the_same_again(smoke, tmp_path):
    root = own(smoke, tmp_path)
    nbval(root, "--nbval", root / "artifacts" / "notebooks" / "table1" / "table1.ipynb")


@pytest.mark.parametrize("names", HALVES, ids=" ".join)
def test_every_other_notebook_runs(names, smoke, tmp_path):
    """Half of them in one run, whose kernels share what they import."""
    root = own(smoke, tmp_path)
    nbval(root, "--nbval-lax", *(root / "notebooks" / f"{name}.ipynb" for name in names))
