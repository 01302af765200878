import json

import imageio.v3 as iio
import numpy as np
import pytest
import torch

from renderfit.errors import DataError
from renderfit.geometry import Pose, load_mesh
from renderfit.registration import checks, files, register
from renderfit.registration.columns import Columns
from renderfit.registration.expected import Expected
from renderfit.registration.levenberg import Damping, minimise
from renderfit.registration.ours import SolverConfig
from renderfit.registration.overlay import overlay
from renderfit.registration.stages import Stage
from renderfit.registration.starts import require_start


@pytest.fixture(scope="module")
def fit(space, camera, pose, target, mask_of):
    return register(
        mask_of(target, pose, camera), space, camera, mask=mask_of(target, pose, camera), pose=pose, model="pca", optimise_pose=False
    )


def test_what_is_written_is_the_answer(fit, camera, tmp_path):
    picture = np.full((256, 256, 3), 90, np.uint8)
    summary = files.write_registration(fit, tmp_path / "out", [], [picture], [camera])
    assert summary == json.loads((tmp_path / "out" / "registration.json").read_text())
    assert summary["latent"] == fit.latent.tolist()
    assert Pose(torch.tensor(summary["object_to_camera"])).angle_to(fit.pose) < 1e-9
    assert torch.allclose(load_mesh(tmp_path / "out" / "mesh.ply").vertices.double(), fit.mesh.vertices, atol=1e-6)
    assert iio.imread(tmp_path / "out" / "overlay.png").shape == (256, 256, 3)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"registration.json", "mesh.ply", "overlay.png"}


def test_the_overlay_changes_the_object_and_nothing_else(fit, camera, pose, mask_of):
    picture = np.full((256, 256, 3), 90, np.uint8)
    changed = (overlay(picture, fit.mesh, camera, pose) != picture).any(axis=2)
    inside = mask_of(fit.mesh, pose, camera)
    assert changed[inside].all()
    assert changed.sum() < 1.3 * inside.sum()


@pytest.mark.parametrize("mode", ["grey", "alpha", "deep"])
def test_images_come_in_any_common_form(tmp_path, mode):
    shapes = {"grey": ((20, 30), np.uint8), "alpha": ((20, 30, 4), np.uint8), "deep": ((20, 30), np.uint16)}
    shape, dtype = shapes[mode]
    iio.imwrite(tmp_path / "image.png", np.full(shape, np.iinfo(dtype).max, dtype))
    picture = files.read_image(tmp_path / "image.png")
    assert picture.shape == (20, 30, 3)
    assert picture.dtype == np.uint8
    assert picture.min() == 255
    assert files.read_mask(tmp_path / "image.png").all()


def test_what_is_transparent_is_grey_in_a_photograph_and_not_in_the_mask(tmp_path):
    alpha = np.zeros((20, 30), np.uint8)
    alpha[5:9, 7:20] = 255
    white = np.full((20, 30), 255, np.uint8)
    for name, layers in {"grey": [white, alpha], "colour": [white, white, white, alpha]}.items():
        path = tmp_path / f"{name}.png"
        iio.imwrite(path, np.dstack(layers))
        assert np.array_equal(files.read_mask(path), alpha > 0)
        assert np.array_equal(files.read_image(path)[..., 0], np.where(alpha > 0, 255, 128))


def test_a_mask_of_ones_counts_and_a_dark_one_is_named(tmp_path):
    mask = np.zeros((20, 30), np.uint8)
    mask[5:9, 7:20] = 1
    iio.imwrite(tmp_path / "ones.png", mask)
    iio.imwrite(tmp_path / "deep.png", mask.astype(np.uint16) * 65535)
    iio.imwrite(tmp_path / "dark.png", 7 * mask)
    iio.imwrite(tmp_path / "empty.png", 0 * mask)
    assert np.array_equal(files.read_mask(tmp_path / "ones.png"), mask > 0)
    assert np.array_equal(files.read_mask(tmp_path / "deep.png"), mask > 0)
    assert not files.read_mask(tmp_path / "empty.png").any()
    with pytest.raises(DataError, match=r"dark\.png: the brightest pixel is 7 of 255"):
        files.read_mask(tmp_path / "dark.png")


