import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from renderfit.registration.blurring import blurred, covered


@pytest.mark.parametrize("sigma", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("box", [np.s_[20:31, 5:24], np.s_[0:3, 37:40], np.s_[:, :], np.s_[17:18, 9:10], np.s_[0:0, 0:0]])
def test_blurring_is_scipys_to_the_bit(sigma, box):
    image = np.zeros((33, 40))
    image[box] = np.random.default_rng(0).random(image[box].shape)
    assert np.array_equal(blurred(image, sigma, 3.5), gaussian_filter(image, sigma, mode="constant", truncate=3.5))


@pytest.mark.parametrize("factor", [1, 2, 3])
def test_coverage_is_the_mean_of_each_block(factor):
    face_id = np.random.default_rng(1).integers(-1, 2, (4 * factor, 5 * factor)).astype(np.int32)
    assert covered(face_id, factor) == pytest.approx((face_id >= 0).reshape(4, factor, 5, factor).mean(axis=(1, 3)), abs=1e-15)
