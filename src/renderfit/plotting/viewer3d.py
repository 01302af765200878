"""Interactive 3D scenes: one self-contained HTML page each, no server, no outside script.

Geometry is stored as 16-bit integers inside the scene's bounding box (an error of at most 1/131070 of its
size), so that a scene of a few meshes, a registration with its iterations, or a shape space with its sliders
stays below 1 MB. The drawing is plain JavaScript and WebGL (``viewer.js``).
"""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from renderfit.errors import ShapeError
from renderfit.plotting.packing import checked, pack
from renderfit.whole import write_text

LIMIT = 1_000_000
"""Largest size of a scene [bytes]."""


@dataclass
class Scene:
    """A scene that is built object by object and then saved or shown in a notebook.

    Parameters
    ----------
    title : str
        Names the scene; part of its file name.
    description : str
        What the scene shows, in a sentence: read out by screen readers, printed instead of the scene on paper.
    up : str
        ``"z"`` (object frames) or ``"-y"`` (OpenCV camera frames).
    height : int
        Height of the frame [px].

    Examples
    --------
    >>> scene = Scene("triangle", "One triangle.")
    >>> page = scene.mesh("face", [[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]]).html()
    >>> "http" in page.replace("http://www.w3.org", "")
    False
    """

    title: str
    description: str
    up: str = "z"
    height: int = 420
    objects: list[dict[str, Any]] = field(default_factory=list)
    controls: dict[str, Any] = field(default_factory=dict)

    def mesh(
        self,
        name: str,
        vertices: ArrayLike,
        faces: ArrayLike,
        color: str = "#0072b2",
        colors: ArrayLike | None = None,
        frames: Sequence[ArrayLike] | None = None,
        basis: ArrayLike | None = None,
        opacity: float = 1.0,
        visible: bool = True,
        group: str = "",
        wireframe: bool = False,
    ) -> Scene:
        """Add a triangle mesh.

        Parameters
        ----------
        name : str
            Label of its check box.
        vertices, faces : array-like, shapes (V, 3) and (F, 3)
            Positions [m] and triangles.
        color : str
            ``#rrggbb`` of the whole mesh.
        colors : array-like, shape (V, 3), optional
            A colour in [0, 1] a vertex, instead of `color`.
        frames : sequence of array-like, shape (V, 3), optional
            Positions over time, driven by the scene's slider.
        basis : array-like, shape (K, V, 3), optional
            Displacements [m] for one standard deviation of each latent parameter: K sliders.
        opacity : float
            1 opaque, 0 invisible.
        visible : bool
            Whether it is shown at first.
        group : str
            Objects of the same group share one button row; only one of them is shown (data set browser).
        wireframe : bool
            Draw edges only.
        """
        points, triangles = checked(vertices, name), np.asarray(faces, dtype=np.int64).reshape(-1, 3)
        if triangles.size and (triangles.min() < 0 or triangles.max() >= len(points)):
            raise ShapeError(f"{name}: faces name vertices {triangles.min()} to {triangles.max()}; expected 0 to {len(points) - 1}")
        entry: dict[str, Any] = {
            "kind": "wire" if wireframe else "mesh",
            "name": name,
            "points": points,
            "faces": triangles,
            "color": color,
        }
        entry |= {"opacity": opacity, "visible": visible, "group": group}
        if colors is not None:
            entry["colors"] = np.asarray(colors, dtype=np.float64)
        if frames is not None:
            entry["frames"] = [checked(frame, name, len(points)) for frame in frames]
        if basis is not None:
            entry["basis"] = np.stack([checked(direction, name, len(points)) for direction in np.asarray(basis)])
        self.objects.append(entry)
        return self

    def points(
        self, name: str, points: ArrayLike, color: str = "#d55e00", size: float = 3.0, visible: bool = True, group: str = ""
    ) -> Scene:
        """Add a point cloud, shape (N, 3) [m]; `size` in pixels."""
        entry = {"kind": "points", "name": name, "points": checked(points, name), "color": color, "size": size}
        self.objects.append(entry | {"visible": visible, "group": group})
        return self

    def lines(self, name: str, segments: ArrayLike, color: str = "#5a6270", visible: bool = True) -> Scene:
        """Add line segments, shape (N, 2, 3) [m]: axes, camera frusta, correspondences."""
        ends = np.asarray(segments, dtype=np.float64).reshape(-1, 3)
        self.objects.append({"kind": "lines", "name": name, "points": checked(ends, name), "color": color, "visible": visible, "group": ""})
        return self

    def slider(self, label: str, captions: Sequence[str] = ()) -> Scene:
        """Name the slider that drives `frames`; one caption a frame."""
        self.controls |= {"slider": label, "captions": list(captions)}
        return self

    def latent(self, labels: Sequence[str], limit: float = 2.5) -> Scene:
        """Name the sliders that drive `basis`; they run to +-`limit` standard deviations."""
        self.controls |= {"latent": list(labels), "limit": limit}
        return self

    def html(self) -> str:
        """Return the whole page.

        Raises
        ------
        ShapeError
            If the scene is empty or larger than `LIMIT`.
        """
        if not self.objects:
            raise ShapeError(f"scene {self.title!r} has no objects; add a mesh, points or lines first")
        folder = Path(__file__).parent / "viewer"
        page = (folder / "page.html").read_text()
        data = json.dumps(self._packed(), separators=(",", ":"), sort_keys=True).replace("<", "\\u003c")
        for name, entry in (
            ("title", html.escape(self.title)),
            ("description", html.escape(self.description)),
            ("style", (folder / "viewer.css").read_text()),
            ("data", data),
            ("script", (folder / "viewer.js").read_text()),
        ):
            page = page.replace(f"@{name}@", entry)
        if len(page.encode()) > LIMIT:
            raise ShapeError(f"scene {self.title!r} takes {len(page.encode())} bytes; expected at most {LIMIT}: fewer frames or vertices")
        return page

    def save(self, path: Path) -> Path:
        """Write the page to `path` and return it."""
        write_text(path, self.html())
        return path

    def _repr_html_(self) -> str:
        frame = f'<iframe data-scene="{html.escape(self.title)}" title="{html.escape(self.description)}" class="scene" loading="lazy"'
        page = html.escape(self.html())
        return f'{frame} width="100%" height="{self.height}" style="border:0;border-radius:8px" srcdoc="{page}"></iframe>'

    def _packed(self) -> dict[str, Any]:
        every = np.concatenate([part for entry in self.objects for part in (entry["points"], *entry.get("frames", ()))])
        low, high = every.min(axis=0), every.max(axis=0)
        span = float((high - low).max()) or 1.0
        objects = [pack(entry, low, span) for entry in self.objects]
        return {
            "objects": objects,
            "low": low.tolist(),
            "span": span,
            "high": high.tolist(),
            "up": self.up,
            "title": self.title,
            **self.controls,
        }
