import dataclasses

import numpy as np
import pytest
import torch

from renderfit import config
from renderfit.errors import ConfigError, DataError, ShapeError
from renderfit.evaluation import vertex_error
from renderfit.geometry import Camera, Pose
from renderfit.registration import Prior, SolverConfig, register
from renderfit.registration.columns import Columns
from renderfit.registration.objective import View
from renderfit.registration.ours import solve
from renderfit.registration.register import settings_of
from renderfit.registration.stages import LOCAL, NOISE, emphasis

EXACT = SolverConfig()
"""The light prior that exact masks allow, whatever params.yaml holds for the network's."""


@pytest.fixture(scope="module")
def mask(target, pose, camera, mask_of):
    return mask_of(target, pose, camera)


@pytest.fixture(scope="module")
def known(mask, space, camera, pose):
    return register(mask, space, camera, mask=mask, pose=pose, optimise_pose=False, model="pca", config=EXACT)


@pytest.fixture(scope="module")
def joint(mask, space, camera, noisy):
    return register(mask, space, camera, mask=mask, pose=noisy, model="pca", config=EXACT)


def test_known_pose_recovers_the_shape(known, target, space):
    start = vertex_error(space.model("pca").decode(np.zeros(3)), target).mean
    assert vertex_error(known.mesh, target).mean < 0.15 * start
    assert known.converged
    assert known.confidence > 0.9
    assert not known.warnings


def test_a_known_pose_stays_exactly(known, pose):
    assert torch.equal(known.pose.matrix, pose.matrix.to(known.pose.matrix))


def test_pose_noise_is_removed(joint, pose, noisy, target):
    assert noisy.angle_to(pose) > 10
    assert joint.pose.angle_to(pose) < 3
    assert float((joint.pose.translation - pose.translation).norm()) < 0.004
    assert vertex_error(joint.mesh, target).mean < 0.002


def test_loss_falls_within_every_stage(joint):
    for name in {step.stage for step in joint.history}:
        losses = [step.loss for step in joint.history if step.stage == name]
        assert losses == sorted(losses, reverse=True)


def test_the_same_input_gives_the_same_bits(joint, mask, space, camera, noisy):
    again = register(mask, space, camera, mask=mask, pose=noisy, model="pca", config=EXACT)
    assert torch.equal(again.latent, joint.latent)
    assert torch.equal(again.mesh.vertices, joint.mesh.vertices)


def patched(mask, filled=0):
    """Return a mask that is wrong in patches: two bites out of its outline, or two lumps where they are `filled`."""
    rows, columns = np.nonzero(mask)
    wrong, (y, x) = mask.copy(), np.indices(mask.shape)
    for place in (rows.argmin(), columns.argmax()):
        wrong[(y - rows[place]) ** 2 + (x - columns[place]) ** 2 < 12**2] = filled
    return wrong


@pytest.mark.parametrize("filled", [0, 1])
def test_bounded_residuals_fit_a_mask_better_that_is_wrong_in_patches(mask, space, camera, pose, target, filled):
    seen = patched(mask, filled)
    plain, bounded = (
        vertex_error(register(seen, space, camera, seen, pose, False, model="pca", config=used).mesh, target).mean
        for used in (EXACT, dataclasses.replace(EXACT, robust=0.1))
    )
    assert bounded < 0.7 * plain


def test_the_bound_of_params_yaml_reaches_the_solver():
    section = config.section(config.Ours)
    for seen in (False, True):
        plain = settings_of(dataclasses.replace(section, robust=0.0), seen)
        assert plain.robust == np.inf
        assert settings_of(config.replaced(section, robust=0.25), seen) == dataclasses.replace(plain, robust=0.25)


def test_a_section_serves_as_the_settings_it_says(mask, space, camera, pose):
    start = {"mask": mask, "pose": pose, "optimise_pose": False}
    section = config.replaced(config.section(config.Ours), robust=0.25, model="pca")
    found = register(mask, space, camera, config=section, **start)
    wanted = register(mask, space, camera, config=settings_of(section, False), model="pca", **start)
    assert found.model == "pca"
    assert torch.equal(found.latent, wanted.latent)
    assert np.array_equal(found.covariance, wanted.covariance)


