"""Triangle soups: coloured parts side by side, split by material, with the defects of real meshes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from renderfit.datasets.procedural.curves import Array
from renderfit.datasets.procedural.solids import Faces, Part, tilted
from renderfit.geometry.mesh import Mesh

Color = Sequence[float]
Paint = Callable[[Array], Array]


@dataclass
class Soup:
    """Parts that were added so far: vertices [m], faces and one linear RGB colour (material) each."""

    parts: list[tuple[Array, Faces, Color]] = field(default_factory=list)

    def add(self, part: Part, color: Color) -> None:
        """Add a part of one material."""
        self.parts.append((part[0], part[1], color))

    def add_painted(self, part: Part, color: Color, layers: Sequence[tuple[Paint, Color]]) -> None:
        """Add a part with painted regions; triangles are cut along their outlines.

        Parameters
        ----------
        part : (vertices, faces)
            What is painted.
        color : RGB
            Ground material.
        layers : sequence of (function, RGB)
            Each function gives a value per vertex (V, 3) -> (V,), negative where its colour goes;
            later layers cover earlier ones.
        """
        pieces: list[tuple[Part, Color]] = [(part, color)]
        for region, paint in layers:
            split = []
            for coarse, ground in pieces:
                piece = refined(refined(coarse, region), region)
                values = region(piece[0])
                split += [(clipped(piece, values), paint), (clipped(piece, -values), ground)]
            pieces = [(piece, paint) for piece, paint in split if len(piece[1])]
        for piece, paint in pieces:
            self.add(piece, paint)

    def turn(self, angle: float) -> None:
        """Rotate all parts so far by `angle` [degree] about the z axis."""
        self.parts = [(*tilted((points, faces), angle, "z"), color) for points, faces, color in self.parts]

    def mesh(self) -> Mesh:
        """Return all parts as one mesh; coordinates are rounded to 1 um so that the bytes repeat."""
        offset, vertices, faces, colors = 0, [], [], []
        for points, triangles, color in self.parts:
            vertices.append(points)
            faces.append(triangles + offset)
            colors.append(np.repeat(np.asarray([color], dtype=np.float64), len(points), axis=0))
            offset += len(points)
        rounded = np.round(np.concatenate(vertices), 6) + 0.0
        return Mesh(torch.as_tensor(rounded), torch.as_tensor(np.concatenate(faces)), torch.as_tensor(np.concatenate(colors)))


def clipped(part: Part, values: Array) -> Part:
    """Keep the side of a part where `values` (V,) < 0, cutting the triangles along the zero line."""
    vertices, faces = part
    values = np.where(np.abs(values) < 1e-9, 1e-9, values)
    below = values < 0
    count = below[faces].sum(axis=1)
    pieces, points = [faces[count == 3]], [vertices]
    total = len(vertices)
    for lonely, wanted in ((True, 1), (False, 2)):
        mixed = faces[count == wanted]
        first = np.argmax(below[mixed] == lonely, axis=1)
        a, b, c = (mixed[np.arange(len(mixed)), (first + k) % 3] for k in range(3))
        ab, ac = (vertices[a] + (values[a] / (values[a] - values[o]))[:, None] * (vertices[o] - vertices[a]) for o in (b, c))
        i, j = total + np.arange(len(a)), total + len(a) + np.arange(len(a))
        points += [ab, ac]
        total += 2 * len(a)
        if lonely:
            pieces.append(np.stack([a, i, j], axis=1))
        else:
            pieces += [np.stack([i, b, c], axis=1), np.stack([i, c, j], axis=1)]
    return compact((np.concatenate(points), np.concatenate(pieces)))


def refined(part: Part, region: Paint, straight: float = 0.1) -> Part:
    """Split the triangles that a bent outline of `region` runs through into four, so that it comes out smooth.

    A triangle is left alone when the values at the middles of its edges are within `straight` times
    their range of what its corners promise: there the outline is a straight line already.
    """
    vertices, faces = part
    corners = vertices[faces]
    middles = 0.5 * (corners + np.roll(corners, -1, axis=1))
    ends, values = region(vertices)[faces], region(middles.reshape(-1, 3)).reshape(-1, 3)
    every = np.concatenate([ends, values], axis=1)
    bent = np.abs(values - 0.5 * (ends + np.roll(ends, -1, axis=1))).max(axis=1) > straight * np.ptp(every, axis=1)
    crossed = (every < 0).any(axis=1) & (every >= 0).any(axis=1) & bent
    count = int(crossed.sum())
    if count == 0:
        return part
    a, b, c = faces[crossed].T
    ab, bc, ca = (len(vertices) + 3 * np.arange(count) + k for k in range(3))
    small = np.stack([a, ab, ca, ab, b, bc, ca, bc, c, ab, bc, ca], axis=1).reshape(-1, 3)
    return np.concatenate([vertices, middles[crossed].reshape(-1, 3)]), np.concatenate([faces[~crossed], small])


def compact(part: Part) -> Part:
    """Drop vertices that no face uses."""
    vertices, faces = part
    used, inverse = np.unique(faces, return_inverse=True)
    return vertices[used], inverse.reshape(-1, 3).astype(np.int64)


def grounded(mesh: Mesh) -> Mesh:
    """Shift a mesh along z so that its lowest point is at z = 0."""
    lift = torch.tensor([0.0, 0.0, float(mesh.vertices[:, 2].min())], dtype=mesh.vertices.dtype)
    return mesh.with_vertices(torch.round(mesh.vertices - lift, decimals=6) + 0.0)


def with_defects(mesh: Mesh, *, seed: int, flipped: float, duplicated: float, cracks: int) -> Mesh:
    """Spoil a soup the way published meshes are spoilt; the silhouette stays.

    Parameters
    ----------
    mesh : Mesh
        Clean soup.
    seed : int
        Chooses the faces.
    flipped, duplicated : float
        Fractions of the faces that face inward, or are there twice.
    cracks : int
        Vertices whose faces are torn apart by 0.2 mm.
    """
    generator = np.random.default_rng(seed)
    vertices, faces = mesh.numpy()
    vertices, faces = vertices.copy(), faces.copy()
    colors = mesh.colors.numpy() if mesh.colors is not None else np.zeros_like(vertices)
    torn = generator.choice(len(vertices), size=min(cracks, len(vertices)), replace=False)
    new: list[tuple[Array, Array]] = []
    for vertex in np.sort(torn):
        corners = np.argwhere(faces == vertex)
        for row, column in corners[1::2]:
            faces[row, column] = len(vertices) + len(new)
            centre = vertices[[k for k in faces[row] if k < len(vertices)]].mean(axis=0)
            way = centre - vertices[vertex]
            new.append((vertices[vertex] + 2e-4 * way / max(float(np.linalg.norm(way)), 1e-9), colors[vertex]))
    if new:
        vertices = np.concatenate([vertices, np.stack([point for point, _ in new])])
        colors = np.concatenate([colors, np.stack([color for _, color in new])])
    wrong = generator.random(len(faces)) < flipped
    faces[wrong] = faces[wrong][:, ::-1]
    faces = np.concatenate([faces, faces[generator.random(len(faces)) < duplicated]])
    return Mesh(torch.as_tensor(np.round(vertices, 6) + 0.0), torch.as_tensor(faces), torch.as_tensor(colors))
