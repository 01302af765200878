import dataclasses

import numpy as np
import pytest
import torch

from renderfit import config
from renderfit.errors import DataError, ShapeError
from renderfit.geometry import Camera, Mesh, Pose
from renderfit.rendering.normals import vertex_normals
from renderfit.rendering.photo import Style, photograph
from renderfit.vision import Evidence, Refiner, estimate, estimation, load_refiner, refiner_files, refiner_training
from renderfit.vision.refiner import Prediction
from renderfit.vision.refiner_batches import batch, mirrored
from renderfit.vision.refiner_cuts import Cut, Fit
from renderfit.vision.refiner_files import PUBLISHED, save_refiner
from renderfit.vision.refiner_fits import load_fits, save_fits
from renderfit.vision.refiner_mirror import both_ways, mirrored_inputs, mirrored_prediction
from renderfit.vision.refiner_pictures import Pictures, chunks, load_chunk, paint, paint_chunk
from renderfit.vision.refiner_scores import angle, pose_of, scores
from renderfit.vision.refiner_shapes import codes_of, load_category, save_category
from renderfit.vision.refiner_start import Start, aligned, rays
from renderfit.vision.windows import Window

CAMERA = Camera.centred(128, 210.0)
POSE = Pose.look_at(torch.tensor([0.35, 0.4, 0.4]), torch.tensor([0.0, 0.0, 0.09]))
EASY = Style(backgrounds=("plain",), clutter=0, noise=0.3, dome=3, dome_size=24, shadow_size=48, defocus=0.0)


@pytest.fixture(scope="module")
def pictures(folder, tmp_path_factory, body):
    path = tmp_path_factory.mktemp("categories") / "can.npz"
    vertices, faces = body.numpy()
    basis = 0.1 * np.stack([(vertices - vertices.mean(0)) * np.eye(3)[k] for k in range(3)])
    codes = codes_of(basis, np.stack([0 * vertices, basis[2]]))
    save_category(path, vertices, basis, faces, codes, [folder / "can" / "one.ply"] * 2)
    return Pictures((str(path),), EASY, seed=3, chunk=6)


def start_of(mesh: Mesh, pose: Pose, camera: Camera = CAMERA) -> Start:
    vertices, faces = mesh.numpy()
    return Start.of(vertices, vertex_normals(mesh).numpy(), faces, camera, pose.rotation.numpy(), pose.translation.numpy())


def truth(photo, camera: Camera, pose: Pose) -> Evidence:
    scale = np.where(photo.mask, 0.002, 0)
    return Evidence(photo.mask.astype(float), photo.coordinates.astype(float), scale, photo.normals.astype(float), photo.mask)


class Copying(torch.nn.Module):
    """Answers what the start shows."""

    window = 128

    def __init__(self) -> None:
        super().__init__()
        self.unused = torch.nn.Parameter(torch.zeros(1))

    def forward(self, values):
        flat = values[:, 3] * 20 - 10
        still = torch.eye(3).expand(len(values), 3, 3), torch.zeros(len(values), 3)
        return Prediction(flat, torch.zeros_like(values[:, 4:7]), torch.full_like(flat, -4.0), values[:, 7:10], *still)


def test_codes_of_displacements_are_found():
    basis = np.random.default_rng(0).normal(size=(3, 50, 3)) * 0.01
    codes = np.array([[1.0, -0.5, 0.2], [0, 0, 1]])
    assert np.allclose(codes_of(basis, np.tensordot(codes, basis, axes=1)), codes, atol=0.02)


def test_the_true_start_leaves_no_residual_where_it_is_seen_and_residuals_invert(body):
    photo, start = photograph(body, CAMERA, POSE, 2, EASY), start_of(body, POSE)
    inside = photo.mask & start.mask
    assert inside.sum() > 200
    assert np.abs(start.residual(photo.coordinates)[inside]).max() * start.unit < 1e-4
    wrong = start_of(body, POSE.moved(torch.tensor([0.1, -0.2, 0.1, 0.02, 0, 0.01])))
    residual = wrong.residual(photo.coordinates)
    assert np.allclose(wrong.coordinates(residual)[photo.mask], photo.coordinates[photo.mask], atol=1e-6)


