import dataclasses

import numpy as np
import pytest

from renderfit.errors import DataError, ShapeError
from renderfit.evaluation import vertex_error
from renderfit.registration import Prior, SolverConfig, register
from renderfit.registration.inputs import Given
from renderfit.registration.samples import Samples
from renderfit.registration.terms import Trust

SURE = SolverConfig(Prior(3.0), trust=Trust(100.0, 10.0, turn=0.01, shift=0.001, tilt=0.02))


@pytest.fixture(scope="module")
def truth(truth_of, target, pose, camera):
    return truth_of(target, pose, camera)


def test_true_evidence_leaves_less_than_a_degree(truth, space, camera, pose, noisy, target):
    found = register(truth.mask, space, camera, pose=noisy, model="pca", config=SURE, evidence=truth)
    assert found.pose.angle_to(pose) < 1
    assert float((found.pose.translation - pose.translation).norm()) < 0.001
    assert vertex_error(found.mesh, target).mean < 0.001


def test_true_normals_alone_turn_the_object_right(truth, space, camera, pose, noisy):
    """Much trust in them led astray while they counted from the start, when nothing was yet where it is seen."""
    common = {"mask": truth.mask, "pose": noisy, "model": "pca", "evidence": truth}
    outline, normals = (
        register(truth.mask, space, camera, config=SolverConfig(Prior(3.0), trust=Trust(0.0, worth, tilt=0.02)), **common)
        for worth in (0.0, 100.0)
    )
    assert normals.pose.angle_to(pose) < 0.7 * outline.pose.angle_to(pose)
    assert normals.pose.angle_to(pose) < 1.5


def test_a_refiner_is_asked_beside_the_fit_to_the_outline_and_helps(truth, space, camera, pose, noisy, target, monkeypatch):
    asked = []

    def predicted(self, refiner, mesh, poses, exact):
        asked.append((mesh, poses[0], exact))
        return [truth]

    monkeypatch.setattr(Given, "predicted", predicted)
    config = dataclasses.replace(SURE, correlation=(40.0, 10.0))
    outline = register(truth.mask, space, camera, mask=truth.mask, pose=noisy, config=config)
    found = register(truth.mask, space, camera, mask=truth.mask, pose=noisy, config=config, refiner="asked")
    (mesh, at, exact), *more = asked
    assert not more
    assert not exact
    assert np.allclose(mesh.vertices.numpy(), outline.mesh.vertices.numpy())
    assert at.angle_to(outline.pose) < 1e-3
    assert found.pose.angle_to(pose) < 0.7 * outline.pose.angle_to(pose)
    assert vertex_error(found.mesh, target).mean < 0.9 * vertex_error(outline.mesh, target).mean


def test_a_common_turn_of_the_coordinates_is_not_believed_against_the_outline(truth, space, camera, pose, target):
    bent = dataclasses.replace(truth, coordinates=truth.coordinates + np.where(truth.valid[..., None], [0.01, 0.0, 0.0], 0.0))
    start = {"pose": pose, "optimise_pose": False, "model": "pca"}
    loose = SolverConfig(Prior(3.0), trust=Trust(30.0, 0.0, turn=0.2, shift=0.02))
    stiff = SolverConfig(Prior(3.0), trust=Trust(30.0, 0.0, turn=1e-4, shift=1e-5))
    errors = [
        vertex_error(register(bent.mask, space, camera, config=config, evidence=bent, **start).mesh, target).mean
        for config in (loose, stiff)
    ]
    assert errors[0] < 0.5 * errors[1]


def test_evidence_must_fit_the_image_and_hold_something(truth, camera, space, pose):
    with pytest.raises(ShapeError, match="evidence of shape"):
        Samples.of(truth, camera.scaled(0.5))
    with pytest.raises(DataError, match="no valid pixel"):
        Samples.of(dataclasses.replace(truth, valid=np.zeros_like(truth.valid)), camera)
    with pytest.raises(ShapeError, match="2 evidences"):
        register(truth.mask, space, camera, pose=pose, evidence=[truth, truth])
