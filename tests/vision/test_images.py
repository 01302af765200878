"""Picture files of unusual kinds are read as what they show, or refused with the reason."""

import logging
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest
import torch
from PIL import Image

from renderfit.errors import DataError, ShapeError
from renderfit.geometry import Camera
from renderfit.registration.files import read_image, read_mask
from renderfit.vision.images import as_mask, load_image, read_pixels, require_size

RED = Image.fromarray(np.full((24, 32, 3), (200, 20, 20), np.uint8))


TURNS = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
"""EXIF orientation -> `Image.Transpose` that a camera held so has done to the upright picture."""


def marked():
    """Red, with a white corner at the top left and a blue one at the top right."""
    pixels = np.array(RED)
    pixels[:8, :8], pixels[:8, -8:] = 255, (0, 0, 255)
    return pixels


@pytest.mark.parametrize("name", ["inks.jpg", "inks.tif"])
def test_four_inks_are_not_taken_for_colours_and_alpha(tmp_path, name):
    RED.convert("CMYK").save(tmp_path / name, quality=95)
    for found in (load_image(tmp_path / name) * 255, read_image(tmp_path / name)):
        assert found.shape == (24, 32, 3)
        assert np.allclose(found.mean(axis=(0, 1)), (200, 20, 20), atol=6)


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".tif", ".png"])
def test_an_animation_is_refused_and_a_single_frame_read(tmp_path, suffix):
    RED.save(tmp_path / f"two{suffix}", save_all=True, append_images=[Image.new("RGB", RED.size)])
    for read in (load_image, read_image, read_mask):
        with pytest.raises(DataError, match=r"2 pictures in one file.*save the one you mean"):
            read(tmp_path / f"two{suffix}")
    RED.save(tmp_path / f"one{suffix}")
    assert load_image(tmp_path / f"one{suffix}").shape == (24, 32, 3)


def test_previews_behind_a_phone_s_photograph_are_left_out(tmp_path):
    RED.save(tmp_path / "phone.jpg", format="MPO", save_all=True, append_images=[RED.resize((16, 12))])
    assert load_image(tmp_path / "phone.jpg").shape == (24, 32, 3)


@pytest.mark.parametrize("held", sorted(TURNS))
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp"])
def test_pictures_are_turned_upright_as_exif_says(tmp_path, caplog, held, suffix):
    tag = Image.Exif()
    tag[0x0112] = held
    path = tmp_path / f"held{suffix}"
    Image.fromarray(marked()).transpose(Image.Transpose(TURNS[held])).save(path, exif=tag, quality=95)
    with caplog.at_level(logging.INFO, "renderfit"):
        found = read_image(path)
    assert found.shape == (24, 32, 3)
    assert np.abs(found.astype(float) - marked()).mean() < 8
    assert f"EXIF orientation ({held})" in caplog.text
    assert "32 x 24 px; the camera must be that of the upright picture" in caplog.text
    mask = Image.fromarray((marked().min(axis=2) == 255).astype(np.uint8) * 255)
    mask.transpose(Image.Transpose(TURNS[held])).save(path, exif=tag, quality=95)
    assert read_mask(path)[:8, :8].mean() > 0.9
    assert read_mask(path).mean() < 0.1


def test_a_picture_that_is_upright_is_not_spoken_of(tmp_path, caplog):
    tag = Image.Exif()
    tag[0x0112] = 1
    RED.save(tmp_path / "upright.jpg", exif=tag)
    with caplog.at_level(logging.INFO, "renderfit"):
        read_image(tmp_path / "upright.jpg")
    assert not caplog.text


def test_palettes_and_depths_come_in_as_colours(tmp_path):
    RED.convert("P", palette=Image.Palette.ADAPTIVE).save(tmp_path / "palette.png")
    assert np.allclose(load_image(tmp_path / "palette.png") * 255, (200, 20, 20), atol=1)
    deep = np.linspace(0, 65535, 24 * 32).reshape(24, 32).astype(np.uint16)
    iio.imwrite(tmp_path / "deep.png", deep)
    assert np.array_equal(read_pixels(tmp_path / "deep.png")[..., 0], deep)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.heic", b"\0\0\0\x18ftypheic" + bytes(99), "HEIC.*export it as JPEG"),
        ("a.jpg", b"<!doctype html>", "web page"),
        ("a.png", b"", "an empty file"),
        ("a.pdf", b"%PDF-1.4", "none of the formats known"),
    ],
)
def test_what_is_no_picture_is_called_by_its_name(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=rf"{name}.*{said}.*expected a photograph"):
        load_image(tmp_path / name)


def test_folders_addresses_numbers_and_specks_are_refused(tmp_path):
    Image.fromarray(np.ones((24, 32), np.float32)).save(tmp_path / "float.tif")
    RED.resize((8, 8)).save(tmp_path / "speck.png")
    cases = {
        tmp_path: "a folder; .* name one file",
        Path("https://example.org/a.jpg"): "an address; .* download it",
        tmp_path / "none.png": "no such file",
        tmp_path / "float.tif": "float32; .* 8 or 16 bits",
        tmp_path / "speck.png": "speck.png: image is 8 x 8 px",
    }
    for path, said in cases.items():
        with pytest.raises(DataError, match=said):
            load_image(path)


def test_an_image_unlike_its_camera_is_told_what_may_have_happened():
    camera = Camera(32, 24, 30.0, 30.0, 16.0, 12.0)
    require_size(np.zeros((24, 32)), camera)
    cases = {
        (32, 24): "image is 24 x 32 px; expected 32 x 24 .* 90 degrees",
        (48, 64, 3): "64 x 48 px; .* another size, multiply every number of the camera by 2",
        (24, 24, 3): "24 x 24 px; .* cx and cy",
        (7,): "0 x 0 px",
    }
    for shape, said in cases.items():
        with pytest.raises(ShapeError, match=said):
            require_size(np.zeros(shape), camera)


def test_masks_of_any_common_kind_are_probabilities():
    camera, disc = Camera(32, 24, 30.0, 30.0, 16.0, 12.0), np.eye(24, 32) > 0
    for mask in (disc, disc.astype(np.uint8), disc.astype(np.uint8) * 255, disc.astype(np.float32), torch.from_numpy(disc)):
        assert np.array_equal(as_mask(mask, camera), disc.astype(np.float64))
    for wrong, said in ((disc.T, "expected \\(24, 32\\)"), (2.0 * disc, "outside 0..1"), (np.where(disc, np.nan, 0), "outside 0..1")):
        with pytest.raises(ShapeError, match=said):
            as_mask(wrong, camera)