def test_points_continue_beyond_the_outline_along_the_rays(body):
    start = start_of(body, POSE)
    outside = ~start.mask
    assert np.allclose((start.points / start.depth[..., None])[outside], rays(CAMERA)[outside])
    assert start.depth[outside].min() >= start.depth[start.mask].min()
    assert start.depth[outside].max() <= start.depth[start.mask].max()


def test_a_shifted_start_is_moved_back_over_the_mask(body):
    vertices, _ = body.numpy()
    inside = POSE.apply(torch.as_tensor(vertices)).numpy()
    mask = start_of(body, POSE).mask
    shift = np.array([0.03, -0.02, 0.0])
    assert np.allclose(aligned(inside + shift, CAMERA, mask), -shift, atol=0.004)
    assert np.array_equal(aligned(inside, CAMERA, mask & False), np.zeros(3))


def test_a_window_and_its_camera_agree(body):
    window, size = Window(70.0, 60.0, 50.0), 64
    whole = start_of(body, POSE).mask
    cut = window.cut(torch.from_numpy(whole[None, None].astype(np.float32)), size)[0, 0].numpy() > 0.5
    drawn = start_of(body, POSE, window.camera(CAMERA, size)).mask
    assert (cut != drawn).mean() < 0.02


def test_evidence_of_a_copied_start_is_the_start_at_full_size(body):
    photo = photograph(body, CAMERA, POSE, 2, EASY)
    evidence = estimate(photo.image, CAMERA, POSE, body, Copying(), mask=photo.mask)
    inside = evidence.valid & photo.mask
    assert inside.sum() > 0.9 * photo.mask.sum()
    error = np.linalg.norm(evidence.coordinates - photo.coordinates, axis=2)[inside]
    assert np.median(error) < 2e-4
    assert np.isclose(np.linalg.norm(evidence.normals, axis=2)[evidence.valid], 1).all()
    assert not evidence.coordinates[~evidence.valid].any()


def test_the_pose_of_true_coordinates_is_found_from_a_noisy_start(body):
    photo = photograph(body, CAMERA, POSE, 2, EASY)
    turned = POSE.moved(torch.tensor([0.2, -0.15, 0.1, 0, 0, 0]))
    start = Pose.from_parts(turned.rotation, turned.translation + torch.tensor([0.03, -0.02, 0.0]))
    found = pose_of(truth(photo, CAMERA, POSE), CAMERA, start)
    assert found.angle_to(POSE) < 0.1
    assert float((found.translation - POSE.translation).norm()) < 1e-3


def cuts_of(pictures, tmp_path, size=64):
    chunk = load_chunk(paint_chunk(pictures, 0, str(tmp_path)))
    return [Cut.of({name: values[row] for name, values in chunk.items()}, size) for row in range(pictures.chunk)]


def test_chunks_hold_what_paint_makes(pictures, tmp_path):
    photo, chunk = paint(pictures, 1), load_chunk(paint_chunk(pictures, 0, str(tmp_path)))
    assert all(np.array_equal(chunk[name][1], photo[name]) for name in photo)


def test_batches_depend_on_the_seed_and_their_labels_agree(pictures, tmp_path):
    cuts, found = cuts_of(pictures, tmp_path), [load_category(pictures.categories[0])]
    for seed in range(4):
        first, again = (batch(cuts, found, 64, np.random.default_rng(seed)) for _ in range(2))
        assert all(torch.equal(a, b) for a, b in zip(vars(first).values(), vars(again).values(), strict=True))
        points = first.inputs[:, 4:7]
        # The point that a pixel shows, placed by the start, then moved: on the pixel's own ray, rolled and mirrored or not.
        moved = torch.einsum("nij,njhw->nihw", first.turn, points + first.residual) + first.shift[:, :, None, None]
        off = (moved - points)[:, :2].norm(dim=1)
        assert max(float(off[n][known].median()) for n, known in enumerate(first.known)) < 0.03
        assert float(first.residual.norm(dim=1)[first.known].median()) > 0.03
        assert float(first.normals.norm(dim=1)[first.known].mean()) > 0.99


