import logging
from typing import ClassVar

import numpy as np
import pytest
import torch
from scipy import ndimage

from renderfit.errors import DataError, ShapeError
from renderfit.geometry import Camera, Pose, load_mesh
from renderfit.rendering.photo import Style, photograph
from renderfit.vision import search, segment
from renderfit.vision.images import as_rgb
from renderfit.vision.looks import largest_part, mean_of, window_probabilities
from renderfit.vision.scores import boundary_error, class_iou, confusion, intersection_over_union
from renderfit.vision.search import MARGINS, Found
from renderfit.vision.windows import Window

CAMERA = Camera.centred(96, 160.0)
POSE = Pose.look_at(torch.tensor([0.3, 0.35, 0.3]), torch.tensor([0.0, 0.0, 0.09]))


@pytest.fixture(scope="module")
def photo(folder):
    return photograph(load_mesh(folder / "can" / "one.ply"), CAMERA, POSE, 5, Style(backgrounds=("plain",), clutter=0))


def test_the_object_is_found_with_and_without_a_pose(network, photo):
    for camera, pose in ((CAMERA, POSE), (None, None)):
        found = segment(photo.image, network, "can", camera, pose)
        assert found.shape == (96, 96)
        assert found.dtype == np.float64
        assert 0 <= found.min() <= found.max() <= 1
        assert intersection_over_union(found > 0.5, photo.mask) > 0.5


def test_grey_alpha_and_deep_images_are_converted(photo):
    whole = as_rgb(photo.image)
    deep = photo.image.astype(np.uint16) * 257
    assert np.allclose(as_rgb(deep), whole, atol=1e-6)
    alpha = np.concatenate([photo.image, np.full((96, 96, 1), 255, np.uint8)], axis=2)
    assert np.allclose(as_rgb(alpha), whole)
    grey = as_rgb(photo.image[..., 0])
    assert np.array_equal(grey[..., 0], grey[..., 2])


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (np.zeros((8, 8, 3), np.uint8), "at least 16"),
        (np.zeros((32, 32, 5), np.uint8), "RGBA"),
        (np.full((32, 32, 3), 7.0), "0..1"),
        (np.full((32, 32, 3), np.nan), "finite"),
        (np.zeros((32, 32, 3), np.int64), "uint8"),
    ],
)
def test_what_is_no_image_is_refused_with_the_reason(network, image, reason):
    with pytest.raises(ShapeError, match=reason):
        segment(image, network)


def test_wrong_category_size_and_pose_are_refused(network, photo):
    with pytest.raises(DataError, match="can, crate"):
        segment(photo.image, network, "cup")
    with pytest.raises(ShapeError, match="as its camera says"):
        segment(photo.image, network, "can", Camera.centred(64, 100.0), POSE)
    behind = Pose(torch.diag(torch.tensor([1.0, -1.0, -1.0, 1.0])))
    with pytest.raises(DataError, match="in front"):
        segment(photo.image, network, "can", CAMERA, behind)


def test_an_image_without_the_object_says_so(network):
    class Blind(torch.nn.Module):
        categories, window, stride, edge = network.categories, 32, 1, 0.0

        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(1))

        def forward(self, images):
            return torch.stack([images[:, 0] * 0 + 9, images[:, 0], images[:, 0]], dim=1)

    with pytest.raises(DataError, match="no can found"):
        segment(np.zeros((64, 64, 3), np.uint8), Blind(), "can")


class Painted(torch.nn.Module):
    """Takes white for an object if it fills at least a share of the window."""

    categories, window, stride, edge = ("can",), 48, 16, 0.0

    def __init__(self, share):
        super().__init__()
        self.weight, self.share = torch.nn.Parameter(torch.zeros(1)), share

    def forward(self, images):
        white = images[:, 0]
        seen = 20 * (white - 0.5) - 40 * (white.mean(dim=(1, 2), keepdim=True) < self.share)
        return torch.stack([-seen, seen], dim=1)


