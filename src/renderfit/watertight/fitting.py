"""The cell surface drawn onto the input: projection, refinement, creases."""

from __future__ import annotations

import logging

import numpy as np
from numpy.typing import NDArray

from renderfit.geometry import triangle_tree
from renderfit.watertight import piercing, projection, refinement

log = logging.getLogger(__name__)

SWEEPS = 60
ROUNDS = 2
MOVES, MOVES_EACH = 2_000_000, 10  # of vertices in all projections, at most: the larger of so many and so many for each
REFINED = 300_000  # edges that are refined in a round at least, the farthest ones, where half the vertices are fewer
LID = 1.75  # [cells]; a vertex of an occupied cell is at most sqrt(3) from the input
AHEAD = 0.4  # the input lies at most so far before a vertex of the cell surface, unless it is the wall across a gap [cells]
FACING = 0.25  # squared cosine between the normal and the way to that wall, at least
BACK = 0.75  # from how far behind a vertex the wall behind it is looked for [cells]
SMOOTHING = 40  # sweeps over lids
STUCK = 0.1  # a vertex farther than this from the input after its projection is stuck [cells]
LOOSENING = 10  # smoothing sweeps that free it
PASSES = 2  # over slivers
SETTLING = 3  # sweeps after vertices were moved apart
MISSED = 0.05  # a vertex farther than this from the crease it was meant for gives it up [cells]


