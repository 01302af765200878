"""What a registration says about itself, what it refuses, and which mesh becomes the canonical."""

import json
import logging

import numpy as np
import pytest
import torch
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st
from pears import blob
from scipy.spatial.transform import Rotation
from typer.testing import CliRunner

from renderfit.errors import DataError, ShapeError
from renderfit.geometry import Mesh, save_mesh
from renderfit.shapes import canonical, choose_canonical, coherent_point_drift, em, matching_canonical
from renderfit.shapes.cpd import template_kernel


def cloud(count: int, seed: int = 0) -> np.ndarray:
    points = np.random.default_rng(seed).normal(size=(count, 3))
    return 0.1 * points / np.linalg.norm(points, axis=1, keepdims=True) * [1.0, 0.7, 1.4]


def test_both_widths_are_said_and_how_it_ended(caplog):
    caplog.set_level(logging.INFO, "renderfit")
    found = coherent_point_drift(cloud(60), 1.1 * cloud(60), beta=0.05, lam=3.0, unit="metre", iterations=5, tolerance=0)
    radius = np.sqrt(((cloud(60) - cloud(60).mean(0)) ** 2).sum(1).mean())
    widths = f"beta {0.05 / radius:.3g} RMS radii = 0.05 m"
    assert [widths in line for line in caplog.messages] == [True, True]
    assert "NOT converged in 5 iterations" in found.report()
    assert "% of 60 reference points matched" in found.report()
    assert "beta" not in coherent_point_drift(cloud(60), 1.1 * cloud(60), kind="rigid").report()


def test_long_runs_show_their_progress(monkeypatch):
    shown = []
    monkeypatch.setattr(em, "progress", lambda steps, label: shown.append(label) or steps)
    coherent_point_drift(cloud(60), cloud(60, 1), iterations=3)
    assert not shown
    monkeypatch.setattr(em, "MANY_PAIRS", 3000)
    coherent_point_drift(cloud(60), cloud(60, 1), iterations=3)
    assert shown == ["CPD iterations"]


@pytest.mark.parametrize(
    ("given_", "message"),
    [
        ({"start": 3}, "start is a int; expected the CPDResult"),
        ({"kernel": 3}, "kernel is a int"),
        ({"kernel": template_kernel(cloud(50), 0.3)}, "kernel is of 50 points"),
        ({"kernel": template_kernel(cloud(60), 0.9)}, r"does not belong to this template and beta 0\.3"),
        ({"kernel": template_kernel(cloud(60, 5), 0.3)}, "does not belong to this template"),
    ],
)
def test_starts_and_kernels_that_cannot_be_are_named(given_, message):
    with pytest.raises(ShapeError, match=message):
        coherent_point_drift(cloud(60), cloud(60, 1), **given_)


@settings(max_examples=6, deadline=None)
@given(st.floats(0.05, 20), st.tuples(*[st.floats(-3, 3)] * 3), st.sampled_from(["rigid", "affine"]))
def test_linear_kinds_are_equivariant_too(scale, vector, kind):
    y, x, turn = cloud(120), cloud(130, 1) * [1.0, 1.1, 0.95] + 0.01, Rotation.from_rotvec(vector)
    plain = coherent_point_drift(y, x, kind=kind, scaled=True, iterations=20, tolerance=0)
    moved = coherent_point_drift(
        scale * turn.apply(y) + 0.3, scale * turn.apply(x) + 0.3, kind=kind, scaled=True, iterations=20, tolerance=0
    )
    np.testing.assert_allclose(moved.points, scale * turn.apply(plain.points) + 0.3, atol=1e-7 * scale + 1e-9)


def test_prior_of_a_latent_is_that_of_a_normal_distribution(space):
    model = space.model("pca")
    z = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64, requires_grad=True)
    model.prior(z).backward()
    assert torch.equal(z.grad, z.detach())
    assert model.prior([1.0, -2.0, 0.5]) == pytest.approx(2.625)
    with pytest.raises(ShapeError, match="at most 3"):
        model.prior(np.zeros(9))


BALL = trimesh.creation.icosphere(2)
FAMILY = {
    f"egg-{height}": Mesh(torch.from_numpy(0.05 * BALL.vertices * [1, 1, height]), torch.from_numpy(BALL.faces))
    for height in (1.0, 1.3, 1.8)
}


def test_the_canonical_is_the_one_from_which_the_others_cost_least():
    found = choose_canonical(FAMILY)
    assert found.name == "egg-1.3"
    larger = {name: mesh.with_vertices(50 * mesh.vertices) for name, mesh in FAMILY.items()}
    again = choose_canonical(larger)
    np.testing.assert_allclose(list(again.energies.values()), list(found.energies.values()), rtol=1e-4)


def test_the_choice_says_nothing_of_each_registration(caplog):
    with caplog.at_level("INFO", "renderfit"):
        choose_canonical(FAMILY)
    assert "CPD" not in caplog.text


def test_a_canonical_is_passed_over_whose_frame_another_mesh_does_not_match(monkeypatch, caplog):
    chosen = canonical.Canonical("a", {"a": 0.1, "b": 0.2, "c": 0.3})
    clash = {("b", "a"), ("a", "c")}
    monkeypatch.setattr(canonical, "complaint_about", lambda mesh, other: "upside down" if (mesh, other) in clash else None)
    with caplog.at_level("INFO", "renderfit"):
        assert matching_canonical({"a": "a", "b": "b", "c": "c"}, chosen) == canonical.Canonical("b", chosen.energies)
    assert "not a, whose frame b would not match" in caplog.text
    clash |= {("c", "b")}
    assert matching_canonical({"a": "a", "b": "b", "c": "c"}, chosen) is chosen


def test_a_canonical_can_be_named():
    assert choose_canonical(FAMILY, "egg-1.8").name == "egg-1.8"
    with pytest.raises(DataError, match="no mesh 'apple'"):
        choose_canonical(FAMILY, "apple")
    with pytest.raises(DataError, match="at least 2"):
        choose_canonical({"pear": blob()})


def test_the_command_chooses_the_canonical_when_asked_to(tmp_path):
    from renderfit.cli import application

    for name, mesh in FAMILY.items():
        save_mesh(mesh, tmp_path / "eggs" / f"{name}.ply")
    (tmp_path / "eggs" / "._egg-1.0.ply").write_bytes(b"what other systems leave behind")
    given_ = [str(tmp_path / "eggs"), str(tmp_path / "space"), "--components", "1", "--json"]
    said = CliRunner().invoke(application, ["shape-space", "auto", *given_])
    assert said.exit_code == 0, said.output
    result = json.loads(said.stdout.splitlines()[-1])
    assert result["canonical"] == "egg-1.3"
    assert [one["name"] for one in result["instances"]] == ["egg-1.0", "egg-1.8"]


@pytest.mark.parametrize(("beta", "lam"), [(10.0, 0.01), (1.0, 0.1)])
def test_the_default_rank_follows_a_weak_regulariser(beta, lam):
    y, x = cloud(330), cloud(330, 1) * [1.0, 1.2, 0.85] + 0.01 * np.sin(25 * cloud(330, 1)[:, ::-1])
    exact = coherent_point_drift(y, x, beta=beta, lam=lam, iterations=40, rank=0)
    found = coherent_point_drift(y, x, beta=beta, lam=lam, iterations=40)
    assert np.linalg.norm(found.points - exact.points, axis=1).mean() < 0.02 * np.linalg.norm(exact.points - y, axis=1).mean()
