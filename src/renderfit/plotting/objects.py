"""Portraits of the data set: every instance in its own colours, one scale per category."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from renderfit.geometry import Camera, Mesh, Pose
from renderfit.plotting.figures import figure, image_row
from renderfit.plotting.pictures import Image, clay
from renderfit.plotting.viewer3d import LIMIT, Scene

DISTANCE = 1.2
"""From the camera to the middle of the object [m]: far enough for a quiet perspective."""


def portrait(mesh: Mesh, size: int = 220, *, azimuth: float = 35.0, elevation: float = 18.0, extent: float | None = None) -> Image:
    """Return a picture (size, size, 3) of one object on white, in its own colours.

    Parameters
    ----------
    mesh : Mesh
        Object frame [m], z up, front +y; without colours it is drawn grey.
    size : int
        Side of the picture [px].
    azimuth, elevation : float
        Direction of the camera [degree]: from the front toward +x, and up.
    extent : float, optional
        What fills the picture [m]; default the object's diagonal.
    """
    low, high = mesh.bounds().double()
    centre = (low + high) / 2
    extent = extent or mesh.diagonal()
    a, e = math.radians(azimuth), math.radians(elevation)
    way = torch.tensor([math.sin(a) * math.cos(e), math.cos(a) * math.cos(e), math.sin(e)], dtype=torch.float64)
    pose = Pose.look_at(centre + DISTANCE * way, centre)
    camera = Camera.centred(size, 0.94 * size * DISTANCE / extent)
    if mesh.colors is None:
        return clay(mesh, camera, pose, "#b9bec6")
    display = mesh.colors.double().numpy().clip(0, 1) ** (1 / 2.2)
    return clay(mesh, camera, pose, display)


def portraits(objects: Mapping[str, Mesh], per_row: int = 7, width: float = 9.6, size: int = 180, **view: float) -> Any:
    """Draw captioned portraits at one scale.

    Parameters
    ----------
    objects : mapping
        Caption -> mesh.
    per_row : int
        Objects a row.
    width : float
        Width of the figure [inch].
    size : int
        Side of each picture [px].
    **view
        ``azimuth``, ``elevation`` of `portrait`.

    Returns
    -------
    matplotlib.figure.Figure
    """
    extent = max(mesh.diagonal() for mesh in objects.values())
    images = [portrait(mesh, size, extent=extent, **view) for mesh in objects.values()]
    return rows_of(images, list(objects), per_row, width)


def rows_of(images: Sequence[Image], titles: Sequence[str], per_row: int, width: float) -> Any:
    """Lay pictures out in rows, trimmed to the tallest and widest object, captions below."""
    inked = np.any([(image < 0.995).any(axis=2) for image in images], axis=0)
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    window = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    height = (rows[-1] - rows[0] + 1) / (columns[-1] - columns[0] + 1)
    lines = -(-len(images) // per_row)
    found, axes = figure(lines, per_row, width, lines * (width / per_row * height + 0.28), squeeze=False)
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, image, title in zip(axes.flat, images, titles, strict=False):
        axis.imshow(image[window], interpolation="antialiased")
        axis.set_title(title, fontsize=8, fontweight="normal", loc="center", y=-0.12)
    return found


def browser(objects: Mapping[str, Mesh], category: str) -> Scene:
    """Return a scene in which one button an object chooses what is shown: the first ones, as many as a scene has room for."""
    sizes = np.cumsum([8 * (len(mesh.vertices) + len(mesh.faces)) for mesh in objects.values()])  # bytes that each takes
    kept = list(objects.items())[: max(1, int((sizes < 0.9 * LIMIT).sum()))]
    scene = Scene(f"Data set {category}", f"Closed meshes of the category {category}; the buttons choose one of {len(kept)} objects.")
    for name, mesh in kept:
        scene.mesh(name, *mesh.numpy(), group=name)
    return scene


def summary(meshes: Mapping[str, Mapping[str, Mesh]]) -> Any:
    """Return a table of what a data set is like, one row a category.

    Parameters
    ----------
    meshes : mapping
        Category -> name -> raw mesh.

    Returns
    -------
    pandas.DataFrame
        Instances, triangles, parts, height [mm], share of open edges and of repeated faces.
    """
    import pandas as pd

    rows = {}
    for category, found in meshes.items():
        heights = [1e3 * float((mesh.bounds()[1] - mesh.bounds()[0])[2]) for mesh in found.values()]
        counts = [_census(mesh) for mesh in found.values()]
        triangles, parts, opened, repeated = (np.array(column) for column in zip(*counts, strict=True))
        rows[category] = {
            "instances": len(found),
            "triangles": f"{triangles.min()} to {triangles.max()}",
            "separate parts": f"{parts.min()} to {parts.max()}",
            "height [mm]": f"{min(heights):.0f} to {max(heights):.0f}",
            "open edges": f"{100 * opened.mean():.1f} %",
            "repeated faces": f"{100 * repeated.mean():.1f} %",
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def _census(mesh: Mesh) -> tuple[int, int, float, float]:
    """Count triangles and connected parts; shares of edges with one face and of faces that are there twice."""
    _, faces = mesh.numpy()
    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    _, uses = np.unique(edges, axis=0, return_counts=True)
    links = coo_matrix((np.ones(len(edges)), edges.T), shape=(len(mesh.vertices), len(mesh.vertices)))
    _, label = connected_components(links, directed=False)
    distinct = len(np.unique(np.sort(faces, axis=1), axis=0))
    return len(faces), len(np.unique(label[faces[:, 0]])), float((uses == 1).mean()), 1 - distinct / len(faces)


def photographs(objects: Mapping[str, Mesh], size: int = 256, width: float = 9.6, seed: int = 11) -> Any:
    """Photograph objects once each (`renderfit.rendering.photo`) and lay the pictures side by side."""
    from renderfit.rendering.photo import photograph

    images = []
    for number, mesh in enumerate(objects.values()):
        centre = mesh.bounds().double().mean(dim=0)
        pose = Pose.look_at(centre + torch.tensor([0.30, 0.44, 0.22], dtype=torch.float64), centre)
        images.append(photograph(mesh, Camera.centred(size, 1.65 * size), pose, seed + number).image)
    return image_row(images, list(objects), width)