class Fit:
    """A closed mesh and the state of its projection onto triangles; lengths in cells.

    Parameters
    ----------
    x : (V, 3) array
        Vertices of the cell surface.
    faces : (F, 3) integer array
        Closed and manifold.
    tree : tuple of arrays
        The input (`renderfit.geometry.triangle_tree`).
    """

    def __init__(self, x: NDArray, faces: NDArray, tree: tuple[NDArray, ...]) -> None:
        self.tree = tree
        self.x = x.copy()
        self.start, self.twin, self.spoke, self.normals = projection.begin(self.x, faces)
        self.target, self.square = np.empty_like(x), np.empty(len(x))
        self.row, self.pinned = np.full(len(x), -1), np.zeros(len(x), dtype=bool)
        self.moves = max(MOVES, MOVES_EACH * len(x))
        projection.seek(self.tree, self.x, self.target, self.square, self.row, np.arange(len(x)))
        self._turn_back()
        self.free = self.square > LID * LID
        self.target[self.free], self.square[self.free], self.pinned[self.free] = self.x[self.free], 0.0, True

    @property
    def faces(self) -> NDArray[np.int64]:
        """Faces (F, 3)."""
        return self.start.reshape(-1, 3)

    def _turn_back(self) -> None:
        """Give vertices in a gap whose nearest wall is the one before them the wall behind them."""
        ahead = ((self.target - self.x) * self.normals).sum(axis=1)
        chosen = np.flatnonzero((ahead > AHEAD) & (ahead * ahead > FACING * self.square))
        behind = self.x - BACK * self.normals
        square, row = np.empty(len(self.x)), np.full(len(self.x), -1)
        target = np.empty_like(self.x)
        projection.seek(self.tree, behind, target, square, row, chosen)
        chosen = chosen[((target[chosen] - self.x[chosen]) * self.normals[chosen]).sum(axis=1) < 0]
        self.target[chosen], self.row[chosen] = target[chosen], row[chosen]
        self.square[chosen] = ((self.target[chosen] - self.x[chosen]) ** 2).sum(axis=1)

    def project(self, active: NDArray[np.int64]) -> None:
        """Move the active vertices and those around them onto the input; who misses a crease goes to the nearest point."""
        self._project(active)
        self._release(np.flatnonzero(self.pinned & ~self.free & (self.square > MISSED * MISSED)))

    def _project(self, active: NDArray[np.int64], sweeps: int = SWEEPS) -> None:
        state = (self.x, self.normals, self.target, self.square, self.row, self.pinned)
        mesh = (self.start, self.twin, self.spoke)
        self.moves -= projection.project(self.tree, *state, *mesh, active, sweeps, self.moves)

    def _release(self, chosen: NDArray[np.int64]) -> None:
        """Project the chosen vertices anew, from where they are."""
        if len(chosen):
            self.pinned[chosen] = False
            projection.seek(self.tree, self.x, self.target, self.square, self.row, chosen)
            self._project(chosen)

    def smooth_lids(self) -> None:
        """Draw the vertices far from any input, which close a hole, into a smooth lid."""
        lids = np.flatnonzero(self.free)
        self._smooth(lids, SMOOTHING)
        self.target[lids] = self.x[lids]

    def loosen(self) -> None:
        """Smooth the vertices that are stuck between neighbours, as in the mouth of a narrow gap, and project them anew."""
        stuck = np.flatnonzero(~self.free & (self.square > STUCK * STUCK))
        self._smooth(stuck, LOOSENING)
        self._release(stuck)

    def _smooth(self, chosen: NDArray[np.int64], sweeps: int) -> None:
        if len(chosen):
            projection.smooth(self.x, self.normals, self.start, self.twin, self.spoke, chosen, sweeps)

    def refine(self, ratio: float) -> bool:
        """Flip or split the edges that are farther than `ratio` x length from the input; return whether there were any.

        Where the moves are used up the surface stays as it is: the input has detail that no cell can follow.
        """
        if self.moves <= 0:
            log.warning("the input has more detail than the cells can follow: the surface ends before all of it is as near as it could be")
            return False
        ends, far = refinement.far_edges(self.tree, self.x, self.row, self.free, self.start, self.twin, ratio)
        most = max(REFINED, len(self.x) // 2)
        if len(ends) > most:
            log.warning("the input has more detail than the cells can follow: %d of %d edges off it are refined", most, len(ends))
        farthest = np.argsort(-far, kind="stable")[:most]
        ends, far = ends[farthest], far[farthest]
        more, vertices, edges = len(ends), len(self.x), len(self.start)
        if not more:
            return False
        for name in ("x", "normals", "target", "square", "row", "pinned", "free", "spoke", "start", "twin"):
            old = getattr(self, name)
            room = 6 * more if name in ("start", "twin") else more
            setattr(self, name, np.concatenate([old, np.zeros((room, *old.shape[1:]), old.dtype)]))
        state = (self.x, self.normals, self.target, self.square, self.row, self.pinned)
        mesh = (self.start, self.twin, self.spoke)
        used, halves = refinement.refine(self.tree, self._planes(), ends, far, *state, *mesh, vertices, edges)
        for name in ("x", "normals", "target", "square", "row", "pinned", "free", "spoke"):
            setattr(self, name, getattr(self, name)[:used])
        self.start, self.twin = self.start[:halves], self.twin[:halves]
        self.project(np.union1d(np.arange(vertices, used), ends.reshape(-1)))
        for _ in range(PASSES):
            refinement.turn_slivers(self.x, self.normals, self.start, self.twin, self.spoke)
        return True

    def part(self, solid: NDArray[np.bool_]) -> None:
        """Draw apart the faces of thin walls and narrow gaps that pierce each other; `solid` (X, Y, Z) are the cells."""
        faces = self.faces
        looked = faces[piercing.thin(self.x, self.normals, solid)[faces].any(axis=1)]
        asked = np.ones(len(looked), dtype=bool)
        for apart in piercing.APART:
            if not len(looked):
                return
            found = piercing.pierced(self.x, looked, triangle_tree.build(self.x, looked), piercing.DEEP, asked)
            moved = np.unique(looked[found])
            if not len(moved):
                return
            before = self.x.copy()
            self.target[moved], self.pinned[moved] = self.x[moved] + apart * self.normals[moved], True
            self.square[moved] = ((self.target[moved] - self.x[moved]) ** 2).sum(axis=1)
            self._project(moved, SETTLING)
            asked = found | (self.x != before).any(axis=1)[looked].any(axis=1)  # two others stay as they were

    def _planes(self) -> NDArray[np.float64]:
        """Return unit normals (T, 3) of the input triangles in the order of the tree; zero without area."""
        corners = self.tree[3].reshape(-1, 3, 3)
        cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        length = np.linalg.norm(cross, axis=1, keepdims=True)
        return np.divide(cross, length, out=np.zeros_like(cross), where=length > 1e-12)


def fit(solid: NDArray[np.bool_], x: NDArray, faces: NDArray, tree: tuple[NDArray, ...], ratio: float) -> tuple[NDArray, NDArray]:
    """Return vertices and faces of the surface (x, faces) of solid cells (X, Y, Z) drawn onto the input, a tree of triangles."""
    state = Fit(x, faces, tree)
    state.project(np.arange(len(x)))
    state.smooth_lids()
    state.loosen()
    for _ in range(ROUNDS):
        if not state.refine(ratio):
            break
    state.part(solid)
    return state.x, state.faces
