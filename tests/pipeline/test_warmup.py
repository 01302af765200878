"""The samples that compile the kernels ahead are real work, and numba keeps what they compile."""

import pytest

from renderfit.pipeline import warmup


@pytest.mark.parametrize("name", warmup.SAMPLES)
def test_samples_run_and_their_kernels_are_kept(name):
    warmup.SAMPLES[name]()
    assert warmup.kept() > 20
