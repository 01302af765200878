"""Notebooks are stored without outputs and hold no logic of their own."""

import ast
import re

import nbformat
import pytest
import yaml

from renderfit import paths

CHECKOUT = paths.find_root(paths.Path(__file__).parent)
NOTEBOOKS = sorted((CHECKOUT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_stored_without_outputs(path):
    for cell in nbformat.read(path, 4).cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_hold_no_logic(path):
    """What is longer than a selection for display belongs into the package, where tests reach it."""
    for cell in nbformat.read(path, 4).cells:
        if cell.cell_type == "code":
            for node in ast.walk(ast.parse(cell.source)):
                assert not isinstance(node, ast.ClassDef), f"{path.name} defines the class {node.name}"
                if isinstance(node, ast.FunctionDef):
                    assert node.end_lineno - node.lineno < 5, f"{path.name} defines the long function {node.name}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_page_is_made_anew_when_a_results_file_it_reads_changes(path):
    stages = yaml.safe_load((CHECKOUT / "dvc.yaml").read_text())["stages"]
    watched = {name for stage in ("table1", "figures", "real") for name in stages[stage]["deps"]}
    for name in re.findall(r"RESULTS / \W+(\w+\.json)", path.read_text()):
        assert f"results/{name}" in watched, f"{path.name} reads {name}, which is no dependency in dvc.yaml"
        assert (CHECKOUT / "results" / name).is_file()
