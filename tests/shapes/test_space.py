import json

import numpy as np
import pytest
import torch
from pears import SMALL, blob
from scipy.spatial import cKDTree

from renderfit.errors import DataError, ShapeError
from renderfit.geometry import Mesh
from renderfit.geometry.nearest import TriangleTree
from renderfit.shapes import ShapeSpace, fit_full
from renderfit.shapes.pca import principal_components
from renderfit.shapes.report import describe


def to_surface(mesh: Mesh, reference: Mesh) -> float:
    return float(TriangleTree(*mesh.numpy()).query(reference.numpy()[0])[0].mean())


def test_training_instances_are_reached(space, instances):
    vertices = space.canonical.numpy()[0]
    for field, mesh in zip(space.drifted.at(vertices), instances, strict=True):
        moved = Mesh(torch.from_numpy(vertices + field), space.canonical.faces)
        assert to_surface(moved, mesh) < 0.3 * to_surface(space.canonical, mesh)


def test_encode_then_decode_returns_a_shape_of_the_space(space):
    shape = space.decode([0.8, -0.5, 0.3])
    again = space.decode(space.encode(shape))
    assert to_surface(again, shape) < 0.4 * to_surface(space.decode(np.zeros(3)), shape)


def test_latent_has_unit_variance(space):
    model = space.model("pca")
    assert np.allclose(np.cov(_latents(space), rowvar=False), np.eye(model.size), atol=1e-6)


def _latents(space: ShapeSpace) -> np.ndarray:
    """Exact projections of the samples (instances and the canonical itself) on the components."""
    samples = np.concatenate([space.drifted.at(space.template), np.zeros((1, *space.template.shape))])
    parts = principal_components(samples, 3)
    directions = np.tensordot(parts.combinations, samples, axes=1).reshape(3, -1)
    centred = (samples - samples.mean(0)).reshape(len(samples), -1)
    return centred @ directions.T / (directions**2).sum(1)


def test_decode_is_differentiable(space):
    z = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    space.decode(z).vertices[:, 2].sum().backward()
    np.testing.assert_allclose(z.grad.numpy(), space.model().basis[:, :, 2].sum(1), atol=1e-12)


def test_decodes_to_any_resolution(space):
    fine = blob(subdivisions=4)
    model = space.pca_at(fine)
    assert len(model.mean) == len(fine.vertices)
    assert to_surface(Mesh(torch.from_numpy(model.mean), fine.faces), space.decode(np.zeros(3))) < 2e-4


def test_saved_and_loaded_space_is_the_same(space, tmp_path):
    space.save(tmp_path / "space")
    loaded = ShapeSpace.load(tmp_path / "space")
    for name in ("pca", "rich"):
        assert np.array_equal(loaded.model(name).basis, space.model(name).basis)
    assert loaded.mirrors == space.mirrors
    assert {p.suffix for p in (tmp_path / "space").iterdir()} == {".npy", ".json"}


@pytest.mark.parametrize("damage", ["missing", "format", "array"])
def test_damaged_spaces_are_refused(space, tmp_path, damage):
    folder = tmp_path / "space"
    space.save(folder)
    if damage == "missing":
        (folder / "space.json").unlink()
    elif damage == "format":
        entries = json.loads((folder / "space.json").read_text())
        (folder / "space.json").write_text(json.dumps({**entries, "format": 99}))
    else:
        (folder / "refined.npy").write_bytes(b"not an array")
    with pytest.raises(DataError, match="shape space"):
        ShapeSpace.load(folder)


def test_rich_model_fits_better_and_keeps_the_symmetry(space):
    unseen = blob(1.3, 1.0, 0.1)
    plain, rich = fit_full(unseen, space.model("pca")), fit_full(unseen, space.model("rich"))
    assert to_surface(rich.mesh, unseen) < 0.7 * to_surface(plain.mesh, unseen)
    assert space.mirrors[0].weight == 1.0
    assert space.mirrors[1].weight < 0.9
    local = space.model("rich").restricted("local")
    vertices = space.canonical.numpy()[0]
    partner = cKDTree(vertices).query(vertices * [-1, 1, 1])[1]
    np.testing.assert_allclose(local.basis[:, partner] * [-1, 1, 1], local.basis, atol=2e-4 * np.abs(local.basis).max() + 1e-6)


def test_groups_partition_the_columns(space):
    model = space.model("rich")
    covered = np.concatenate([np.arange(model.size)[part] for part in model.groups.values()])
    assert np.array_equal(covered, np.arange(model.size))
    assert model.restricted("global", "scale").size == model.groups["scale"].stop


