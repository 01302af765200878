import numpy as np
import pytest
import torch
from pears import SMALL, blob
from scipy.spatial.transform import Rotation

from renderfit.errors import DataError
from renderfit.geometry import Mesh
from renderfit.shapes import align, check_instances
from renderfit.shapes.ablation import ablate, summarise
from renderfit.shapes.inspection import complaint_about
from renderfit.shapes.rich import RichSettings
from renderfit.shapes.symmetry import find_mirrors, mirror_error
from renderfit.shapes.visibility import visible_vertices


def changed(mesh: Mesh, matrix: np.ndarray, shift: tuple[float, float, float] = (0, 0, 0)) -> Mesh:
    return mesh.with_vertices(torch.from_numpy(mesh.numpy()[0] @ np.asarray(matrix, dtype=float).T + shift))


@pytest.mark.parametrize(
    ("mesh", "cause"),
    [
        (changed(blob(1.1), 1000 * np.eye(3)), "millimetres"),
        (changed(blob(1.1), 39.37 * np.eye(3)), "inches"),
        (changed(blob(1.1), 6 * np.eye(3)), "another kind of object"),
        (changed(blob(1.1), [[1, 0, 0], [0, 0, 1], [0, -1, 0]]), r"up-axis looks like \+y"),
        (changed(blob(1.1), np.diag([1, -1, -1])), "up-axis looks like -z"),
        (changed(blob(1.1), np.diag([1, -1, 1])), "mirrored"),
        (changed(blob(1.1), np.eye(3), (1.0, 0, 0)), "not in the same frame"),
        (Mesh(blob().vertices, blob().faces.flip(1)), "inside out"),
        (Mesh(blob().vertices[:40].repeat(5, 1), torch.zeros((0, 3), dtype=torch.int64)), "only 40 of 200 points are distinct"),
    ],
)
def test_the_likely_cause_is_named(mesh, cause):
    with pytest.raises(DataError, match=cause) as caught:
        check_instances(blob(), [blob(1.05), mesh], ["good", "bad"])
    assert "1 of 2" in str(caught.value)
    assert "bad:" in str(caught.value)


def test_sound_instances_pass(instances):
    assert all(complaint_about(mesh, blob()) is None for mesh in instances)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_align_recovers_a_random_similarity(seed):
    turn = Rotation.random(random_state=np.random.default_rng(seed)).as_matrix()
    mesh = blob(1.05, 1.0, 0.5)
    found = align(changed(mesh, 700 * turn, (5, 6, 7)), blob())
    assert np.linalg.norm(found.mesh.numpy()[0] - mesh.numpy()[0], axis=1).mean() < 0.012
    assert found.mesh.numpy()[0][:, 2].min() == pytest.approx(blob().numpy()[0][:, 2].min(), abs=2e-3)
    linear = found.matrix[:3, :3]
    np.testing.assert_allclose(linear @ linear.T, found.scale**2 * np.eye(3), atol=1e-9)


def test_align_upright_keeps_the_vertical():
    found = align(changed(blob(1.1, 1.0, 0.6), Rotation.from_euler("z", 90, degrees=True).as_matrix()), blob(), upright=True, scale=False)
    assert found.matrix[2, 2] == pytest.approx(1.0)
    assert found.scale == pytest.approx(1.0)
    assert found.turned == pytest.approx(90, abs=1)


def test_mirrors_are_measured():
    assert mirror_error(blob(), 0)[0] < 0.005
    assert mirror_error(blob(), 1)[0] > 0.02
    x, y, product = find_mirrors(blob(), [blob(1.1)])
    assert x.weight == 1.0
    assert product.weight == pytest.approx(x.weight * y.weight)


def test_one_view_sees_the_near_side():
    mesh = blob()
    seen = visible_vertices(mesh, [0.0, 2.0, 0.1])
    assert 0.25 < seen.mean() < 0.6
    assert mesh.numpy()[0][seen, 1].mean() > mesh.numpy()[0][~seen, 1].mean() + 0.03


def test_ablation_rebuilds_without_the_one_left_out(instances):
    from renderfit.shapes import SpaceSettings

    names = [f"pear-{k}" for k in range(len(instances))]
    variants = {"rich": RichSettings(components=4, local=6, landmarks=30)}
    settings = SpaceSettings(components=2, points=SMALL["points"], iterations=20)
    rows = ablate(blob(), instances, names, variants=variants, folds=[1], settings=settings)
    assert {row["model"] for row in rows} == {"5-D displacements", "5-D raw W (paper)", "rich"}
    assert {row["left_out"] for row in rows} == {"pear-1"}
    summary = {(row["model"], row["view"]): row for row in summarise(rows)}
    assert summary["5-D displacements", "full"]["v2s_ratio"] == 1.0
    assert summary["rich", "full"]["v2s_ratio"] < 1.0
