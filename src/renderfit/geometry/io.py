"""Reading and writing meshes and point clouds (through trimesh, vertices never merged)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from renderfit.errors import DataError, ShapeError
from renderfit.geometry.mesh import Mesh
from renderfit.whole import whole_file

LARGEST_OBJECT = 10.0
"""Longest box side [m] of an object that is taken for metres without a word."""


def load_mesh(path: str | Path, *, check_unit: bool = False, textures: bool = False) -> Mesh:
    """Read a mesh or a point cloud (no faces) from any file trimesh reads.

    Parameters
    ----------
    path : path
        PLY, OBJ, STL, OFF, GLB, ...; scenes are concatenated, polygons become triangles.
    check_unit : bool
        Refuse objects longer than 10 m, which are most likely millimetres.
    textures : bool
        Sample texture images and base colours at the vertices, as linear colours; without it they are
        left out, with a line in the log.

    Returns
    -------
    Mesh
        Vertices as stored (double shells stay apart), colours if the file has them per vertex.

    Raises
    ------
    DataError
        If the file is missing, unreadable, empty, holds non-finite vertices or has a wrong unit.

    Examples
    --------
    >>> import tempfile
    >>> import renderfit as rf
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     rf.save_mesh(rf.Mesh([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]]), f"{folder}/triangle.ply")
    ...     mesh = rf.load_mesh(f"{folder}/triangle.ply", check_unit=True)
    >>> mesh.vertices.shape, mesh.faces.tolist()
    (torch.Size([3, 3]), [[0, 1, 2]])
    """
    import trimesh  # slow to import, and only files need it

    from renderfit.geometry.textures import bake_textures

    path = Path(path)
    if not path.is_file():
        raise DataError(f"{path}: {'a folder' if path.is_dir() else 'no such file'}; expected a mesh (PLY, OBJ, STL, OFF, GLB)")
    try:
        loaded = trimesh.load(path, process=False, force=None)
    except Exception as problem:  # trimesh raises whatever its parsers raise
        raise DataError(
            f"{path}: not readable as a mesh ({type(problem).__name__}: {problem}); expected PLY, OBJ, STL, OFF or GLB"
        ) from problem
    bake_textures(loaded, str(path), wanted=textures)
    if isinstance(loaded, trimesh.Scene):
        loaded = loaded.to_geometry() if loaded.geometry else None
    if loaded is None or len(getattr(loaded, "vertices", ())) == 0:
        raise DataError(f"{path}: no vertices in it; expected a mesh or a point cloud")
    faces = np.asarray(getattr(loaded, "faces", np.zeros((0, 3))), dtype=np.int64).reshape(-1, 3)
    try:
        mesh = Mesh(torch.as_tensor(np.array(loaded.vertices, dtype=np.float64)), torch.as_tensor(faces), _colors(loaded))
    except ShapeError as problem:
        raise DataError(f"{path}: {problem}") from problem
    if check_unit:
        require_metres(mesh, str(path))
    return mesh


def require_metres(mesh: Mesh, name: str) -> None:
    """Raise `DataError` when the object is so large that its unit cannot be the metre."""
    longest = float((mesh.bounds()[1] - mesh.bounds()[0]).max())
    if longest > LARGEST_OBJECT:
        raise DataError(
            f"{name}: the object is {longest:.4g} m long; expected metres and at most {LARGEST_OBJECT:g} m: "
            "if the file is in millimetres, scale it by 0.001"
        )


def _colors(loaded: object) -> torch.Tensor | None:
    visual = getattr(loaded, "visual", None)
    if getattr(visual, "kind", None) != "vertex":
        return None
    colors = np.asarray(visual.vertex_colors, dtype=np.float64)  # type: ignore[union-attr]
    if colors.ndim != 2 or len(colors) != len(loaded.vertices):  # type: ignore[attr-defined]  # clouds without colours claim to have some
        return None
    return torch.as_tensor(colors[:, :3] / 255.0)


def save_mesh(mesh: Mesh, path: str | Path) -> None:
    """Write a mesh; the file appears whole or not at all.

    Raises
    ------
    DataError
        If no mesh can be written in the format of the path's ending.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import renderfit as rf
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     rf.save_mesh(rf.Mesh([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]]), f"{folder}/made/triangle.obj")
    ...     [path.name for path in Path(folder, "made").iterdir()]
    ['triangle.obj']
    """
    import trimesh  # as in load_mesh

    path = Path(path)
    vertices, faces = mesh.numpy()
    colors = None if mesh.colors is None else (mesh.colors.detach().cpu().numpy().clip(0, 1) * 255).round().astype(np.uint8)
    if len(faces):
        solid = trimesh.Trimesh(vertices, faces, vertex_colors=colors, process=False)
    else:
        solid = trimesh.PointCloud(vertices, colors=colors)
    with whole_file(path) as part:
        try:
            solid.export(part)
        except ValueError as problem:
            raise _no_format(path) from problem


def require_ending(path: str | Path) -> None:
    """Raise `DataError` when `save_mesh` knows no format for the ending of a path: better before long work than after."""
    import trimesh  # as in load_mesh

    try:
        trimesh.Trimesh([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]], process=False).export(file_type=Path(path).suffix[1:].lower())
    except ValueError as problem:
        raise _no_format(Path(path)) from problem


def _no_format(path: Path) -> DataError:
    return DataError(f"{path}: got the ending '{path.suffix}'; expected a format meshes are written in: .ply, .obj, .stl, .off")