@pytest.mark.parametrize("moves", [False, True])
def test_a_worse_mask_gives_a_wider_posterior(mask, space, camera, pose, noisy, moves):
    start = noisy if moves else pose
    read = SolverConfig(Prior(weight=1.0), correlation=(20.0, 20.0))
    good, bad = (
        register(mask, space, camera, mask=seen, pose=start, optimise_pose=moves, model="pca", config=read)
        for seen in (mask, patched(mask))
    )
    assert np.trace(bad.covariance[:3, :3]) > 3 * np.trace(good.covariance[:3, :3])


def test_a_weight_read_off_the_image_is_that_of_a_fit_with_it(mask, space, camera, pose):
    columns, views = Columns.of_space(space, "pca"), [View(camera, patched(mask).astype(float), pose)]
    read = solve(columns, views, False, SolverConfig(Prior(weight=1.0), correlation=(20.0, 0.0)))
    first = solve(columns, views, False, SolverConfig(Prior(weight=1.0)))
    given = solve(columns, views, False, SolverConfig(Prior(weight=20.0 * first.state.misfit())))
    assert np.array_equal(read.x, given.x)
    assert np.array_equal(read.covariance, given.covariance)
    assert read.renders == first.renders + given.renders


def test_local_columns_are_held_harder_while_the_pose_is_free(space):
    columns = Columns.of_space(space, "rich")
    weights = emphasis(NOISE[-1], columns, 2)
    local = np.isin(np.arange(columns.count + 12), columns.members(LOCAL))
    assert local.sum() == 12
    assert set(weights[local]) == {NOISE[-1].caution * NOISE[-1].firmness}
    assert set(weights[~local]) == {NOISE[-1].caution}


def test_local_columns_move_only_when_the_model_has_them(mask, space, camera, pose, target):
    rich = register(mask, space, camera, mask=mask, pose=pose, optimise_pose=False, model="rich", config=EXACT)
    assert rich.latent.shape == (15,)
    assert float(rich.latent[3:].abs().max()) > 0
    assert vertex_error(rich.mesh, target).mean < 0.002


def test_posterior_is_tighter_than_the_prior_and_covers_what_was_free(known, joint):
    assert known.covariance.shape == (9, 9)
    assert np.all(np.diag(known.covariance)[:3] < 1)
    assert np.all(known.covariance[3:] == 0)
    assert np.all(np.linalg.eigvalsh(joint.covariance) > 0)
    assert joint.deviation.mean() > known.deviation.mean() > 0


def test_a_second_view_lowers_the_uncertainty(target, space, camera, pose, mask, mask_of, known):
    side = Pose.look_at(torch.tensor([-0.5, 0.4, 0.3]), torch.tensor([0.0, 0.0, 0.1]))
    other = mask_of(target, side, camera)
    both = register(
        [mask, other], space, [camera, camera], mask=[mask, other], pose=[pose, side], optimise_pose=False, model="pca", config=EXACT
    )
    assert len(both.poses) == 2
    assert both.deviation.mean() < known.deviation.mean()
    assert vertex_error(both.mesh, target).mean < 0.002


def test_resolution_and_aspect_ratio_of_the_image_do_not_matter(target, space, pose, mask_of, known):
    wide = Camera(480, 360, 590.0, 590.0, 240.0, 180.0)
    mask = mask_of(target, pose, wide)
    found = register(mask, space, wide, mask=mask.astype(np.uint8) * 255, pose=pose, optimise_pose=False, model="pca", config=EXACT)
    assert vertex_error(found.mesh, known.mesh).mean < 0.001


def test_an_empty_mask_is_refused(mask, space, camera, pose):
    with pytest.raises(DataError, match="the mask covers"):
        register(mask, space, camera, mask=np.zeros_like(mask), pose=pose)


def test_a_cut_object_is_reported(target, space, camera, pose, mask_of):
    shifted = Pose.from_parts(pose.rotation, pose.translation + torch.tensor([0.2, 0.0, 0.0]))
    mask = mask_of(target, shifted, camera)
    found = register(mask, space, camera, mask=mask, pose=shifted, optimise_pose=False, model="pca", config=EXACT)
    assert any("border" in warning for warning in found.warnings)
    assert found.confidence < 1


