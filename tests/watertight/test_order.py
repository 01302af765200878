"""The stable sort of the kernels."""

import numpy as np
import pytest

from renderfit.watertight.order import RUN, ascending


@pytest.mark.parametrize("count", [0, 1, RUN, RUN + 1, 3 * RUN - 1, 5000])
@pytest.mark.parametrize("values", [2, 1_000_000])
def test_order_is_that_of_a_stable_sort(count, values):
    keys = np.random.default_rng(count).integers(-values, values, count).astype(float)
    np.testing.assert_array_equal(ascending(keys), np.argsort(keys, kind="stable"))


def test_infinite_keys():
    keys = np.array([np.inf, 1.0, -np.inf, np.inf, 1.0] * 10)
    np.testing.assert_array_equal(ascending(keys), np.argsort(keys, kind="stable"))
