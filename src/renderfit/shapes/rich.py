"""The richer model: more components, scale, and localised columns, all symmetric where the category is.

B = [principal components | stretch per axis | shift | localised sample covariance], z ~ N(0, I). The model "fine"
adds columns that no instance showed: a smooth Gaussian field, and bands of height that widen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from renderfit.geometry.sampling import farthest_points
from renderfit.shapes.clouds import frame
from renderfit.shapes.kernel import gaussian
from renderfit.shapes.model import LinearModel
from renderfit.shapes.pca import principal_components
from renderfit.shapes.symmetry import Mirror, symmetrise

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RichSettings:
    """What the richer model is made of; values of the pipeline: params.yaml `shape_space`.

    Attributes
    ----------
    components : int
        Principal components of the (mirrored) fields; no more than there are.
    scale, shift : float
        Standard deviation of the stretch along each axis, and of the shift [m]; 0: no such columns.
    local : int
        Columns of the localised sample covariance, the largest first.
    length : float
        Distance [RMS radii] over which that covariance fades; also that of its taper across mirror planes.
    landmarks : int
        Points of the Nystroem method: at least a third of the columns.
    symmetric : bool
        Whether the measured symmetry of the category is used.
    iterated : int
        Rounds of registration of each instance with the model of the others.
    smooth : int
        Columns of a Gaussian field that knows smoothness and symmetry alone; only in the model "fine".
    smooth_scale, smooth_length : float
        Its standard deviation and its length [RMS radii].
    profile : int
        Bands of height whose section widens or narrows, as much as `scale` says; only in the model "fine".
    """

    components: int = 10
    scale: float = 0.1
    shift: float = 0.01
    local: int = 60
    length: float = 0.5
    landmarks: int = 350
    symmetric: bool = True
    iterated: int = 1
    smooth: int = 40
    smooth_scale: float = 0.05
    smooth_length: float = 0.35
    profile: int = 0

    @property
    def basic(self) -> RichSettings:
        """These settings without the columns of the model "fine"."""
        return replace(self, smooth=0, profile=0)


def rich_model(
    vertices: Floats, faces: NDArray[np.int64], fields: Floats, mirrors: Sequence[Mirror], settings: RichSettings | None = None
) -> LinearModel:
    """Build the model from displacement fields of training instances.

    Parameters
    ----------
    vertices, faces : (V, 3), (F, 3) arrays
        The canonical [m].
    fields : (n, V, 3) array
        Displacements to the training instances [m]; the canonical itself counts as one more, with none.
    mirrors : sequence of Mirror
        Symmetries with their weights.
    settings : RichSettings, optional
        Sizes of the parts.

    References
    ----------
    Luethi et al., "Gaussian process morphable models", 2017, for localised covariances.
    """
    chosen = settings or RichSettings()
    used = [m for m in mirrors if m.weight > 0] if chosen.symmetric else []
    samples = np.concatenate([symmetrise(fields, vertices, faces, used), np.zeros((1, *vertices.shape))])
    mean = samples.mean(0)
    parts = principal_components(samples, chosen.components)
    columns = {"global": np.tensordot(parts.combinations, samples, axes=1)}
    centre, radius = frame(vertices)
    if chosen.scale > 0:
        columns["scale"] = chosen.scale * np.stack([(vertices[:, c] - centre[c])[:, None] * np.eye(3)[c] for c in range(3)])
    if chosen.shift > 0:
        free = [c for c in range(3) if not any(m.weight >= 1 and m.signs[c] < 0 for m in used)]
        columns["shift"] = np.stack([np.tile(chosen.shift * np.eye(3)[c], (len(vertices), 1)) for c in free])
    if chosen.local > 0:
        columns["local"] = localised(vertices, samples - mean, used, chosen, radius)
    if chosen.profile > 0:
        columns["profile"] = profiles(vertices, chosen.profile, chosen.scale)
    if chosen.smooth > 0:
        columns["smooth"] = smooth_columns(vertices, used, chosen, radius)
    groups, at = {}, 0
    for name, block in columns.items():
        groups[name], at = slice(at, at + len(block)), at + len(block)
    return LinearModel(vertices + mean, np.concatenate(list(columns.values())), faces, groups)


def localised(vertices: Floats, centred: Floats, mirrors: Sequence[Mirror], settings: RichSettings, radius: float) -> Floats:
    """Return the leading columns (L, V, 3) [m] of the sample covariance tapered with distance, by the Nystroem method."""
    chosen = np.sort(farthest_points(vertices, settings.landmarks))
    taper = _taper(vertices, vertices[chosen], settings.length * radius, mirrors)
    count, n = len(chosen), len(centred)
    columns = np.empty((len(vertices), 3, count, 3))
    for c in range(3):
        for d in range(3):
            columns[:, c, :, d] = (centred[:, :, c].T @ centred[:, chosen, d]) / (n - 1) * taper
    across = columns.reshape(len(vertices) * 3, count * 3)
    block = columns[chosen].reshape(count * 3, count * 3)
    values, vectors = np.linalg.eigh(0.5 * (block + block.T))
    kept = [int(k) for k in np.argsort(values)[::-1][: settings.local] if values[k] > 1e-9 * values[-1]]
    vectors = vectors[:, kept]
    vectors = vectors * np.sign(vectors[np.abs(vectors).argmax(0), np.arange(len(kept))])
    return (across @ (vectors / np.sqrt(values[kept]))).T.reshape(len(kept), len(vertices), 3)


def _taper(points: Floats, landmarks: Floats, length: float, mirrors: Sequence[Mirror]) -> Floats:
    total, share = gaussian(points, landmarks, length), 1.0
    for mirror in mirrors:
        total += mirror.weight * gaussian(points, mirror.apply(landmarks), length)
        share += mirror.weight
    return total / share


def profiles(vertices: Floats, bands: int, scale: float) -> Floats:
    """Return columns (2 * bands, V, 3) [m]: the section widens or narrows across x or y within a band of height."""
    low, high = vertices[:, 2].min(), vertices[:, 2].max()
    centre = frame(vertices)[0]
    width = (high - low) / bands
    columns = []
    for band in range(bands):
        window = np.exp(-0.5 * ((vertices[:, 2] - low - (band + 0.5) * width) / (0.6 * width)) ** 2)
        columns += [(scale * window * (vertices[:, c] - centre[c]))[:, None] * np.eye(3)[c] for c in (0, 1)]
    return np.stack(columns)


def smooth_columns(vertices: Floats, mirrors: Sequence[Mirror], settings: RichSettings, radius: float) -> Floats:
    """Return the leading columns (K, V, 3) [m] of a smooth Gaussian field that knows nothing but the category's symmetry."""
    chosen = np.sort(farthest_points(vertices, settings.landmarks))
    length, amplitude = settings.smooth_length * radius, settings.smooth_scale * radius
    found: list[tuple[float, int, Floats]] = []
    for c in range(3):
        across, share = gaussian(vertices, vertices[chosen], length), 1.0
        for mirror in mirrors:
            across += mirror.weight * mirror.signs[c] * gaussian(vertices, mirror.apply(vertices[chosen]), length)
            share += mirror.weight
        across *= amplitude**2 / share
        values, vectors = np.linalg.eigh(0.5 * (across[chosen] + across[chosen].T))
        for k in np.argsort(values)[::-1][: settings.smooth]:
            if values[k] > 1e-9 * values[-1]:
                column = across @ vectors[:, k] / np.sqrt(values[k])
                found.append((float(values[k]), c, column * np.sign(column[np.abs(column).argmax()])))
    found.sort(key=lambda entry: -entry[0])
    return np.stack([column[:, None] * np.eye(3)[c] for _, c, column in found[: settings.smooth]])