def test_a_photograph_is_no_mask(tmp_path):
    iio.imwrite(tmp_path / "photo.png", np.random.default_rng(0).integers(0, 256, (20, 30, 3)).astype(np.uint8))
    with pytest.raises(DataError, match="neither black nor white; expected a mask, not the photograph"):
        files.read_mask(tmp_path / "photo.png")
    soft = np.zeros((20, 30), np.uint8)
    soft[5:15, 5:15], soft[4, 5:15], soft[15, 5:15] = 255, 100, 160
    iio.imwrite(tmp_path / "soft.png", soft)
    assert files.read_mask(tmp_path / "soft.png").sum() == 110


def test_what_an_earlier_run_wrote_does_not_pass_for_this_one_s(fit, tmp_path, monkeypatch):
    for name in ("registration.json", "overlay.png", "replay.html"):
        (tmp_path / name).write_text("earlier")
    (tmp_path / "mine.txt").write_text("kept")
    files.write_registration(fit, tmp_path, [])
    assert {path.name for path in tmp_path.iterdir()} == {"registration.json", "mesh.ply", "mine.txt"}
    monkeypatch.setattr(files, "save_mesh", lambda *_: (_ for _ in ()).throw(OSError("no space")))
    with pytest.raises(OSError, match="no space"):
        files.write_registration(fit, tmp_path, [])
    assert not (tmp_path / "registration.json").exists()


