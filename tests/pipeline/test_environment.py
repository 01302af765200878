"""The lock, environment.yml and pyproject.toml say the same; no address in any of them."""

import re
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from renderfit import paths

CHECKOUT = paths.find_root(paths.Path(__file__).parent)
LOCK = [Requirement(line) for line in (CHECKOUT / "requirements.lock").read_text().splitlines() if line.strip()]


def wanted():
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    return [Requirement(text) for group in groups for text in group]


@pytest.mark.parametrize("requirement", wanted(), ids=str)
def test_every_requirement_is_locked(requirement):
    pins = [pin for pin in LOCK if canonicalize_name(pin.name) == canonicalize_name(requirement.name)]
    assert pins, f"{requirement.name} is missing: run scripts/lock.py"
    for pin in pins:
        (version,) = pin.specifier
        assert version.operator == "=="
        assert requirement.specifier.contains(version.version)


def test_the_lock_holds_no_address_and_no_accelerator():
    text = (CHECKOUT / "requirements.lock").read_text()
    assert not re.search(r"://|--|\+cpu|^nvidia|^triton|^cuda", text, re.MULTILINE)


def test_conda_installs_the_lock():
    entries = yaml.safe_load((CHECKOUT / "environment.yml").read_text())["dependencies"]
    assert {"pip": ["-r requirements.lock"]} in entries
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    assert any(str(entry).startswith("python=3.11") for entry in entries)
    assert project["requires-python"] == ">=3.11"
