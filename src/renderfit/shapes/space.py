"""The latent shape space of a category (section 3.2.2)."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from renderfit.errors import DataError, ShapeError
from renderfit.geometry import Mesh
from renderfit.geometry.sampling import farthest_points
from renderfit.progress import progress
from renderfit.shapes.cpd import coherent_point_drift, frame, template_kernel
from renderfit.shapes.kernel import gaussian
from renderfit.shapes.model import LinearModel
from renderfit.shapes.pca import Form, principal_components

Floats = NDArray[np.float64]
ModelName = Literal["pca", "rich"]
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SpaceSettings:
    """How a space was fitted; see `ShapeSpace.fit`."""

    components: int = 5
    form: Form = "displacement"
    points: int = 1000
    beta: float = 0.3
    lam: float = 5.0
    outliers: float = 0.1
    iterations: int = 80
    tolerance: float = 1e-5


@dataclass(frozen=True, eq=False)
class ShapeSpace:
    """Deformation fields of a canonical mesh to training instances, and models made of them.

    Attributes
    ----------
    canonical : Mesh
        The template [m], object frame.
    settings : SpaceSettings
        Parameters of the fit.
    names : list of str
        Training instances.
    template : (M, 3) array
        CPD's template points [m].
    weights : (n, M, 3) array
        W of every instance [m] (Eq. 8).
    centres : (C, 3) array, coefficients : (n, C, 3) array
        Field i at x is G(x, centres) coefficients_i [m].
    beta : float
        Kernel width [m].
    """

    canonical: Mesh
    settings: SpaceSettings
    names: list[str]
    template: Floats
    weights: Floats
    centres: Floats
    coefficients: Floats
    beta: float

    @classmethod
    def fit(
        cls, canonical: Mesh, instances: Sequence[Mesh], components: int = 5, *, names: Sequence[str] | None = None, **settings: object
    ) -> ShapeSpace:
        """Register `canonical` to every instance and keep the fields.

        Parameters
        ----------
        canonical : Mesh
            Template of the category [m], z up, front +y.
        instances : sequence of Mesh
            Training instances in the same frame; clouds (no faces) will do.
        components : int
            Latent dimensions of the "pca" model (paper: 5).
        names : sequence of str, optional
            Names of the instances.
        **settings
            Fields of `SpaceSettings`.

        Raises
        ------
        DataError
            With fewer than two instances.
        """
        if len(instances) < 2:
            raise DataError(f"shape space of {len(instances)} training instance; expected at least 2 besides the canonical: add meshes")
        chosen = SpaceSettings(components=components, **settings)  # type: ignore[arg-type]
        template = _points(canonical, chosen.points)
        kernel = template_kernel(template, chosen.beta)
        weights, coefficients, results = [], [], []
        for mesh in progress(instances, "CPD"):
            result = coherent_point_drift(
                template, _points(mesh, chosen.points), beta=chosen.beta, lam=chosen.lam, outliers=chosen.outliers,
                iterations=chosen.iterations, tolerance=chosen.tolerance, kernel=kernel,
            )  # fmt: skip
            weights.append(result.weights)
            coefficients.append(result.coefficients)
            results.append(result)
        labels = list(names) if names is not None else [f"instance-{i}" for i in range(len(instances))]
        return cls(
            canonical,
            chosen,
            labels,
            template,
            np.stack(weights),
            results[0].centres,
            np.stack(coefficients),
            frame(template)[1] * chosen.beta,
        )

    def field(self, points: Floats) -> Floats:
        """Return the displacement (n, N, 3) [m] of every training instance at `points` (N, 3) of the canonical's frame."""
        return np.einsum("xc,ncd->nxd", gaussian(points, self.centres, self.beta), self.coefficients, optimize=True)

    def model(self, name: ModelName = "pca", components: int | None = None) -> LinearModel:
        """Return the model "pca" (section 3.2.2) or "rich" over the canonical's vertices."""
        if name not in ("pca", "rich"):
            raise ShapeError(f"no shape model {name!r}; expected 'pca' or 'rich'")
        vertices, faces = self.canonical.numpy()
        return self._pca(vertices, faces, components or self.settings.components)

    def _pca(self, vertices: Floats, faces: NDArray[np.int64], components: int) -> LinearModel:
        still = np.zeros((1, *self.template.shape))
        samples = self.weights if self.settings.form == "weights" else self.field(self.template)
        parts = principal_components(np.concatenate([samples, still]), components)
        fields = np.concatenate([self.field(vertices), np.zeros((1, *vertices.shape))])
        mean = vertices + np.tensordot(parts.mean, fields, axes=1)
        basis = np.tensordot(parts.combinations, fields, axes=1)
        return LinearModel(mean, basis, faces, {"global": slice(0, len(basis))})

    def decode(self, z: Tensor | ArrayLike) -> Mesh:
        """Return the mesh of latent `z` (K,) of the "pca" model; differentiable when `z` is a tensor."""
        return self.model().decode(z)

    def encode(self, mesh: Mesh) -> Floats:
        """Return the latent (K,) of a mesh or cloud: CPD from the canonical, then least squares of its displacements, not of its W."""
        kernel = template_kernel(self.template, self.settings.beta)
        s = self.settings
        result = coherent_point_drift(
            self.template, _points(mesh, s.points), beta=s.beta, lam=s.lam, outliers=s.outliers,
            iterations=s.iterations, tolerance=s.tolerance, kernel=kernel,
        )  # fmt: skip
        model = self.model()
        target = result.transform(self.canonical.numpy()[0]) - model.mean
        z: Floats = np.linalg.lstsq(model.basis.reshape(model.size, -1).T, target.reshape(-1), rcond=None)[0]
        return z

    def save(self, folder: str | Path) -> None:
        """Write the space as .npy arrays and one JSON file; the JSON appears last."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        vertices, faces = self.canonical.numpy()
        arrays = {"vertices": vertices, "faces": faces, "template": self.template, "weights": self.weights, "centres": self.centres,
                  "coefficients": self.coefficients}  # fmt: skip
        if self.canonical.colors is not None:
            arrays["colors"] = self.canonical.colors.numpy()
        for name, array in arrays.items():
            np.save(folder / f"{name}.npy", array, allow_pickle=False)
        entries = {"format": 1, "beta_m": self.beta, "names": self.names, "settings": asdict(self.settings), "arrays": sorted(arrays)}
        part = folder / ".space.json.part"
        part.write_text(json.dumps(entries, indent=1) + "\n")
        os.replace(part, folder / "space.json")

    @classmethod
    def load(cls, folder: str | Path) -> ShapeSpace:
        """Read a space that `save` wrote.

        Raises
        ------
        DataError
            If the folder is missing or is not a shape space.
        """
        folder = Path(folder)
        try:
            entries = json.loads((folder / "space.json").read_text())
            arrays = {name: np.load(folder / f"{name}.npy", allow_pickle=False) for name in entries["arrays"]}
            canonical = Mesh(torch.from_numpy(arrays["vertices"]), torch.from_numpy(arrays["faces"]), arrays.get("colors"))
            return cls(canonical, SpaceSettings(**entries["settings"]), entries["names"], arrays["template"], arrays["weights"],
                       arrays["centres"], arrays["coefficients"], entries["beta_m"])  # fmt: skip
        except (OSError, ValueError, KeyError, TypeError, ShapeError) as problem:
            raise DataError(
                f"{folder}: no readable shape space ({problem}); expected a folder made by ShapeSpace.save or `renderfit shape-space`"
            ) from problem


def _points(mesh: Mesh, count: int) -> Floats:
    vertices, _ = mesh.numpy()
    return vertices[np.sort(farthest_points(vertices, count))]
