"""The outside enters gaps wider than a cell, and nothing that is closed."""

import numpy as np
import pytest
import trimesh

from renderfit.geometry import Mesh
from renderfit.geometry.nearest import TriangleTree
from renderfit.geometry.sampling import sample_surface
from renderfit.watertight import make_watertight, solidify


def _plates(gap):
    """Two slabs of 1 x 0.2 x 1 m, turned, a gap of so many cells of depth 6 apart, joined by a bar along one side."""
    cell = 0.03  # about 1.39 / 2**6 times the longest side
    parts = [trimesh.creation.box((1.0, 0.2, 1.0)), trimesh.creation.box((1.0, 0.2, 1.0)), trimesh.creation.box((0.2, 0.4, 1.0))]
    parts[1].apply_translation((0.0, 0.2 + gap * cell, 0.0))
    parts[2].apply_translation((-0.4, 0.15, 0.0))
    soup = trimesh.util.concatenate(parts)
    soup.apply_transform(trimesh.transformations.rotation_matrix(0.9, [0.5, 1.0, 0.8]))
    return Mesh(np.array(soup.vertices), np.array(soup.faces))


@pytest.mark.parametrize("gap", [2.3, 2.6])
def test_oblique_gaps_stay_open(gap, flaws_of):
    source = _plates(gap)
    solid = solidify(source, depth=6)
    assert flaws_of(solid.mesh) == []
    distance = TriangleTree(*source.numpy()).query(sample_surface(solid.mesh, 20000))[0]
    assert np.quantile(distance, 0.98) < 0.1 * solid.cell
    filled = 2 * 0.2 + 0.2 * gap * 0.03
    assert solid.mesh.volume() == pytest.approx(filled, rel=0.02)


@pytest.mark.parametrize("thickness", [0.005, 0.04, 0.08])
def test_thin_walls_stay_closed(thickness, flaws_of):
    """Shells of a fraction of a cell, one and two cells, with as narrow a gap to a body inside: only the outer surface is left."""
    outer = trimesh.creation.icosphere(subdivisions=3)
    layers = [outer.vertices * (1 - k * thickness) for k in range(4)]
    faces = np.concatenate([outer.faces + k * len(outer.vertices) for k in range(4)])
    made = make_watertight(Mesh(np.concatenate(layers), faces), depth=6)
    assert flaws_of(made) == []
    assert made.volume() == pytest.approx(outer.volume, rel=0.01)


def test_thin_parts_beside_a_wall_are_kept():
    """A rod thinner than a cell, two cells over a wall."""
    rod, wall = trimesh.creation.cylinder(0.008, 0.8, sections=12), trimesh.creation.box((1.0, 0.2, 1.0))
    rod.apply_translation((0.0, 0.145, 0.0))
    soup = trimesh.util.concatenate([rod, wall])
    soup.apply_transform(trimesh.transformations.rotation_matrix(0.4, [0.5, 1.0, 0.8]))
    made = make_watertight(Mesh(np.array(soup.vertices), np.array(soup.faces)), depth=6)
    along = rod.copy()
    along.apply_transform(trimesh.transformations.rotation_matrix(0.4, [0.5, 1.0, 0.8]))
    assert TriangleTree(*made.numpy()).query(along.vertices)[0].max() < 0.03