def fits_of(photos, category):
    """Return fits with the shape that is shown, turned by a tenth; the first photograph has none."""
    found = []
    for row in range(1, len(photos["pose"])):
        vertices = category.vertices(photos["code"][row]) * photos["stretch"][row][0] + photos["stretch"][row][1]
        pose = Pose.from_parts(torch.as_tensor(photos["pose"][row, :3, :3]), torch.as_tensor(photos["pose"][row, :3, 3]))
        turned = Pose.from_parts(pose.moved(torch.tensor([0.06, -0.08, 0, 0, 0, 0])).rotation, pose.translation)
        found.append(Fit(vertices.astype(np.float32), turned.matrix.numpy(), vertices.astype(np.float32)))
    return [None, *found]


def test_fits_are_shown_as_starts_and_their_labels_lead_to_the_truth(pictures, tmp_path):
    photos, category = load_chunk(paint_chunk(pictures, 0, str(tmp_path))), load_category(pictures.categories[0])
    fits = fits_of(photos, category)
    save_fits(tmp_path / "fits.npz", fits)
    loaded = load_fits(tmp_path / "fits.npz")
    assert loaded[0] is None
    assert np.array_equal(loaded[3].pose, fits[3].pose)
    cuts = [Cut.of({name: values[row] for name, values in photos.items()}, 64, fit) for row, fit in enumerate(loaded)]
    still = batch(cuts[1:], [category], 64, np.random.default_rng(0), training=False, fits=1.0)
    assert torch.allclose(torch.tensor([angle(turn) for turn in still.turn]), torch.tensor(np.degrees(0.1)).float(), atol=1e-3)
    exact = 0
    for seed in range(6):
        one = batch(cuts[1:], [category], 64, np.random.default_rng(seed), fits=1.0)
        points = one.inputs[:, 4:7]
        moved = torch.einsum("nij,njhw->nihw", one.turn, points + one.residual) + one.shift[:, :, None, None]
        assert max(float((moved - points)[n, :2].norm(dim=0)[known].median()) for n, known in enumerate(one.known)) < 0.03
        told = one.inputs[:, 10].amax(dim=(1, 2)) > 0
        exact += int(told.sum())
        assert torch.allclose(one.turn[told], torch.eye(3).expand(int(told.sum()), 3, 3), atol=1e-5)
    assert 0 < exact < 20
    with pytest.raises(DataError, match="expected those of a chunk"):
        load_fits(tmp_path / "none.npz")
    with pytest.raises(DataError, match="none of the 2"):
        save_fits(tmp_path / "empty.npz", [None, None])


def test_a_mirrored_batch_mirrored_again_is_the_batch(pictures, tmp_path):
    one = batch(cuts_of(pictures, tmp_path), [load_category(pictures.categories[0])], 64, np.random.default_rng(1), training=False)
    chosen = torch.tensor([True, False] * 3)
    twice = mirrored(mirrored(one, chosen), chosen)
    assert all(torch.equal(a, b) for a, b in zip(vars(one).values(), vars(twice).values(), strict=True))
    assert not torch.equal(mirrored(one, chosen).turn[0], one.turn[0])


