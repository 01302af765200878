import numpy as np
import pytest
import torch
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from renderfit.errors import DataError, DeviceError, ShapeError
from renderfit.geometry import Mesh, load_mesh, save_mesh
from renderfit.geometry.io import require_metres
from renderfit.geometry.sampling import farthest_points, sample_surface


@pytest.fixture
def box():
    solid = trimesh.creation.box((0.1, 0.2, 0.3))
    return Mesh(solid.vertices, solid.faces)


def test_measures_of_a_box(box):
    assert box.volume() == pytest.approx(0.1 * 0.2 * 0.3)
    assert float(box.face_areas().sum()) == pytest.approx(2 * (0.02 + 0.03 + 0.06))
    assert box.diagonal() == pytest.approx(np.sqrt(0.01 + 0.04 + 0.09))
    shifted = box.with_vertices(box.vertices + 1e3)
    assert shifted.volume() == pytest.approx(box.volume(), rel=1e-8)


def test_vertex_normals_of_a_sphere_point_outward_and_pass_gradcheck():
    ball = trimesh.creation.icosphere(subdivisions=2)
    mesh = Mesh(ball.vertices, ball.faces)
    assert float((mesh.vertex_normals() * mesh.vertices).sum(1).min()) > 0.99
    vertices = mesh.vertices[:12].clone().requires_grad_(True)
    faces = torch.tensor([[0, 1, 2], [2, 3, 4], [5, 6, 7], [8, 9, 10], [1, 11, 3]])
    assert torch.autograd.gradcheck(lambda v: Mesh(v, faces).vertex_normals(), vertices)


def test_unreferenced_vertices_do_not_count_in_the_bounds(box):
    far = torch.cat([box.vertices, box.vertices.new_tensor([[9.0, 9, 9]])])
    assert torch.equal(Mesh(far, box.faces).bounds(), box.bounds())


@pytest.mark.parametrize(
    ("vertices", "faces", "message"),
    [
        (np.zeros((4, 2)), [[0, 1, 2]], "vertices has shape"),
        (np.zeros((4, 3)), [[0, 1, 2, 3]], "faces has shape"),
        (np.zeros((2, 3)), [[0, 1, 2]], "faces refer to vertices"),
        (np.array([[0, 0, 0], [np.nan, 0, 0], [0, 1, 0]]), [[0, 1, 2]], "vertex 1 is"),
    ],
)
def test_bad_arrays_are_named(vertices, faces, message):
    with pytest.raises(ShapeError, match=message):
        Mesh(vertices, faces)


TRIANGLE = np.eye(3)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ((TRIANGLE.astype(object), [[0, 1, 2]]), r"vertices are an array of object.*astype\(float\)"),
        ((TRIANGLE.astype(str), [[0, 1, 2]]), "vertices are an array of <U"),
        ((TRIANGLE.astype(np.longdouble), [[0, 1, 2]]), "at most 64 bits"),
        ((None, [[0, 1, 2]]), "vertices are an array of object"),
        (([[0.0, 0, 0], [1, 0], [0, 1, 0]], [[0, 1, 2]]), "vertices are no array.*three numbers"),
        ((TRIANGLE, [[0, 1, 2], [0, 1]]), "faces are no array"),
        ((TRIANGLE, np.array([["0", "1", "2"]])), "faces are an array of <U1"),
        ((TRIANGLE, np.array([[0j, 1, 2]])), "faces are torch.complex128; expected real"),
        ((TRIANGLE, [[0, 1, 2]], [["red"] * 3] * 3), "colors are an array of <U3"),
        ((torch.eye(3).to_sparse(), [[0, 1, 2]]), "expected a dense one"),
        ((torch.eye(3).to(torch.float8_e4m3fn), [[0, 1, 2]]), "float8_e4m3fn; expected float32"),
    ],
)
def test_what_holds_no_numbers_is_named(arrays, message):
    with pytest.raises(ShapeError, match=message):
        Mesh(*arrays)


def test_a_tensor_without_values_is_named():
    with pytest.raises(DeviceError, match="meta"):
        Mesh(torch.eye(3, device="meta"), [[0, 1, 2]])


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_kept_and_becomes_an_array(dtype):
    mesh = Mesh(torch.eye(3, dtype=dtype), [[0, 1, 2]])
    assert mesh.vertices.dtype == dtype
    assert np.array_equal(mesh.numpy()[0], TRIANGLE)


