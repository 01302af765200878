"""The sources of the book: no number typed by hand, every name of the concordance exists, the layers are as drawn."""

import ast
import csv
import importlib
import re
from pathlib import Path

import nbformat
import pytest
import yaml

import renderfit
from renderfit import paths
from renderfit.errors import DataError
from renderfit.pipeline.book import complaints, text, toc
from renderfit.pipeline.book.context import context, packages

CHECKOUT = Path(__file__).resolve().parents[2]
BOOK = CHECKOUT / "book"
RESULT_PAGES = ["intro", "errata", "costs", "trace", "reliability", "peers"]
MEASURED = re.compile(
    r"(?<![\w.])\d+(?:\.\d+)?\s?(?:mm²|mm2|mm\b|cm\b|%|°|seconds\b|s\b|ms\b|min\b|MB\b|times\b|x\b)|(?<![\w.§])\d+\.\d+(?![\w.])"
)
"""A number with a unit, or a decimal fraction."""
SKIPPED = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|```.*?```|`[^`]*`|\$[^$]*\$|<[^>]*>|\]\([^)]*\)|95 %", re.DOTALL)
"""What is not prose: expressions, code, mathematics, markup, addresses; and the one level of all intervals."""
LAYERS = [
    {"errors", "paths", "parameters", "collector", "config", "provenance", "progress", "whole"},
    {"geometry"},
    {"watertight", "rendering", "shapes", "vision"},
    {"registration"},
    {"datasets", "evaluation"},
    {"plotting"},
    {"pipeline"},
    {"cli"},
]


def typed(prose):
    """Return the numbers in a text that look like results and come from no expression."""
    return MEASURED.findall(SKIPPED.sub(" ", prose))


@pytest.mark.parametrize("name", RESULT_PAGES)
def test_no_result_is_typed_by_hand_in_a_page(name):
    assert typed((BOOK / f"{name}.md").read_text()) == []


def test_no_result_is_typed_by_hand_in_the_notebooks_of_this_book():
    for name in ("table1", "intro", "figure4"):
        cells = nbformat.read(CHECKOUT / "notebooks" / f"{name}.ipynb", as_version=4).cells
        assert [typed(cell.source) for cell in cells if cell.cell_type == "markdown" and typed(cell.source)] == [], name


@pytest.mark.parametrize("prose", ["an error of 3.42 here", "about 12 mm", "noise costs 16 %", "it took 40 s"])
def test_a_typed_number_is_found(prose):
    assert typed(prose)


@pytest.mark.parametrize(
    "prose", ["Table 1 and Eq. 3", "section 4.2" and "`beta = 0.3`", "{{ results.x }} mm", "$0.5 x$", "a 4x4 matrix in 3D"]
)
def test_what_is_no_result_is_let_through(prose):
    assert not typed(prose)


def test_the_concordance_names_what_exists():
    with (BOOK / "concordance.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) > 10
    pages = set(re.findall(r"file: (\S+)", (BOOK / "_toc.yml").read_text()))
    for row in rows:
        assert (CHECKOUT / row["test"]).exists(), row
        assert row["page"] in pages or row["page"].startswith("notebooks/register"), row
        parts = row["function"].split(".")
        try:
            found = importlib.import_module(row["function"])
        except ModuleNotFoundError:
            found = getattr(importlib.import_module(".".join(parts[:-1])), parts[-1])
        assert found is not None


def test_every_public_name_exists_and_is_described():
    for name in renderfit.__all__:
        assert (getattr(renderfit, name).__doc__ or "").strip(), name


def test_every_module_says_what_it_is():
    missing = [f"{package}.{module['name']}" for package, modules in packages().items() for module in modules if not module["about"]]
    assert not missing


def test_imports_point_down_only():
    """The picture on the page about the code's layout holds."""
    level = {name: number for number, names in enumerate(LAYERS) for name in names}
    folder = Path(renderfit.__file__).parent
    wrong = []
    for path in folder.rglob("*.py"):
        own = path.relative_to(folder).parts[0].removesuffix(".py")
        if own in {"__init__", "__main__"}:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += (
                [f"renderfit.{alias.name}" for alias in node.names]
                if isinstance(node, ast.ImportFrom) and node.module == "renderfit"
                else []
            )
            for name in names:
                if name.startswith("renderfit.") and level.get(name.split(".")[1], -1) > level[own]:
                    wrong.append((path.relative_to(folder).as_posix(), name))
    assert not wrong
    drawn = (BOOK / "architecture.md").read_text()
    places = [min(drawn.index(name) for name in names) for names in LAYERS]
    assert places == sorted(places, reverse=True)


def test_a_name_that_does_not_exist_is_an_error_with_page_and_line(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# Title\n\n{{ results.nothing.here }}\n")
    with pytest.raises(DataError, match=r"page\.md, line 3.*nothing"):
        text.render(page, context(tmp_path, []))


def test_expressions_are_replaced_by_results(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "RESULTS", tmp_path)
    (tmp_path / "speed.json").write_text('{"seconds": 1.5}')
    page = tmp_path / "page.md"
    page.write_text("It took {{ '%.2f' | format(results.speed.seconds) }} s, seed {{ params.table1.seed }}.\n")
    assert text.render(page, context(tmp_path, [])) == "It took 1.50 s, seed 0.\n"


def test_contents_drop_what_is_missing_and_spell_out_globs():
    contents = yaml.safe_load("root: a\nparts:\n- caption: P\n  chapters:\n  - file: b\n  - file: c\n  - glob: n/x-*\n  - glob: n/y-*\n")
    found, listing = toc.resolve(contents, {"a", "c", "n/x-2", "n/x-1"})
    assert [chapter["file"] for chapter in found["parts"][0]["chapters"]] == ["c", "n/x-1", "n/x-2"]
    assert [entry["page"] for entry in listing if not entry["present"]] == ["b", "n/y-*"]


def test_warnings_of_a_failed_build_are_shown_once():
    log = "\x1b[31ma.md:3: WARNING: bad link\x1b[0m\nnothing\na.md:3: WARNING: bad link\n"
    assert complaints(log) == "a.md:3: WARNING: bad link"


def test_the_workflow_publishes_only_the_book_of_its_own_reproduction():
    jobs = yaml.safe_load((CHECKOUT / ".github" / "workflows" / "book.yml").read_text())["jobs"]
    steps = jobs["reproduce"]["steps"]
    commands = [step.get("run", "") for step in steps]
    uploaded = next(number for number, step in enumerate(steps) if "upload-pages-artifact" in step.get("uses", ""))
    assert "make reproduce" in commands[:uploaded]
    assert steps[uploaded]["with"] == {"path": "artifacts/book"}
    assert jobs["publish"]["needs"] == "reproduce"
    assert not any("artifacts" in command for command in commands)
