"""The surface of any set of cells is closed, manifold and has their volume."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from renderfit.geometry import Mesh
from renderfit.geometry.topology import topology
from renderfit.watertight.occupancy import occupy
from renderfit.watertight.sealing import choose_seal, solid_cells
from renderfit.watertight.surface import extract


@settings(max_examples=200, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1), sides=st.tuples(*[st.integers(1, 6)] * 3), share=st.floats(0.05, 0.95))
def test_random_grids(flaws_of, seed, sides, share):
    solid = np.zeros(np.array(sides) + 2, dtype=bool)
    solid[1:-1, 1:-1, 1:-1] = np.random.default_rng(seed).random(sides) < share
    solid[1, 1, 1] = True
    vertices, faces = extract(solid)
    mesh = Mesh(vertices, faces)
    assert flaws_of(mesh) == []
    assert topology(faces).solid
    np.testing.assert_allclose(mesh.volume(), solid.sum())


def test_cells_that_share_only_an_edge_are_kept_apart():
    solid = np.zeros((4, 4, 3), dtype=bool)
    solid[1, 1, 1] = solid[2, 2, 1] = True
    assert topology(extract(solid)[1]).components == 2


def test_a_loop_over_an_ambiguous_edge_gets_midpoints():
    solid = np.zeros((4, 4, 4), dtype=bool)
    solid[1:3, 1:3, 1:3] = True
    solid[1, 1, 1] = solid[2, 2, 1] = False
    vertices, faces = extract(solid)
    assert topology(faces).solid
    np.testing.assert_allclose(Mesh(vertices, faces).volume(), 6)


def _shell(opening):
    """A hollow box of 20 cells with a square opening in its lid."""
    cells = np.zeros((24, 24, 24), dtype=bool)
    cells[2:22, 2:22, 2:22] = True
    cells[3:21, 3:21, 3:21] = False
    middle = slice(12 - opening // 2, 12 + opening - opening // 2)
    cells[middle, middle, 21] = False
    return cells


def test_sealing_keeps_out_the_outside():
    shell = _shell(6)
    assert solid_cells(shell, 0).sum() == shell.sum()
    assert solid_cells(shell, 3).sum() == 20**3
    assert choose_seal(_shell(0)) == 0
    assert choose_seal(shell) == 3


def test_sealing_fills_neither_grooves_nor_loops():
    groove = np.zeros((24, 24, 24), dtype=bool)
    groove[2:22, 2:22, 2:4] = groove[2:4, 2:22, 2:22] = groove[8:10, 2:22, 2:22] = True
    loop = np.zeros((24, 24, 12), dtype=bool)
    loop[2:22, 2:22, 4:8] = True
    loop[9:15, 9:15] = False
    for cells in (groove, loop):
        np.testing.assert_array_equal(solid_cells(cells, 4), cells)


def test_crowded_cells_are_those_of_each_triangle():
    rng = np.random.default_rng(0)
    vertices, faces = 1 + 18 * rng.random((900, 3)), np.arange(900).reshape(-1, 3)
    crowded, alone = np.zeros((20, 20, 20), np.uint8), np.zeros((20, 20, 20), np.uint8)
    occupy(vertices, faces, crowded)
    for face in faces:
        one = np.zeros_like(alone)
        occupy(vertices, face[None], one)
        alone |= one
    assert 0.3 < crowded.mean() < 1
    np.testing.assert_array_equal(crowded, alone)