def test_inputs_of_one_name_are_told_apart(fit, tmp_path):
    for name in ("photos/0.png", "masks/0.png", "camera.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    given = [tmp_path / "photos/0.png", tmp_path / "masks/0.png", tmp_path / "camera.json"]
    inputs = files.write_registration(fit, tmp_path / "out", given)["provenance"]["inputs"]
    assert set(inputs) == {"photos/0.png", "masks/0.png", "camera.json"}
    assert len(set(inputs.values())) == 3


def test_depth_maps_folders_and_unknown_formats_are_no_clouds(tmp_path):
    np.save(tmp_path / "depth.npy", np.ones((48, 64)))
    (tmp_path / "cloud.pcd").write_text("VERSION 0.7")
    for path, said in (("depth.npy", r"\(48, 64\) \(a depth map\?"), ("cloud.pcd", "a point cloud may be PLY, .npy"), (".", "a folder")):
        with pytest.raises(DataError, match=said):
            files.read_points(tmp_path / path)


def test_a_start_that_cannot_be_meant_is_refused_with_what_it_may_be(space, camera, pose):
    mean = space.model("pca").mean
    require_start(mean, camera, pose)
    require_start(mean, camera, Pose.from_parts(pose.rotation, pose.translation + torch.tensor([0.3, 0, 0])))
    far = Pose.from_parts(pose.rotation, 1000 * pose.translation)
    aside = Pose.from_parts(pose.rotation, pose.translation + torch.tensor([5.0, 0, 0]))
    opengl = Pose(torch.diag(torch.tensor([1.0, -1, -1, 1], dtype=torch.float64)) @ pose.matrix)
    for wrong, said in ((far, "px large"), (aside, "far outside the image"), (opengl, "behind the camera")):
        with pytest.raises(DataError, match=f"{said}.*object to camera .* metres, OpenCV axes"):
            require_start(mean, camera, wrong)


@pytest.mark.parametrize("eye", [(0.46, 0.39, 0.4), (0.3, 0.25, 0.6), (0.6, 0.3, 0.15), (0.05, 0.7, 0.3)])
def test_a_camera_to_object_pose_is_named(space, camera, target, mask_of, eye):
    right = Pose.look_at(torch.tensor(eye, dtype=torch.float64), torch.tensor([0.0, 0.0, 0.1]))
    mask, photo = mask_of(target, right, camera), np.full((256, 256, 3), 90, np.uint8)
    for method in ("ours", "paper"):
        with pytest.raises(DataError, match=r"its inverse .* camera-to-object pose; expected object to camera"):
            register(photo, space, camera, mask=mask, pose=right.inverse(), method=method)


def test_beside_the_mask_the_inverse_of_a_pose_from_above_is_named(space, camera, target, mask_of):
    """Seen from above, the inverse of a pose keeps the object in the image: only the mask tells."""
    right = Pose.look_at(torch.tensor([0.0, 0.2, 0.75], dtype=torch.float64), torch.tensor([0.0, 0.08, 0.1]))
    mean, mask = space.model("pca").mean, mask_of(target, right, camera).astype(float)
    require_start(mean, camera, right, mask)
    require_start(mean, camera, right.inverse())
    with pytest.raises(DataError, match="on the mask, its inverse"):
        require_start(mean, camera, right.inverse(), mask)


@pytest.mark.parametrize("noise", [False, True])
def test_a_fit_says_why_it_did_not_converge(space, camera, pose, noisy, target, mask_of, noise):
    mask = mask_of(target, pose, camera)
    found = register(mask, space, camera, mask=mask, pose=noisy if noise else pose, optimise_pose=noise)
    assert found.converged or found.warnings
    hasty = SolverConfig(stages=(Stage("hasty", 64, 1.5, 1, ("global",), noise),))
    cut_short = register(mask, space, camera, mask=mask, pose=noisy if noise else pose, optimise_pose=noise, config=hasty)
    assert not cut_short.converged
    assert checks.UNSETTLED in cut_short.warnings


def test_a_cost_near_zero_counts_as_settled():
    class Bowl:
        """Cost that every step divides by 16 and never stops to fall."""

        def __init__(self, x):
            self.x, self.cost = x, float(x[0] ** 4)

        def normal(self):
            return np.array([[12 * self.x[0] ** 2]]), np.array([6 * self.x[0] ** 3])

    paths = [minimise(Bowl, np.ones(1), np.arange(1), 6, Damping(start=1e-9, enough=enough)) for enough in (0.0, 1e-3)]
    assert [path.converged for path in paths] == [False, True]
    assert paths[0].costs == paths[1].costs


@pytest.mark.parametrize(("wall", "reached"), [(np.inf, 2), (0.9, 1)])
def test_equations_are_made_only_where_a_step_follows(wall, reached):
    class Slope:
        """A cost that falls for ever, up to a wall; it counts its equations."""

        made = 0

        def __init__(self, x):
            self.x, self.cost = x, -float(x[0]) if x[0] < wall else np.inf

        def normal(self):
            Slope.made += 1
            return np.eye(1), -np.ones(1)

    path = minimise(Slope, np.zeros(1), np.arange(1), 1, Damping())
    assert (len(path.points), Slope.made) == (reached, 1)


def test_what_is_no_image_is_named(tmp_path):
    (tmp_path / "image.png").write_text("nothing")
    with pytest.raises(DataError, match="not readable as an image"):
        files.read_image(tmp_path / "image.png")
    with pytest.raises(DataError, match=r"missing\.png"):
        files.read_mask(tmp_path / "missing.png")


def test_border_share_counts_only_what_touches_the_border():
    mask = np.zeros((20, 20))
    mask[5:10, 5:10] = 1
    assert checks.border_share(mask) == 0
    mask[:] = 0
    mask[0:5, 5:10] = 1
    assert checks.border_share(mask) == pytest.approx(5 / 20)


def test_an_open_rotation_is_reported_with_its_axis(space, camera, pose):
    columns = Columns.of(space.model("pca"))
    expected = Expected(0.002, 0.0, np.zeros(3), np.zeros(3), np.diag([1e-4, 1e-4, 0.0225]), 0.2)
    view = type("Seen", (), {"mask": np.zeros((8, 8))})()
    verdict = checks.judge(columns, [view], np.zeros(9), [0.97], [expected])
    assert verdict.confidence == checks.TRUSTED
    assert "the turn about the object's axis (0.00, 0.00, 1.00) by +-8.6 degrees, the placed surface by +-2.0 mm" in verdict.warnings[0]
    assert not checks.judge(columns, [view], np.zeros(9), [0.97]).warnings