@pytest.mark.parametrize(("pose", "share"), [(POSE, 0.015), (None, 0.023)])  # between those in the first window and in a closer one
@pytest.mark.parametrize(("row", "column"), [(20, 24), (48, 50), (70, 66)])
def test_what_the_first_look_misses_is_found_closer(pose, share, row, column):
    image = np.zeros((96, 96, 3), np.uint8)
    image[row - 6 : row + 6, column - 6 : column + 6] = 255
    found = segment(image, Painted(share), "can", CAMERA if pose else None, pose)
    assert np.array_equal(found > 0.5, image[..., 0] > 0)
    with pytest.raises(DataError, match="no can found"):
        segment(image, Painted(0.9), "can", CAMERA if pose else None, pose)


def test_what_is_lost_at_the_last_look_is_no_object():
    class Fading(Painted):
        looks = 0

        def forward(self, images):
            self.looks += 1
            return super().forward(images) * (self.looks < 3)

    image = np.zeros((96, 96, 3), np.uint8)
    image[30:70, 30:70] = 255
    with pytest.raises(DataError, match="no can found"):
        segment(image, Fading(0.0), "can")


class Narrow(Painted):
    """Sees white in the middle rows of a window only."""

    def forward(self, images):
        seen = 20 * (images[:, 0] - 0.5)
        rows = seen.shape[1]
        seen[:, : rows // 16] = seen[:, -(rows // 16) :] = -10
        return torch.stack([-seen, seen], dim=1)


def test_windows_follow_what_was_found_until_they_stay(monkeypatch):
    image = np.zeros((120, 120, 3), np.uint8)
    image[40:80, 52:68] = 255
    white, start = image[..., 0] > 0, Pose.from_parts(torch.eye(3, dtype=torch.float64), torch.tensor([0.0, 0.0, 0.7]))
    camera = Camera.centred(120, 158.0)

    def found(rounds):
        monkeypatch.setattr(search, "ROUNDS", rounds)
        return segment(image, Narrow(0.0), "can", camera, start, extent=0.06) > 0.5

    shares = [intersection_over_union(found(rounds), white) for rounds in (0, 1, 6)]
    assert shares[0] < shares[1] - 0.05 < 0.85
    assert shares[2] > 0.95


def test_a_window_that_loses_the_object_is_not_followed(monkeypatch):
    class Distracted(Painted):
        looks = 0

        def forward(self, images):
            self.looks += 1
            if self.looks == 3:  # the second of the closer windows
                steps = torch.arange(images.shape[2])
                images = images * (steps < 16)[:, None] * ((steps >= 16) & (steps < 32))
            return super().forward(images)

    image = np.zeros((96, 96, 3), np.uint8)
    image[10:82, 12:80] = 255
    monkeypatch.setattr(search, "STILL", 0.0)
    assert intersection_over_union(segment(image, Distracted(0.0), "can") > 0.5, image[..., 0] > 0) > 0.97
    monkeypatch.setattr(search, "SURE", 0.0)  # or the second search finds it
    monkeypatch.setattr(search, "SHRUNK", 0.0)
    monkeypatch.setattr(search, "ROUNDS", 2)
    assert intersection_over_union(segment(image, Distracted(0.0), "can") > 0.5, image[..., 0] > 0) < 0.7


def test_the_last_look_is_the_mean_of_the_windows_that_see_a_pixel():
    class Fixed(Painted):
        chances: ClassVar = [0.9, 0.3, 0.6]  # of the last three looks, the narrowest first

        def forward(self, images):
            side = float((images[:, 0] > 0.5).float().mean()) ** -0.5  # of the window, over that of the white square
            chance = self.chances[int(np.argmin(np.abs(np.array(MARGINS) - side)))]
            seen = torch.full_like(images[:, 0], float(np.log(chance / (1 - chance))) / 2)
            return torch.stack([-seen, seen], dim=1)

    image = np.zeros((96, 96, 3), np.uint8)
    image[28:68, 28:68] = 255
    looks = [Window.around(image[..., 0] > 0, margin) for margin in MARGINS]
    scores = [window_probabilities(torch.from_numpy(image / 255.0).permute(2, 0, 1)[None], look, Fixed(0.0), 48) for look in looks]
    found = mean_of(looks, scores, 96, 96)
    assert found[48, 48] == pytest.approx(0.6)
    assert found[48, 22] == pytest.approx(0.45)  # outside the narrowest
    assert found[48, 19] == pytest.approx(0.6)  # inside the widest only
    assert found[48, 10] == 0


def test_a_look_is_the_mean_of_a_window_and_its_mirror_image():
    class Left(torch.nn.Module):
        def forward(self, images):
            seen = torch.full_like(images[:, 0], -30.0)
            seen[..., : seen.shape[-1] // 2] = 30
            return torch.stack([-seen, seen], dim=1)

    scores = window_probabilities(torch.zeros(1, 3, 32, 32), Window(16.0, 16.0, 32.0), Left(), 32)
    assert torch.allclose(scores, torch.full((2, 32, 32), 0.5))


def test_a_window_is_pasted_where_it_was_cut():
    class Copy(torch.nn.Module):
        def forward(self, images):
            return torch.cat([-20 * (images[:, :1] - 0.5), 20 * (images[:, :1] - 0.5)], dim=1)

    disc = ((np.mgrid[:64, :64] + 0.5 - np.array([[[40]], [[22]]])) ** 2).sum(0) < 81
    whole = torch.from_numpy(np.repeat(disc[None, None], 3, axis=1).astype(np.float32))
    window = Window(22.0, 40.0, 32.0)
    scores = window_probabilities(whole, window, Copy(), 32)
    assert np.array_equal(window.paste(scores[1:], 64, 64)[0] > 0.5, disc)


@pytest.mark.parametrize("size", [20, 32, 40, 64, 90, 128])  # cells of 7, 4, 3, 2, 2 and 1 pixels are averaged
def test_a_cut_shows_everything_where_the_window_s_camera_does(size):
    rows, columns = np.mgrid[:140, :160] + 0.5
    blob = np.exp(-((columns - 83.3) ** 2 + (rows - 66.6) ** 2) / 200)
    window, camera = Window(80.0, 70.0, 128.0), Camera(160, 140, 150.0, 150.0, 80.0, 70.0)
    seen = window.cut(torch.from_numpy(blob)[None, None], size)[0, 0].numpy()
    along = np.arange(size) + 0.5
    middle = np.array([(seen.sum(0) * along).sum(), (seen.sum(1) * along).sum()]) / seen.sum()
    ray = torch.tensor([(83.3 - camera.cx) / camera.fx, (66.6 - camera.cy) / camera.fy, 1.0], dtype=torch.float64)
    assert middle * 128 / size == pytest.approx(window.camera(camera, size).project(ray).numpy() * 128 / size, abs=0.05)
    if size <= 64:
        back = window.paste(torch.from_numpy(seen)[None], 140, 160)[0]
        assert (back * columns).sum() / back.sum() == pytest.approx(83.3, abs=0.05)


@pytest.mark.parametrize("side", [30.0, 70.0, 101.0, 300.0])  # 1, 2, 3 and 8 pixels are averaged
@pytest.mark.parametrize("middle", [(50.3, 41.2), (2.0, 77.0), (-200.0, 40.0), (260.0, 300.0)])
def test_a_cut_is_what_another_implementation_cuts(side, middle):
    picture = np.random.default_rng(0).random((80, 100))
    size, (x, y) = 36, middle
    fine = max(1, int(np.ceil(side / size - 0.25)))
    smooth = ndimage.uniform_filter(picture, fine, mode="nearest")  # centred, for even sizes half a pixel before
    steps = (np.arange(size) + 0.5) / size * side - side / 2 - 0.5 + 0.5 * (fine % 2 == 0)
    wanted = ndimage.map_coordinates(smooth, np.meshgrid(y + steps, x + steps, indexing="ij"), order=1, mode="nearest")
    seen = Window(x, y, side).cut(torch.from_numpy(picture)[None, None], size)[0, 0].numpy()
    assert seen == pytest.approx(wanted, abs=1e-9)


def test_scores_of_known_masks():
    mask = np.zeros((20, 20), bool)
    mask[5:15, 5:15] = True
    moved = np.roll(mask, 2, axis=1)
    assert intersection_over_union(mask, moved) == pytest.approx(80 / 120)
    assert intersection_over_union(mask & False, moved & False) == 1.0
    assert boundary_error(mask, mask) == 0
    assert 0 < boundary_error(mask, moved) <= 2
    assert boundary_error(mask, mask & False) == np.inf
    counts = confusion(mask.astype(int), mask.astype(int), 3)
    assert counts.sum() == 400
    assert class_iou(counts)[:2].tolist() == [1.0, 1.0]
    assert np.isnan(class_iou(counts)[2])


def test_the_largest_part_is_kept():
    mask = np.zeros((10, 10), bool)
    mask[1:3, 1:3] = mask[5:9, 5:9] = True
    assert largest_part(mask).sum() == 16


class Fooled(Painted):
    """Takes a grey patch for an object where it is small in the window and the white thing is, unless the picture is a large one."""

    def forward(self, images):
        white, grey = images[:, 0] > 0.8, (images[:, 0] > 0.4) & (images[:, 0] < 0.6)
        small = (white | grey).float().mean(dim=(1, 2), keepdim=True) < 0.12
        clutter = grey & small & (images.shape[-1] == self.window)
        seen = torch.where(clutter | (white & ~small) | (white & (images.shape[-1] > self.window)), 10.0, -10.0)
        return torch.stack([-seen, seen], dim=1)


def test_a_search_whose_windows_disagree_begins_again():
    image = np.zeros((96, 96, 3), np.uint8)
    image[40:64, 56:76] = 255
    image[10:22, 10:24] = 128
    found = segment(image, Fooled(0.0), "can") > 0.5
    assert np.array_equal(found, image[..., 0] == 255)


class Changing(Painted):
    """Takes for the object what is in the middle `part` of a window, whatever the window's width."""

    def __init__(self, part):
        super().__init__(0.0)
        self.part = part

    def forward(self, images):
        side = images.shape[-1]
        away = (torch.arange(side) + 0.5 - side / 2).abs()
        inside = (away[:, None] < self.part * side / 2) & (away[None, :] < self.part * side / 2)
        seen = torch.where(inside, 10.0, -10.0).expand(len(images), side, side)
        return torch.stack([-seen, seen], dim=1)


def test_what_changes_with_the_window_is_doubted_and_then_refused(monkeypatch, caplog):
    image = np.zeros((96, 96, 3), np.uint8)
    monkeypatch.setattr(search, "ROUNDS", 1)
    monkeypatch.setattr(search, "MARGINS", (1.0, 2.0, 3.0))
    with pytest.raises(DataError, match=r"agree on 11 % only"):  # a third of the width, a ninth of the area
        segment(image, Changing(0.5), "can")
    monkeypatch.setattr(search, "MARGINS", (1.0, 1.1, 1.2))
    with caplog.at_level(logging.WARNING):
        segment(image, Changing(0.5), "can")
    assert "mask is doubtful" in caplog.text


def test_agreement_and_weight_of_a_search():
    windows = [Window(24.0, 24.0, 48.0)] * 2
    half, all_of = torch.zeros(2, 48, 48), torch.zeros(2, 48, 48)
    half[1, :, :24], all_of[1, :, :] = 1, 1
    half[0], all_of[0] = 1 - half[1], 1 - all_of[1]
    own = np.ones((48, 48), np.bool_)
    assert Found(windows, [all_of, all_of], own).agreement == 1
    assert Found(windows, [half, all_of], own).agreement == pytest.approx(0.5, abs=0.03)
    own[:, 24:] = False
    assert Found(windows, [half, all_of], own).agreement == pytest.approx(1.0, abs=0.05)  # the rest is another object's
    large, small = Found(windows, [all_of, all_of], np.ones((48, 48), np.bool_)), Found(windows, [all_of, all_of], own)
    assert large.weight > small.weight > 0