def test_the_mirrored_photograph_is_answered_with_the_mirrored_prediction():
    torch.manual_seed(3)
    network, values = Refiner(8, 3, 32).eval(), torch.randn(2, 11, 32, 32)
    torch.nn.init.normal_(network.motion.weight, std=0.3)
    found, other = both_ways(network, values), mirrored_prediction(both_ways(network, mirrored_inputs(values)))
    assert all(torch.equal(a, b) for a, b in zip(found, other, strict=True))
    assert torch.allclose(found.turn @ found.turn.mT, torch.eye(3).expand(2, 3, 3), atol=1e-5)
    plain = network(values)
    assert not torch.allclose(plain.turn, mirrored_prediction(network(mirrored_inputs(values))).turn, atol=1e-3)
    assert torch.allclose(found.residual, (plain.residual + mirrored_prediction(network(mirrored_inputs(values))).residual) / 2, atol=1e-6)


def test_a_motion_and_its_inverse(body):
    start = start_of(body, POSE)
    other = POSE.moved(torch.tensor([0.1, -0.2, 0.1, 0.02, 0, 0.01]))
    rotation, translation = start.moved(*start.motion(other.rotation.numpy(), other.translation.numpy()))
    assert np.allclose(rotation, other.rotation)
    assert np.allclose(translation, other.translation)


class Knowing(Copying):
    """Answers the motion that takes its first start to `pose`, then stays."""

    def __init__(self, start: Start, pose: Pose) -> None:
        super().__init__()
        self.turn, self.shift = start.motion(pose.rotation.numpy(), pose.translation.numpy())
        self.asked = []

    def forward(self, values):
        self.asked.append(values)
        still = super().forward(values)
        if len(self.asked) > 1:
            return still
        flip = torch.tensor([-1.0, 1, 1], dtype=torch.float64)
        turn, shift = torch.as_tensor(self.turn), torch.as_tensor(self.shift)  # then of the mirror image
        return still._replace(turn=torch.stack([turn, turn * flip[:, None] * flip]), shift=torch.stack([shift, shift * flip]))


def test_the_second_look_is_at_the_start_that_the_first_has_corrected(body, monkeypatch):
    monkeypatch.setattr(estimation, "GATE", np.inf)  # the start is looked at where it is
    photo = photograph(body, CAMERA, POSE, 2, EASY)
    turned = Pose.from_parts(POSE.moved(torch.tensor([0.2, -0.15, 0.1, 0, 0, 0])).rotation, POSE.translation)
    network = Knowing(start_of(body, turned, Window.around(photo.mask).camera(CAMERA, 128)), POSE)
    evidence = estimate(photo.image, CAMERA, turned, body, network, mask=photo.mask)
    inside = evidence.valid & photo.mask
    assert np.median(np.linalg.norm(evidence.coordinates - photo.coordinates, axis=2)[inside]) < 3e-4
    assert len(network.asked) == 2
    told = Knowing(start_of(body, POSE), POSE)
    estimate(photo.image, CAMERA, POSE, body, told, mask=photo.mask, exact=True)
    assert len(told.asked) == 1
    assert bool((told.asked[0][:, 10] == 1).all())


def test_interrupted_training_ends_with_the_same_weights(pictures, tmp_path):
    settings = config.Refiner(size=32, width=8, levels=3, steps=6, batch=4, chunks=1, checked=2, painters=0, left_out=[])
    settings = dataclasses.replace(settings, save_every=4, precision="float32")
    shots, state = tmp_path / "photographs", tmp_path / "state"
    whole, log = refiner_training.train(pictures, settings, shots)
    stopped = dataclasses.replace(settings, steps=6)

    class StopError(Exception):
        pass

    def interrupt(step, *_):
        if step == 5:
            raise StopError
        return 1.0

    with pytest.MonkeyPatch.context() as patch:
        real = refiner_training.schedule
        patch.setattr(refiner_training, "schedule", lambda step, given: interrupt(step) and real(step, given))
        with pytest.raises(StopError):
            refiner_training.train(pictures, stopped, shots, state=state)
    resumed, log_again = refiner_training.train(pictures, settings, shots, state=state)
    assert log["scores"] == log_again["scores"]
    for name, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name
    with pytest.raises(DataError, match="other settings"):
        refiner_training.train(pictures, dataclasses.replace(settings, rate=1e-3), shots, state=state)


