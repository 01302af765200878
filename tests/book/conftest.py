"""A small book, built once: the real pages, Table 1 of synthetic records, one notebook with a scene."""

import base64
import importlib.util
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest

CHECKOUT = Path(__file__).resolve().parents[2]


def _engine(name):
    """Load a driver beside this file under a name of its own."""
    specification = importlib.util.spec_from_file_location(f"renderfit_test_{name}", Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module
    specification.loader.exec_module(module)
    return module


_engine("driven")
browser, firefox = _engine("browser"), _engine("firefox")
collect_ignore = [] if browser.executable() else ["test_browser.py"]  # the structural tests need no browser


def scene():
    """Return a ball that is stretched over six frames, with a point cloud and two latent axes."""
    import trimesh

    from renderfit.plotting import Scene

    ball = trimesh.creation.icosphere(3, 0.1)
    frames = [ball.vertices * (1 + 0.1 * step * np.array([1, 0, -0.5])) for step in range(6)]
    found = Scene("ball replay", "A ball that is stretched, step by step, beside its target.")
    found.mesh("ball", ball.vertices, ball.faces, "#0072b2", frames=frames).points("target", ball.vertices[::7] * 1.3, "#d55e00")
    found.slider("iteration", [f"iteration {step}" for step in range(6)])
    axes = 0.02 * np.stack([ball.vertices * [10, 0, 0], ball.vertices * [0, 0, 10]])
    space = (
        Scene("ball space", "A ball with two latent parameters.")
        .mesh("ball", ball.vertices, ball.faces, basis=axes)
        .latent(["wide", "high"])
    )
    return found, space


def _notebook(outputs, title):
    cells = [nbformat.v4.new_markdown_cell(f"# {title}", id="a")]
    for number, (data, tags) in enumerate(outputs):
        cell = nbformat.v4.new_code_cell("show()", id=f"b{number}", metadata={"tags": tags})
        cell.outputs = [nbformat.v4.new_output("display_data", data=data)]
        cells.append(cell)
    return nbformat.v4.new_notebook(cells=cells)


def _write(root):
    from renderfit.plotting import figure, tables

    table = json.loads((root / "results" / "table1.json").read_text())
    shown = {"text/html": str(tables.scores(table, "v2v_mm", "known")), "text/plain": "table"}
    replay, space = scene()
    drawn, axis = figure(1, 1, 4, 2)
    axis.plot([0, 1])
    stream = io.BytesIO()
    drawn.savefig(stream)
    picture = {"image/png": base64.b64encode(stream.getvalue()).decode(), "text/plain": "figure"}
    folder = root / "artifacts" / "notebooks"
    for part in ("table1", "figures", "register"):
        (folder / part).mkdir(parents=True)
    nbformat.write(_notebook([(shown, ["remove-input"])], "Table 1"), folder / "table1" / "table1.ipynb")
    scenes = [({"text/html": entry._repr_html_()}, ["remove-input"]) for entry in (replay, space)]
    nbformat.write(_notebook(scenes, "A sample with scenes"), folder / "figures" / "extra-sample.ipynb")
    nbformat.write(_notebook([(picture, ["export-teaser"])], "intro"), folder / "figures" / "intro.ipynb")
    nbformat.write(_notebook([(picture, [])], "Registration of one test instance"), folder / "register" / "drill-t1.ipynb")


@pytest.fixture(scope="session")
def root(tmp_path_factory, make_book_records):
    """A root with results and executed notebooks, and the checkout's pages."""
    found = tmp_path_factory.mktemp("book-root")
    shutil.copytree(CHECKOUT / "book", found / "book", ignore=shutil.ignore_patterns("_build"))
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(CHECKOUT / name, found / name)
    folder = found / "artifacts" / "records"
    folder.mkdir(parents=True)
    for name, entries in make_book_records.items():
        (folder / f"{name}.json").write_text(json.dumps(entries))
    _in_root(found, "from renderfit.evaluation import table1; table1.write(table1.build(samples=50, seed=0))")
    _write(found)
    return found


@pytest.fixture(scope="session")
def make_book_records():
    """Records of two instances, two methods and the floor."""
    found = {}
    origin = {"commit": "c", "dirty": False, "code": "d", "params": "p", "renderer": "r", "versions": {"python": "3"}, "inputs": {}}
    for name in ("drill-t1", "drill-t2"):
        category, instance = name.split("-")
        entries = []
        for method, pose, level in (
            ("ground_truth", "known", 2.0),
            ("latent_floor", "known", 3.0),
            ("mean_shape", "known", 8.0),
            ("cls", "known", 3.5),
            ("cls", "noise", 12.0),
            ("paper", "known", 4.0),
            ("paper", "noise", 5.0),
            ("ours", "known", 3.2),
            ("ours", "noise", 3.6),
        ):
            score = {"v2v_mm": level, "mean_square_mm2": level**2, "v2s_mm": level / 2, "placed_v2v_mm": None if pose == "known" else level}
            score |= {
                "placed_mean_square_mm2": None if pose == "known" else level**2,
                "rotation_left_deg": None,
                "translation_left_mm": None,
            }
            key = {"category": category, "instance": instance, "method": method, "pose": pose, "view": 0, "seed": 7}
            entries.append({**key, **score, "failed": False, "renders": 10, "provenance": origin})
        found[name] = entries
    return found


@pytest.fixture(scope="session")
def staged(root):
    """The folder the book is built from."""
    _in_root(root, "from renderfit.pipeline import book; from renderfit import paths; book.assemble(paths.ARTIFACTS / 'book_src')")
    return root / "artifacts" / "book_src"


@pytest.fixture(scope="session")
def html(root, staged):
    """The built book; warnings of Sphinx are errors."""
    folders = "paths.ARTIFACTS / 'book_src', paths.ARTIFACTS / 'book'"
    _in_root(root, f"from renderfit.pipeline import book; from renderfit import paths; book.build({folders})")
    return root / "artifacts" / "book"


def _in_root(root, statement):
    """Run a statement in a process of its own that belongs to `root`."""
    environment = os.environ | {"RENDERFIT_ROOT": str(root), "PYTHONPATH": str(CHECKOUT / "src")}
    done = subprocess.run([sys.executable, "-c", statement], env=environment, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