@pytest.mark.parametrize("suffix", [".ply", ".obj", ".stl", ".off", ".glb"])
def test_files_round_trip_without_merging(tmp_path, box, suffix):
    twice = Mesh(torch.cat([box.vertices, box.vertices]), torch.cat([box.faces, box.faces + len(box.vertices)]))
    save_mesh(twice, tmp_path / f"box{suffix}")
    read = load_mesh(tmp_path / f"box{suffix}")
    assert len(read.faces) == len(twice.faces)
    assert len(read.vertices) >= len(twice.vertices)
    torch.testing.assert_close(read.bounds(), twice.bounds(), atol=1e-6, rtol=0)


def test_colours_survive_ply(tmp_path, box):
    painted = Mesh(box.vertices, box.faces, torch.rand(len(box.vertices), 3, generator=torch.Generator().manual_seed(1)))
    save_mesh(painted, tmp_path / "box.ply")
    assert float((load_mesh(tmp_path / "box.ply").colors - painted.colors).abs().max()) < 0.5 / 255 + 1e-6


def test_bad_files_are_named(tmp_path, box):
    with pytest.raises(DataError, match="no such file"):
        load_mesh(tmp_path / "none.ply")
    (tmp_path / "broken.ply").write_bytes(b"ply\nformat ascii 1.0\nelement vertex 9\n")
    with pytest.raises(DataError, match=r"broken\.ply"):
        load_mesh(tmp_path / "broken.ply")
    with pytest.raises(DataError, match="millimetres"):
        require_metres(box.with_vertices(box.vertices * 1000), "box")


@given(st.integers(4, 60), st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_farthest_points_are_distinct_and_spread(count, seed):
    points = np.random.default_rng(seed).random((60, 3))
    chosen = farthest_points(points, count)
    assert len(set(chosen.tolist())) == count


def test_surface_samples_lie_on_the_surface(box):
    points = sample_surface(box, 500, seed=3)
    assert np.abs(np.abs(points) / np.array([0.05, 0.1, 0.15])).max(1) == pytest.approx(1.0)


@pytest.mark.parametrize("suffix", [".glb", ".obj"])
def test_a_texture_becomes_vertex_colours_when_asked(tmp_path, suffix, caplog):
    box = trimesh.creation.box((1, 1, 1))
    # left half black, right half white; the corners lie in the middle of the halves
    picture = np.zeros((4, 4, 3), np.uint8)
    picture[:, 2:] = 255
    right = box.vertices[:, 0] > 0
    uv = np.stack([np.where(right, 0.75, 0.25), np.full(len(right), 0.5)], 1)
    box.visual = trimesh.visual.TextureVisuals(uv=uv, image=Image.fromarray(picture))
    box.export(tmp_path / f"box{suffix}")
    with caplog.at_level("INFO"):
        assert load_mesh(tmp_path / f"box{suffix}").colors is None
    assert "textures=True" in caplog.text
    read = load_mesh(tmp_path / f"box{suffix}", textures=True)
    assert torch.equal(read.colors[:, 0] > 0.3, read.vertices[:, 0] > 0)
    assert torch.equal(read.colors[:, 0] < 0.01, read.vertices[:, 0] < 0)


def test_parts_with_plain_materials_keep_their_colours(tmp_path):
    scene = trimesh.Scene()
    for x, color in ((0.0, [255, 0, 0, 255]), (3.0, [0, 255, 0, 255])):
        box = trimesh.creation.box((1, 1, 1), transform=trimesh.transformations.translation_matrix([x, 0, 0]))
        box.visual = trimesh.visual.TextureVisuals(material=trimesh.visual.material.PBRMaterial(baseColorFactor=color))
        scene.add_geometry(box)
    scene.export(tmp_path / "two.glb")
    read = load_mesh(tmp_path / "two.glb", textures=True)
    assert torch.equal(read.colors[:, 1] > 0.5, read.vertices[:, 0] > 1.5)
    assert torch.equal(read.colors[:, 0] > 0.5, read.vertices[:, 0] < 1.5)
