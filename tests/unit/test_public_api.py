"""The public names: few, each with an example that can be copied as it stands; and every other example in the source."""

import doctest
import importlib
import inspect
from pathlib import Path

import pytest

import renderfit as rf

SOURCE = Path(rf.__file__).parent
NAMES = {getattr(rf, name).__qualname__ for name in rf.__all__}


def run(example: doctest.DocTest) -> None:
    report: list[str] = []
    failed, tried = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(example, out=report.append)
    assert tried
    assert not failed, "".join(report)


def written() -> list[str]:
    """Return the modules in whose source there are examples."""
    paths = (path for path in sorted(SOURCE.rglob("*.py")) if ">>>" in path.read_text())
    return [".".join(["renderfit", *path.relative_to(SOURCE).with_suffix("").parts]) for path in paths]


def test_there_are_few_public_names_and_all_resolve():
    assert len(rf.__all__) <= 30
    assert set(rf.__all__) <= set(dir(rf))
    with pytest.raises(AttributeError, match="no attribute 'rendre'"):
        _ = rf.rendre


@pytest.mark.parametrize("name", rf.__all__)
def test_the_example_of_a_public_name_runs_by_itself(name):
    """Nothing is imported for it: what stands in the documentation is all a reader needs."""
    described = inspect.getdoc(getattr(rf, name))
    assert "\nExamples\n--------\n" in described
    run(doctest.DocTestParser().get_doctest(described, {}, f"renderfit.{name}", None, None))


@pytest.mark.parametrize("name", written())
def test_the_other_examples_run_in_their_modules(name):
    module = importlib.import_module(name)
    for example in doctest.DocTestFinder(exclude_empty=True).find(module):
        if example.examples and example.name.removeprefix(f"{name}.") not in NAMES:
            run(example)
