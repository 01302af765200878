"""The latent shape space of a category (section 3.2.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
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
from renderfit.shapes.iterate import refine_fields
from renderfit.shapes.kernel import LowRank, gaussian
from renderfit.shapes.model import LinearModel
from renderfit.shapes.pca import Form, principal_components
from renderfit.shapes.result import CPDResult
from renderfit.shapes.rich import RichSettings, rich_model
from renderfit.shapes.space_files import read, write
from renderfit.shapes.symmetry import Mirror, find_mirrors

Floats = NDArray[np.float64]
ModelName = Literal["pca", "rich"]
ARRAYS = ("template", "weights", "centres", "coefficients", "fields")


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
    rich: RichSettings = field(default_factory=RichSettings)


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
    fields : (n, V, 3) array
        Displacements of the canonical's vertices after iterated registration [m]; the "rich" model is made of them.
    mirrors : list of Mirror
        Measured symmetry of the category.
    """

    canonical: Mesh
    settings: SpaceSettings
    names: list[str]
    template: Floats
    weights: Floats
    centres: Floats
    coefficients: Floats
    beta: float
    fields: Floats
    mirrors: list[Mirror]
    _built: dict[tuple[str, int], LinearModel] = field(default_factory=dict, init=False, repr=False)

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
        results = [_drift(template, mesh, chosen, kernel) for mesh in progress(instances, "CPD")]
        labels = list(names) if names is not None else [f"instance-{i}" for i in range(len(instances))]
        beta, coefficients = frame(template)[1] * chosen.beta, np.stack([r.coefficients for r in results])
        vertices, faces = canonical.numpy()
        fields, mirrors = displacements(vertices, results[0].centres, coefficients, beta), []
        if len(faces):
            mirrors = find_mirrors(canonical, instances)
            fields = refine_fields(vertices, faces, fields, instances, mirrors, chosen.rich)
        return cls(
            canonical,
            chosen,
            labels,
            template,
            np.stack([r.weights for r in results]),
            results[0].centres,
            coefficients,
            beta,
            fields,
            mirrors,
        )

    def without(self, index: int) -> ShapeSpace:
        """Return the space without training instance `index`; iterated fields stay as they are."""
        kept = [i for i in range(len(self.names)) if i != index]
        return replace(
            self, names=[self.names[i] for i in kept], weights=self.weights[kept], coefficients=self.coefficients[kept],
            fields=self.fields[kept],
        )  # fmt: skip

    def field(self, points: Floats) -> Floats:
        """Return the displacement (n, N, 3) [m] of every training instance at `points` (N, 3) of the canonical's frame."""
        return displacements(points, self.centres, self.coefficients, self.beta)

    def model(self, name: ModelName = "pca", components: int | None = None) -> LinearModel:
        """Return the model "pca" (section 3.2.2) or "rich" over the canonical's vertices."""
        if name not in ("pca", "rich"):
            raise ShapeError(f"no shape model {name!r}; expected 'pca' or 'rich'")
        key = (name, components or self.settings.components)
        if key not in self._built:
            self._built[key] = self._build(*key)
        return self._built[key]

    def _build(self, name: str, components: int) -> LinearModel:
        vertices, faces = self.canonical.numpy()
        if name == "rich":
            if not len(faces):
                raise ShapeError(
                    "the canonical is a cloud without faces; expected a mesh for the model 'rich': reconstruct its surface, or use 'pca'"
                )
            return rich_model(vertices, faces, self.fields, self.mirrors, self.settings.rich)
        return self._pca(vertices, faces, components)

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
        result = _drift(self.template, mesh, self.settings, template_kernel(self.template, self.settings.beta))
        model = self.model()
        target = result.transform(self.canonical.numpy()[0]) - model.mean
        return np.asarray(np.linalg.lstsq(model.basis.reshape(model.size, -1).T, target.reshape(-1), rcond=None)[0], dtype=np.float64)

    def save(self, folder: str | Path) -> None:
        """Write the space as .npy arrays and one JSON file."""
        vertices, faces = self.canonical.numpy()
        arrays = {"vertices": vertices, "faces": faces, **{name: getattr(self, name) for name in ARRAYS}}
        if self.canonical.colors is not None:
            arrays["colors"] = self.canonical.colors.numpy()
        entries = {
            "beta_m": self.beta,
            "names": self.names,
            "settings": asdict(self.settings),
            "mirrors": [asdict(m) for m in self.mirrors],
        }
        write(folder, arrays, entries)

    @classmethod
    def load(cls, folder: str | Path) -> ShapeSpace:
        """Read a space that `save` wrote.

        Raises
        ------
        DataError
            If the folder is missing or is not a shape space.
        """
        arrays, entries = read(folder)
        try:
            canonical = Mesh(torch.from_numpy(arrays["vertices"]), torch.from_numpy(arrays["faces"]), _tensor(arrays.get("colors")))
            mirrors = [Mirror(tuple(m["signs"]), tuple(m["offset"]), m["error"], m["weight"]) for m in entries["mirrors"]]
            settings = SpaceSettings(**{**entries["settings"], "rich": RichSettings(**entries["settings"]["rich"])})
            parts = {name: arrays[name] for name in ARRAYS}
            return cls(canonical, settings, entries["names"], beta=entries["beta_m"], mirrors=mirrors, **parts)
        except (KeyError, TypeError, ShapeError) as problem:
            raise DataError(
                f"{folder}: incomplete shape space ({problem}); expected what ShapeSpace.save writes: fit it again"
            ) from problem


def _tensor(array: Floats | None) -> Tensor | None:
    return None if array is None else torch.from_numpy(array)


def displacements(points: Floats, centres: Floats, coefficients: Floats, beta: float) -> Floats:
    """Return the fields (n, N, 3) [m] of `coefficients` (n, C, 3) at `points` (N, 3)."""
    return np.asarray(np.einsum("xc,ncd->nxd", gaussian(points, centres, beta), coefficients, optimize=True), dtype=np.float64)


def _drift(template: Floats, mesh: Mesh, s: SpaceSettings, kernel: LowRank) -> CPDResult:
    cloud = _points(mesh, s.points)
    return coherent_point_drift(
        template, cloud, beta=s.beta, lam=s.lam, outliers=s.outliers, iterations=s.iterations, tolerance=s.tolerance, kernel=kernel
    )


def _points(mesh: Mesh, count: int) -> Floats:
    vertices, _ = mesh.numpy()
    return vertices[np.sort(farthest_points(vertices, count))]