def test_raw_weights_and_em_are_options(space, instances):
    raw = ShapeSpace.fit(space.canonical, instances, 3, form="weights", **SMALL)
    assert not np.allclose(raw.model().basis, space.model().basis)
    samples = np.random.default_rng(0).normal(size=(8, 30, 3)) * np.linspace(3, 0.2, 30)[:, None]
    eigen, em = principal_components(samples, 3), principal_components(samples, 3, "em")
    np.testing.assert_allclose(em.variances, eigen.variances, rtol=1e-6)
    np.testing.assert_allclose(em.combinations, eigen.combinations, atol=1e-4)
    np.testing.assert_allclose(em.explained, eigen.explained, rtol=1e-6)


def test_samples_and_interpolation(space):
    assert np.array_equal(space.sample(3).vertices, space.sample(3).vertices)
    assert not np.array_equal(space.sample(3).vertices, space.sample(4).vertices)
    middle = space.interpolate([1.0, 0, 0], [-1.0, 0, 0], 0.5)
    np.testing.assert_allclose(middle.numpy()[0], space.model().mean, atol=1e-12)


def test_description_is_complete(space, instances):
    found = describe(space, instances)
    assert found["components"] == 3
    assert 0.7 < sum(found["explained"]) <= 1.0
    assert [row["name"] for row in found["instances"]] == space.names
    assert all(0 < row["cpd_mean_m"] < 0.01 for row in found["instances"])


def test_partial_fit_uses_what_it_is_given(space):
    target = space.decode([1.2, 0.0, 0.0], "rich")
    seen = target.numpy()[0][:, 0] > 0
    assert to_surface(fit_full(target, space.model("rich"), visible=seen).mesh, target) < 1e-3


def test_mistakes_are_named(space):
    with pytest.raises(DataError, match="at least 2"):
        ShapeSpace.fit(blob(), [blob(1.1)], 3)
    with pytest.raises(DataError, match="is a str; expected a Mesh"):
        ShapeSpace.fit(blob(), ["a.ply", "b.ply"], 3)  # type: ignore[list-item]
    with pytest.raises(DataError, match="1 names for 2 instances"):
        ShapeSpace.fit(blob(), [blob(1.1), blob(1.2)], 3, names=["a"])
    with pytest.raises(DataError, match="components is 0"):
        ShapeSpace.fit(blob(), [blob(1.1), blob(1.2)], 0)
    with pytest.raises(DataError, match="the canonical itself"):
        ShapeSpace.fit(blob(), [blob(), blob()], 3)
    with pytest.raises(DataError, match="in one plane"):
        ShapeSpace.fit(blob(), [blob(1.1), Mesh(blob().vertices * torch.tensor([1.0, 0.0, 1.0]), blob().faces)], 3)
    with pytest.raises(ShapeError, match="surface is 'finest'"):
        ShapeSpace.fit(blob(), [blob(1.1), blob(1.2)], 3, surface="finest")
    with pytest.raises(ShapeError, match="beta 0"):
        ShapeSpace.fit(blob(), [blob(1.1), blob(1.2)], 3, beta=0)
    with pytest.raises(ShapeError, match="no shape model"):
        space.model("thick")
    with pytest.raises(ShapeError, match="at most 3"):
        space.decode(np.zeros(4))
    with pytest.raises(DataError, match="same unit and frame"):
        fit_full(Mesh(1000 * blob().vertices, blob().faces), space.model())


def test_fine_model_adds_columns_to_the_rich_one_and_is_the_one_for_surfaces(space):
    rich, fine = space.model("rich"), space.model("fine")
    assert np.array_equal(fine.restricted(*rich.groups).basis, rich.basis)
    assert set(fine.groups) - set(rich.groups) == {"smooth"}
    bump = space.decode(np.zeros(3))
    vertices = bump.numpy()[0].copy()
    vertices[:, 2] += 0.004 * np.exp(-((vertices[:, :2] / 0.03) ** 2).sum(1)) * np.sign(vertices[:, 2])
    unseen = Mesh(torch.from_numpy(vertices), bump.faces)
    assert space.settings.surface == "fine"
    assert space.reconstruct(unseen).residual < space.reconstruct(unseen, name="rich").residual
    with pytest.raises(ShapeError, match="'fine'"):
        space.reconstruct(unseen, name="finer")


def test_settings_of_the_pipeline_are_those_of_the_library():
    from renderfit.shapes import SpaceSettings
    from renderfit.shapes.settings import configured

    default = SpaceSettings()
    assert configured()["rich"] == default.rich
    assert configured()["surface"] == default.surface
