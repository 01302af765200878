"""The latent shape space of a category (section 3.2.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import get_args

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from renderfit.errors import DataError, ShapeError
from renderfit.geometry import Mesh
from renderfit.shapes.cpd import template_kernel
from renderfit.shapes.fields import Fields, ModelName, SpaceSettings, drift, register_fields
from renderfit.shapes.full_fit import FullFit, fit_full
from renderfit.shapes.inspection import check_instances, check_request
from renderfit.shapes.iterate import refine_fields
from renderfit.shapes.model import LinearModel
from renderfit.shapes.pca import principal_components
from renderfit.shapes.rich import RichSettings, rich_model
from renderfit.shapes.space_files import read, write
from renderfit.shapes.symmetry import Mirror, find_mirrors

Floats = NDArray[np.float64]
ARRAYS = ("template", "weights", "centres", "coefficients")


@dataclass(frozen=True, eq=False)
class ShapeSpace:
    """Deformations of a canonical mesh to training instances, and models made of them.

    Attributes
    ----------
    canonical : Mesh
        The template [m], object frame.
    settings : SpaceSettings
        Parameters of the fit.
    names : list of str
        Training instances.
    drifted : Fields
        What Coherent Point Drift found, defined everywhere in space; the "pca" model is made of it.
    refined : (n, V, 3) array
        Displacements of the canonical's vertices after iterated registration [m]; the "rich" model is made of them.
    mirrors : list of Mirror
        Measured symmetry of the category.

    Examples
    --------
    >>> import numpy as np, trimesh
    >>> import renderfit as rf
    >>> def ellipsoid(width, height):
    ...     ball = trimesh.creation.icosphere(2)
    ...     return rf.Mesh(ball.vertices * [width, width, height], ball.faces)
    >>> family = [ellipsoid(0.05, 0.08), ellipsoid(0.06, 0.08), ellipsoid(0.06, 0.1), ellipsoid(0.04, 0.1)]
    >>> space = rf.ShapeSpace.fit(ellipsoid(0.05, 0.09), family, components=2, points=162, iterations=50)
    >>> latent = space.encode(ellipsoid(0.055, 0.085))
    >>> error = rf.vertex_error(space.decode(latent), ellipsoid(0.055, 0.085))
    >>> latent.shape, error.mean < 0.0005  # [m]
    ((2,), True)
    """

    canonical: Mesh
    settings: SpaceSettings
    names: list[str]
    drifted: Fields
    refined: Floats
    mirrors: list[Mirror]
    _built: dict[tuple[str, int], LinearModel] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def fit(
        cls,
        canonical: Mesh,
        instances: Sequence[Mesh],
        components: int = 5,
        *,
        names: Sequence[str] | None = None,
        check: bool = True,
        **settings: object,
    ) -> ShapeSpace:
        """Register `canonical` to every instance and keep the deformations.

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
        check : bool
            Refuse instances in another unit, frame or handedness (see `check_instances`).
        **settings
            Fields of `SpaceSettings`.

        Raises
        ------
        DataError
            With fewer than two instances, when one does not match the canonical's frame, or when none differs from it.
        ShapeError
            If a setting is out of range.
        """
        labels = list(names) if names is not None else [f"instance-{i}" for i in range(len(instances))]
        check_request(canonical, instances, labels, components)
        if check:
            check_instances(canonical, instances, labels)
        chosen = SpaceSettings(components=components, **settings)  # type: ignore[arg-type]
        drifted = register_fields(canonical, instances, chosen)
        vertices, faces = canonical.numpy()
        refined = drifted.at(vertices)
        mirrors: list[Mirror] = []
        if len(faces):
            mirrors = find_mirrors(canonical, instances)
            refined = refine_fields(vertices, faces, refined, instances, mirrors, chosen.rich)
        return cls(canonical, chosen, labels, drifted, refined, mirrors)

    @property
    def template(self) -> Floats:
        """Points (M, 3) [m] of the canonical that Coherent Point Drift moves."""
        return self.drifted.template

    def without(self, index: int) -> ShapeSpace:
        """Return the space without training instance `index`; refined deformations of the others stay as they are."""
        names = [name for i, name in enumerate(self.names) if i != index]
        return replace(self, names=names, drifted=self.drifted.without(index), refined=np.delete(self.refined, index, axis=0))

    def model(self, name: ModelName = "pca", components: int | None = None) -> LinearModel:
        """Return the model "pca" (section 3.2.2), "rich" or "fine" over the canonical's vertices.

        "fine" is "rich" and columns that no training instance showed: for targets that are surfaces, where they help; a
        silhouette says too little about them.

        Raises
        ------
        ShapeError
            If there is no such model, or the canonical is a cloud and the richer model needs its surface.
        """
        if name not in get_args(ModelName):
            raise ShapeError(f"no shape model {name!r}; expected 'pca', 'rich' or 'fine'")
        key = (name, components or self.settings.components)
        if key not in self._built:
            self._built[key] = self.pca_at(self.canonical, key[1]) if name == "pca" else self._rich(name)
        return self._built[key]

    def _rich(self, name: ModelName) -> LinearModel:
        vertices, faces = self.canonical.numpy()
        if not len(faces):
            raise ShapeError(
                f"the canonical is a cloud without faces; expected a mesh for the model {name!r}: reconstruct it, or use 'pca'"
            )
        chosen = self.settings.rich if name == "fine" else self.settings.rich.basic
        return rich_model(vertices, faces, self.refined, self.mirrors, chosen)

    def pca_at(self, mesh: Mesh, components: int | None = None) -> LinearModel:
        """Return the "pca" model over another mesh of the canonical's surface, of any resolution."""
        vertices, faces = mesh.numpy()
        still = np.zeros((1, *self.template.shape))
        samples = self.drifted.weights if self.settings.form == "weights" else self.drifted.at(self.template)
        parts = principal_components(np.concatenate([samples, still]), components or self.settings.components, self.settings.solver)
        fields = np.concatenate([self.drifted.at(vertices), np.zeros((1, *vertices.shape))])
        mean = vertices + np.tensordot(parts.mean, fields, axes=1)
        basis = np.tensordot(parts.combinations, fields, axes=1)
        return LinearModel(mean, basis, faces, {"global": slice(0, len(basis))})

    def decode(self, z: Tensor | ArrayLike, name: ModelName = "pca") -> Mesh:
        """Return the mesh of latent `z` (K,); differentiable when `z` is a tensor."""
        return self.model(name).decode(z)

    def encode(self, mesh: Mesh) -> Floats:
        """Return the latent (K,) of a mesh or cloud: CPD from the canonical, then least squares of its displacements, not of its W."""
        result = drift(self.template, mesh, self.settings, template_kernel(self.template, self.settings.beta, lam=self.settings.lam))
        model = self.model()
        target = result.transform(self.canonical.numpy()[0]) - model.mean
        return np.asarray(np.linalg.lstsq(model.basis.reshape(model.size, -1).T, target.reshape(-1), rcond=None)[0], dtype=np.float64)

    def reconstruct(self, mesh: Mesh, visible: NDArray[np.bool_] | None = None, name: ModelName | None = None) -> FullFit:
        """Return the shape of a model that is nearest to a surface or a cloud, seen in whole or in part.

        Parameters
        ----------
        mesh : Mesh
            Target in the canonical's frame [m].
        visible : (V',) bool array, optional
            Only these of its vertices are known, e.g. those one viewpoint sees.
        name : {"pca", "rich", "fine"}, optional
            Which model; default ``settings.surface``.

        Raises
        ------
        DataError
            If the target is in another unit or frame, or nothing of it is visible.
        """
        return fit_full(mesh, self.model(name or self.settings.surface), visible=visible)

    def sample(self, seed: int, name: ModelName = "pca", spread: float = 1.0) -> Mesh:
        """Return a random shape: z ~ N(0, spread^2 I)."""
        model = self.model(name)
        return model.decode(spread * np.random.default_rng(seed).normal(size=model.size))

    def interpolate(self, start: ArrayLike, end: ArrayLike, share: float, name: ModelName = "pca") -> Mesh:
        """Return the shape `share` of the way from latent `start` to latent `end`."""
        first, last = np.asarray(start, dtype=np.float64), np.asarray(end, dtype=np.float64)
        return self.model(name).decode((1 - share) * first + share * last)

    def save(self, folder: str | Path) -> None:
        """Write the space as .npy arrays and one JSON file."""
        vertices, faces = self.canonical.numpy()
        arrays = {"vertices": vertices, "faces": faces, "refined": self.refined, **{name: getattr(self.drifted, name) for name in ARRAYS}}
        if self.canonical.colors is not None:
            arrays["colors"] = self.canonical.colors.numpy()
        entries = {"beta_m": self.drifted.beta, "names": self.names, "settings": asdict(self.settings)}
        write(folder, arrays, {**entries, "mirrors": [asdict(m) for m in self.mirrors]})

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
            colors = torch.from_numpy(arrays["colors"]) if "colors" in arrays else None
            canonical = Mesh(torch.from_numpy(arrays["vertices"]), torch.from_numpy(arrays["faces"]), colors)
            mirrors = [Mirror(tuple(m["signs"]), tuple(m["offset"]), m["error"], m["weight"]) for m in entries["mirrors"]]
            settings = SpaceSettings(**{**entries["settings"], "rich": RichSettings(**entries["settings"]["rich"])})
            drifted = Fields(beta=entries["beta_m"], **{name: arrays[name] for name in ARRAYS})
            return cls(canonical, settings, entries["names"], drifted, arrays["refined"], mirrors)
        except (KeyError, TypeError, ShapeError) as problem:
            raise DataError(
                f"{folder}: incomplete shape space ({problem}); expected what ShapeSpace.save writes: fit it again"
            ) from problem
