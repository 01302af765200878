"""Deformation fields from a canonical mesh to training instances (section 3.2.2, Eq. 8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from renderfit.errors import ShapeError
from renderfit.geometry import Mesh
from renderfit.geometry.sampling import farthest_points
from renderfit.progress import progress
from renderfit.shapes.clouds import frame
from renderfit.shapes.cpd import coherent_point_drift, template_kernel
from renderfit.shapes.kernel import LowRank, gaussian
from renderfit.shapes.pca import Form, Solver
from renderfit.shapes.result import CPDResult
from renderfit.shapes.rich import RichSettings

ModelName = Literal["pca", "rich", "fine"]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SpaceSettings:
    """How a space is fitted: Coherent Point Drift (beta in RMS radii), the components and the richer model.

    `surface` names the model that `ShapeSpace.reconstruct` fits to a surface seen in whole or in part.
    """

    components: int = 5
    form: Form = "displacement"
    solver: Solver = "eigen"
    points: int = 1000
    beta: float = 0.3
    lam: float = 5.0
    outliers: float = 0.1
    iterations: int = 80
    tolerance: float = 1e-5
    rich: RichSettings = field(default_factory=RichSettings)
    surface: ModelName = "fine"

    def __post_init__(self) -> None:
        if self.surface not in get_args(ModelName):
            raise ShapeError(f"surface is {self.surface!r}; expected one of {', '.join(get_args(ModelName))}")


@dataclass(frozen=True, eq=False)
class Fields:
    """Fields x -> G(x, centres) coefficients_i on one template.

    Attributes
    ----------
    template : (M, 3) array
        CPD's template points [m].
    weights : (n, M, 3) array
        W of every instance [m] (Eq. 8).
    centres : (C, 3) array, coefficients : (n, C, 3) array
        The fields [m].
    beta : float
        Kernel width [m].
    """

    template: Floats
    weights: Floats
    centres: Floats
    coefficients: Floats
    beta: float

    def at(self, points: Floats) -> Floats:
        """Return the displacements (n, N, 3) [m] at `points` (N, 3) of the canonical's frame."""
        kernel = gaussian(points, self.centres, self.beta)
        return np.stack([kernel @ coefficients for coefficients in self.coefficients])

    def without(self, index: int) -> Fields:
        """Return all fields but one."""
        kept = np.arange(len(self.weights)) != index
        return Fields(self.template, self.weights[kept], self.centres, self.coefficients[kept], self.beta)


def register_fields(canonical: Mesh, instances: Sequence[Mesh], settings: SpaceSettings) -> Fields:
    """Register `canonical` to every instance by Coherent Point Drift."""
    template = even_points(canonical, settings.points)
    kernel = template_kernel(template, settings.beta, lam=settings.lam)
    results = [drift(template, mesh, settings, kernel) for mesh in progress(instances, "CPD")]
    weights, coefficients = np.stack([r.weights for r in results]), np.stack([r.coefficients for r in results])
    return Fields(template, weights, results[0].centres, coefficients, frame(template)[1] * settings.beta)


def drift(template: Floats, mesh: Mesh, settings: SpaceSettings, kernel: LowRank) -> CPDResult:
    """Register `template` (M, 3) to evenly chosen vertices of `mesh`."""
    return coherent_point_drift(
        template, even_points(mesh, settings.points), beta=settings.beta, lam=settings.lam, outliers=settings.outliers,
        iterations=settings.iterations, tolerance=settings.tolerance, kernel=kernel,
    )  # fmt: skip


def even_points(mesh: Mesh, count: int) -> Floats:
    """Return at most `count` vertices (count, 3) [m] far apart, in their order in the mesh."""
    vertices, _ = mesh.numpy()
    return vertices[np.sort(farthest_points(vertices, count))]
