import pytest
from pears import SMALL, blob, family

from renderfit.geometry import Mesh
from renderfit.shapes import ShapeSpace


@pytest.fixture(scope="session")
def instances() -> list[Mesh]:
    return family()


@pytest.fixture(scope="session")
def space(instances: list[Mesh]) -> ShapeSpace:
    return ShapeSpace.fit(blob(), instances, 3, **SMALL)
