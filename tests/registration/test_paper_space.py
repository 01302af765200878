import numpy as np
import pytest

from renderfit.evaluation import vertex_error
from renderfit.registration import SolverConfig, register
from renderfit.shapes.full_fit import fit_full

EXACT = SolverConfig()


@pytest.fixture(scope="module")
def detailed(space):
    """An object with detail that the paper's space lacks."""
    model = space.model("rich")
    return model.decode(np.concatenate([[1.0, -0.7, 0.5], 2.0 * np.random.default_rng(1).standard_normal(model.size - 3)]))


@pytest.fixture(scope="module")
def answers(space, camera, pose, noisy, detailed, mask_of):
    mask = mask_of(detailed, pose, camera)

    def ask(model, moves):
        return register(mask, space, camera, mask=mask, pose=noisy if moves else pose, optimise_pose=moves, model=model, config=EXACT)

    return {(model, moves): ask(model, moves) for model in ("pca", "rich", "nearest") for moves in (False, True)}


@pytest.mark.parametrize("moves", [False, True])
def test_it_is_the_shape_of_the_papers_space_nearest_to_the_richer_answer(answers, space, moves):
    rich, found, few = answers["rich", moves], answers["nearest", moves], space.model("pca")
    assert np.array_equal(found.latent.numpy(), fit_full(rich.mesh, few).latent)
    assert np.allclose(found.mesh.numpy()[0], few.vertices(found.latent.numpy()))
    assert found.pose.angle_to(rich.pose) == 0
    assert found.model == "pca"


@pytest.mark.parametrize("moves", [False, True])
def test_it_is_nearer_to_the_truth_than_the_same_space_fitted_to_the_outline(answers, detailed, moves):
    direct, found = (vertex_error(answers[name, moves].mesh, detailed).mean for name in ("pca", "nearest"))
    assert found < direct


def test_iterates_and_posterior_are_those_of_the_few_components(answers, space):
    found, rich, few = answers["nearest", True], answers["rich", True], space.model("pca")
    assert len(found.history) == len(rich.history) + 1
    assert {len(step.latent) for step in found.history} == {few.size}
    assert found.covariance.shape == (few.size + 6,) * 2
    assert np.linalg.eigvalsh(found.covariance).min() > -1e-12
    # The toy's richer model begins with the columns of the few: what is carried over holds at least their own variance.
    assert np.all(np.diag(found.covariance)[few.size :] == np.diag(rich.covariance)[-6:])
    assert np.allclose(found.history[0].latent, 0, atol=1e-9)
    assert found.history[-1].loss > found.history[-2].loss, "the few components cannot explain the outline as well"