@pytest.mark.parametrize("scale", [0.5, 1.8])
def test_a_wrong_scale_is_not_a_silent_answer(target, space, camera, pose, mask_of, scale):
    mask = mask_of(target.with_vertices(target.vertices * scale), pose, camera)
    found = register(mask, space, camera, mask=mask, pose=pose, model="pca", config=EXACT)
    assert found.warnings
    assert found.confidence < 0.5
    assert not found.converged


class Jars(torch.nn.Module):
    """Finds whatever is white, and takes it for a jar."""

    categories, window, stride, edge = ("can", "jar"), 128, 1, 0.0

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))

    def forward(self, images):
        white = 20 * (images[:, 0] - 0.5)
        return torch.stack([-white, -9 * torch.ones_like(white), white], dim=1)


@pytest.mark.parametrize("method", ["ours", "paper"])
def test_a_wrong_category_is_not_a_silent_answer(mask, space, camera, pose, method):
    image = np.repeat(mask[..., None], 3, axis=2).astype(np.float64)
    settings = dataclasses.replace(config.section(config.Paper), loss="mask", iterations=2) if method == "paper" else None
    given = {"pose": pose, "optimise_pose": False, "network": Jars(), "model": "pca", "method": method, "config": settings}
    right, wrong = (register(image, space, camera, category=category, **given) for category in ("jar", "can"))
    assert torch.equal(right.latent, wrong.latent)
    assert not any("looks more like" in warning for warning in right.warnings)
    assert "looks more like a jar than like a can" in wrong.warnings[0]
    assert wrong.confidence == pytest.approx(0.4 * right.confidence)
    assert not wrong.converged


def test_a_pose_far_off_is_not_a_silent_answer(mask, space, camera, pose):
    far = Pose.from_parts(pose.moved(torch.tensor([1.4, 0.8, 0.0, 0, 0, 0])).rotation, pose.translation + torch.tensor([0.1, 0.1, 0.0]))
    found = register(mask, space, camera, mask=mask, pose=far, model="pca", config=EXACT)
    assert found.warnings
    assert not found.converged


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"pose": None}, DataError, "no pose"),
        ({"mask": None}, DataError, "neither mask nor network"),
        ({"mask": np.zeros((3, 3))}, ShapeError, "mask has shape"),
        ({"mask": np.full((256, 256), 7.0)}, ShapeError, "outside 0..1"),
        ({"method": "best"}, DataError, 'expected "ours" or "paper"'),
        ({"config": SolverConfig(stages=())}, ConfigError, "no stages"),
    ],
)
def test_mistakes_are_named(mask, space, camera, pose, change, error, message):
    arguments = {"mask": mask, "pose": pose, "model": "pca"} | change
    with pytest.raises(error, match=message):
        register(mask, space, camera, **arguments)


def test_views_must_come_with_a_camera_each(mask, space, camera, pose):
    with pytest.raises(ShapeError, match="2 images, 1 cameras"):
        register([mask, mask], space, camera, mask=[mask, mask], pose=[pose, pose])


def test_several_views_at_a_known_pose_settle(target, space, camera, pose, mask_of):
    second = Pose.look_at(torch.tensor([-0.4, 0.5, 0.3]), torch.tensor([0.0, 0.0, 0.1]))
    masks = [mask_of(target, place, camera) for place in (pose, second)]
    fit = register(masks, space, [camera, camera], mask=masks, pose=[pose, second], optimise_pose=False)
    assert fit.converged
    assert fit.warnings == []
    assert len(fit.poses) == len(fit.summary()["poses"]) == 2


def test_the_papers_method_refuses_several_views(mask, space, camera, pose):
    with pytest.raises(DataError, match="got 2 images; the paper's method registers one"):
        register([mask, mask], space, [camera, camera], mask=[mask, mask], pose=[pose, pose], method="paper")


def test_of_several_views_the_wrong_one_is_named(mask, space, camera, pose):
    behind = Pose.from_parts(pose.rotation, -pose.translation)
    with pytest.raises(DataError, match=r"^view 1: the start pose puts the object behind"):
        register([mask, mask], space, [camera, camera], mask=[mask, mask], pose=[pose, behind])
    with pytest.raises(ShapeError, match=r"^view 1: mask has shape"):
        register([mask, mask], space, [camera, camera], mask=[mask, mask[::2]], pose=[pose, pose])
    with pytest.raises(DataError, match=r"^the start pose puts the object behind"):
        register(mask, space, camera, mask=mask, pose=behind)
