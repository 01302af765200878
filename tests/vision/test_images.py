"""Picture files of unusual kinds are read as what they show, or refused with the reason."""

import numpy as np
import pytest
from PIL import Image

from renderfit.errors import DataError
from renderfit.vision.images import load_image

RED = Image.fromarray(np.full((24, 32, 3), (200, 20, 20), np.uint8))


def test_four_inks_are_not_taken_for_colours_and_alpha(tmp_path):
    RED.convert("CMYK").save(tmp_path / "inks.jpg", quality=95)
    found = load_image(tmp_path / "inks.jpg")
    assert found.shape == (24, 32, 3)
    assert np.allclose(found.mean(axis=(0, 1)) * 255, (200, 20, 20), atol=6)


def test_an_animation_is_refused_and_a_single_frame_read(tmp_path):
    other = Image.new("P", RED.size)
    RED.convert("P").save(tmp_path / "two.gif", save_all=True, append_images=[other])
    with pytest.raises(DataError, match="2 pictures in one file"):
        load_image(tmp_path / "two.gif")
    RED.convert("P").save(tmp_path / "one.gif")
    assert load_image(tmp_path / "one.gif").shape == (24, 32, 3)