def test_painters_change_nothing(pictures, tmp_path):
    alone = list(chunks(pictures, 2, tmp_path / "alone", 0))
    together = list(chunks(pictures, 2, tmp_path / "together", 1))
    assert all(np.array_equal(a[name], b[name]) for a, b in zip(alone, together, strict=True) for name in a)


def test_weights_come_back_and_changed_ones_are_refused(tmp_path):
    network = Refiner(8, 3, 32).eval()
    save_refiner(network, tmp_path, seed=1)
    values = torch.rand(1, 11, 32, 32)
    assert torch.equal(load_refiner(tmp_path)(values).residual, network(values).residual)
    save_refiner(Refiner(8, 3, 32), tmp_path / "other")
    (tmp_path / "other" / "refiner.safetensors").replace(tmp_path / "refiner.safetensors")
    with pytest.raises(DataError, match="SHA-256"):
        load_refiner(tmp_path)
    with pytest.raises(DataError, match="train refiner"):
        load_refiner(tmp_path / "none")


def test_categories_that_a_refiner_never_saw_are_doubted(tmp_path):
    assert refiner_files.doubt("drill") == ""
    assert "was trained on bottle, camera, drill, spray, none of them called mug" in refiner_files.doubt("mug")
    save_refiner(Refiner(8, 3, 32), tmp_path, categories=["mug", "bowl"])
    assert refiner_files.doubt("mug", tmp_path) == ""
    assert "was trained on mug, bowl, none of them called drill" in refiner_files.doubt("drill", tmp_path)
    save_refiner(Refiner(8, 3, 32), tmp_path, begun_with={"unet": "another"})
    assert "is not written beside it" in refiner_files.doubt("mug", tmp_path)


def test_bad_input_is_refused_with_the_reason(body):
    image, network = np.zeros((128, 128, 3), np.uint8), Copying()
    with pytest.raises(ShapeError, match="as its camera says"):
        estimate(image[:64], CAMERA, POSE, body, network)
    with pytest.raises(ShapeError, match="orthographic"):
        estimate(image, dataclasses.replace(CAMERA, orthographic=True), POSE, body, network)
    behind = Pose.from_parts(POSE.rotation, torch.tensor([0.0, 0.0, -1.0]))
    with pytest.raises(DataError, match="in front"):
        estimate(image, CAMERA, behind, body, network)
    aside = Pose.from_parts(POSE.rotation, POSE.translation + torch.tensor([3.0, 0, 0]))
    with pytest.raises(DataError, match="in view"):
        estimate(image, CAMERA, aside, body, network)
    with pytest.raises(DataError, match="no object in the mask"):
        estimate(image, CAMERA, POSE, body, network, mask=np.zeros((128, 128)))
    with pytest.raises(ShapeError, match="mask has shape"):
        estimate(image, CAMERA, POSE, body, network, mask=np.zeros((64, 64)))
    with pytest.raises(ShapeError, match="evidence of shapes"):
        Evidence(np.zeros((2, 2)), np.zeros((2, 2)), np.zeros((2, 2)), np.zeros((2, 2, 3)), np.zeros((2, 2), bool))
    with pytest.raises(ShapeError, match="11"):
        Refiner(8, 3)(torch.zeros(1, 3, 32, 32))


def test_published_weights_load_and_turn_starts_right(pictures, tmp_path):
    """On a body, a scene and starts that training never saw."""
    unseen = dataclasses.replace(pictures, seed=99, chunk=16)
    shown = batch(cuts_of(unseen, tmp_path, 96), [load_category(pictures.categories[0])], 96, np.random.default_rng(7), training=False)
    assert shown.inputs.shape == (16, 11, 96, 96)
    found = scores(load_refiner(PUBLISHED), [shown])
    assert found["mm"] < 0.9 * found["start_mm"], found
    assert found["normals"] < 0.9 * found["start_normals"], found
    assert load_refiner(PUBLISHED).window == 96
