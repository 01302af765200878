"""The `edge` estimator: what changes between two neighbouring pixels when their surfaces move.

For each pair of neighbouring pixels with different faces the mesh itself is asked, by a walk along
the line between the two centres, how their surfaces meet. Where one ends, the pair's exchange of
colour times the loss gradient is the derivative with respect to the position of that edge along the
line, given to its two vertices. Where both show one surface, the difference of their colours is the
integral of the colour's slope from centre to centre, over all the faces between: unlike the slope at
a centre it does not depend on which of many small faces the centre happens to hit. The pair idea is
that of Pidhorskyi et al., Rasterized Edge Gradients, ECCV 2024; the walk replaces their test of who
occludes.

Numba's cache of this file looks at this file alone: after a change in `crossings`, `layers`, `silhouette` or
`kernels`, whose functions are compiled into the loop below, remove ``__pycache__``.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from renderfit.rendering.crossings import move_crossing
from renderfit.rendering.kernels import barycentrics_at, face_planes
from renderfit.rendering.layers import BORDER, CROSSING, JUMP, ONE, OUTLINE, relation, same_surface, value_slope
from renderfit.rendering.settings import FACE, PIXEL, VERTEX


@numba.njit(cache=True, nogil=True)
def _push(grad_h: NDArray, v: int, share: float, force: float, px: float, py: float, axis: int, w: float) -> None:
    """Give a share of a screen force at (px, py), depth weight w, to one vertex."""
    grad_h[v, axis] += share * force / w
    grad_h[v, 2] -= share * force * (px if axis == 0 else py) / w


@numba.njit(cache=True, nogil=True)
def _value(
    h: NDArray, faces: NDArray, attributes: NDArray, per_face: bool, face: int, n: NDArray, px: float, py: float, value: NDArray
) -> None:
    """Write the attributes of a face at a pixel position to `value` (C,)."""
    i0, i1, i2 = faces[face, 0], faces[face, 1], faces[face, 2]
    face_planes(h, i0, i1, i2, n)
    b0, b1, b2, _, _ = barycentrics_at(n, px, py)
    for k in range(len(value)):
        if per_face:
            value[k] = attributes[face, k]
        else:
            value[k] = b0 * attributes[i0, k] + b1 * attributes[i1, k] + b2 * attributes[i2, k]


@numba.njit(cache=True, nogil=True)
def edge_forces(  # noqa: PLR0912, PLR0915 - one fused loop, so that no pixel pair is stored
    ids: NDArray,
    faces: NDArray,
    across_edge: NDArray,
    parts: NDArray,
    h: NDArray,
    depth: NDArray,
    attributes: NDArray,
    values: int,
    image: NDArray,
    upstream: NDArray,
    upstream_mask: NDArray,
    focal: float,
    near: float,
    perspective: bool,
    grad_h: NDArray,
    force: NDArray,
    show: bool,
) -> None:
    """Add the terms of all horizontal and vertical pixel pairs that show different faces.

    Parameters
    ----------
    across_edge : (F, 3), parts : (F,)
        Neighbours of the faces, and their connected parts.
    depth : (H, W) [m]; image, upstream : (H, W, C); upstream_mask : (H, W)
        Forward results and the loss gradients with respect to image and mask.
    attributes : (V, C); with `values` FACE (F, C); with PIXEL not looked at
    values : int
        What the attributes belong to: `settings.VERTEX`, `FACE` or `PIXEL`.
    focal : float
        Mean focal length [px] (or [px/m] of an orthographic camera).
    grad_h : (V, 4)
        Accumulated into, at the vertices of each outline edge and of each crossing.
    force : (H, W, 2)
        Accumulated into: the force on the surface at a pixel, from the colours between two pixels and from
        outlines whose edge was not found; with `show` all outline terms and nothing else, for display.
    """
    height, width = ids.shape
    channels = image.shape[2]
    n = np.empty((4, 3))
    smooth = (1.0 if perspective else -1.0) / focal
    va, vb, ga, gb = np.empty(channels), np.empty(channels), np.empty(channels), np.empty(channels)
    for row in range(height):
        for column in range(width):
            fa = ids[row, column]
            if (column + 1 == width or ids[row, column + 1] == fa) and (row + 1 == height or ids[row + 1, column] == fa):
                continue
            for axis in range(2):
                r, c = (row, column + 1) if axis == 0 else (row + 1, column)
                if r >= height or c >= width or ids[r, c] == fa:
                    continue
                fb = ids[r, c]
                kind, owner, i, j, t, last, other = ONE, 0, 0, 0, 0.0, fa, fb
                if values == FACE or fa < 0 or fb < 0 or parts[fa] != parts[fb] or not same_surface(ids, depth, row, column, axis, smooth):
                    kind, owner, i, j, t, last, other = relation(
                        ids, depth, faces, across_edge, parts, h, n, smooth, near, values == FACE, row, column, axis
                    )
                if kind == ONE:
                    if values == VERTEX and not show:
                        inner_a, inner_b = 0.0, 0.0
                        for k in range(channels):
                            step = np.float64(image[r, c, k]) - np.float64(image[row, column, k])
                            inner_a += step * upstream[row, column, k]
                            inner_b += step * upstream[r, c, k]
                        force[row, column, axis] -= 0.5 * inner_a
                        force[r, c, axis] -= 0.5 * inner_b
                    continue
                for k in range(channels):
                    va[k], vb[k] = image[row, column, k], image[r, c, k]
                    ga[k], gb[k] = upstream[row, column, k], upstream[r, c, k]
                found = kind != JUMP
                t = min(max(t, 0.0), 1.0) if found else 0.5
                ta = t if owner > 0 or kind == CROSSING else 1.0 - t  # place between the first pixel and the next
                px, py = (column + 0.5 + ta, row + 0.5) if axis == 0 else (column + 0.5, row + 0.5 + ta)
                # weights of the two vertices at the crossing, on the screen and in perspective
                si, wi, wj, bi = 0.0, 1.0, 1.0, 0.0
                if kind in (OUTLINE, BORDER):
                    across = py if axis == 0 else px
                    vi, vj = h[i, 1 - axis] / h[i, 2], h[j, 1 - axis] / h[j, 2]
                    si = (vj - across) / (vj - vi)
                    wi, wj = h[i, 2], h[j, 2]
                    bi = (si / wi) / (si / wi + (1 - si) / wj)
                if kind == OUTLINE and values != PIXEL:
                    for k in range(channels):
                        value = attributes[last, k] if values == FACE else bi * attributes[i, k] + (1 - bi) * attributes[j, k]
                        if owner > 0:
                            va[k] = value
                        else:
                            vb[k] = value
                first, second = fa, fb
                if kind == CROSSING:
                    first, second = (fa, other) if ta < 0.5 else (last, fb)
                    if values != PIXEL:
                        _value(h, faces, attributes, values == FACE, first, n, px, py, va)
                        _value(h, faces, attributes, values == FACE, second, n, px, py, vb)
                term = 0.0
                for k in range(channels):
                    term += ((1 - ta) * ga[k] + ta * gb[k]) * (va[k] - vb[k])
                if fa < 0 or fb < 0:
                    g = (1 - ta) * upstream_mask[row, column] + ta * upstream_mask[r, c]
                    term += g if fb < 0 else -g
                if values == VERTEX and not show:
                    # from each centre to the place where its surface ends; where that is not known, by the slope
                    for end in range(2):
                        face, y, x = (fa, row, column) if end == 0 else (fb, r, c)
                        if face < 0:
                            continue
                        g = ga if end == 0 else gb
                        inner = 0.0
                        if kind == CROSSING or (kind == OUTLINE and (owner > 0) == (end == 0)):
                            for k in range(channels):
                                inner += g[k] * (va[k] - image[row, column, k] if end == 0 else image[r, c, k] - vb[k])
                        else:
                            inner = 0.5 * value_slope(h, faces, face, n, x + 0.5, y + 0.5, axis, attributes, g)
                        force[y, x, axis] -= inner
                if found and not show:
                    if kind == CROSSING:
                        move_crossing(grad_h, h, faces, first, second, n, px, py, axis, term)
                    else:
                        w = 1.0 / (si / wi + (1 - si) / wj)
                        _push(grad_h, i, bi, term, px, py, axis, w)
                        _push(grad_h, j, 1 - bi, term, px, py, axis, w)
                elif owner > 0 or (kind == CROSSING and ta < 0.5):
                    force[row, column, axis] += term
                else:
                    force[r, c, axis] += term
