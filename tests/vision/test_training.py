import dataclasses

import numpy as np
import pytest
import torch

from renderfit.errors import DataError
from renderfit.vision import stream, training
from renderfit.vision.examination import window_scores


def test_samples_depend_on_seed_and_index_only(source):
    image, label = stream.paint(source, 7, 32)
    again, label_again = stream.paint_many(source, 6, 2, 32)[1]
    assert np.array_equal(image, again)
    assert np.array_equal(label, label_again)
    assert image.shape == (32, 32, 3)
    assert set(np.unique(label)) <= {0, 1, 2}
    assert (label > 0).mean() > 0.02
    assert not np.array_equal(image, stream.paint(dataclasses.replace(source, seed=4), 7, 32)[0])


def test_mirroring_moves_image_and_label_together():
    image = np.zeros((8, 8, 3), np.uint8)
    image[:, :3] = 255
    label = (image[..., 0] > 0).astype(np.uint8)
    images, labels = stream.augmented([(image, label)] * 16, np.random.default_rng(0))
    bright = images.mean(dim=1) > 0.5
    assert torch.equal(bright, labels > 0)
    assert labels[:, 0, 0].float().mean() not in {0.0, 1.0}


def test_interrupted_training_ends_with_the_same_weights(source, settings, tmp_path):
    short = dataclasses.replace(settings, small_steps=3, steps=6, batch=4, save_every=2)
    whole, log = training.train(source, ("can", "crate"), short, state=tmp_path / "state")
    assert (tmp_path / "state").is_file()  # of step 4
    resumed, log_again = training.train(source, ("can", "crate"), short, state=tmp_path / "state")
    assert log == log_again
    assert log.precision == "float32"  # as the settings ask
    for name, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name


def test_a_state_of_another_network_is_refused(source, settings, tmp_path):
    short = dataclasses.replace(settings, small_steps=3, steps=3, batch=4, save_every=1)
    training.train(source, ("can", "crate"), short, state=tmp_path / "state")
    with pytest.raises(DataError, match="delete it"):
        training.train(source, ("can", "crate"), dataclasses.replace(short, width=4), state=tmp_path / "state")
    with pytest.raises(DataError, match="other settings"):
        training.train(source, ("can", "crate"), dataclasses.replace(short, rate=1e-3), state=tmp_path / "state")


def test_a_short_training_learns_to_segment(network, source):
    samples = stream.paint_many(source, 10**6, 24, 32)
    scores = window_scores(network, samples)
    assert scores["mean"] > 0.5, scores
    assert scores["background"] > 0.85, scores


def test_training_goes_on_from_given_weights_at_larger_windows(network, source, settings):
    longer = dataclasses.replace(settings, size=48, small_steps=0, steps=2, batch=4, rate=1e-9)
    found, _ = training.train(source, ("can", "crate"), longer, initial=network)
    assert found.window == 48
    for name, value in network.named_parameters():
        assert torch.allclose(found.get_parameter(name), value, atol=1e-6), name
    with pytest.raises(DataError, match=r"expected \(\('can', 'crate'\), 4, 3\)"):
        training.train(source, ("can", "crate"), dataclasses.replace(longer, width=4), initial=network)


def test_a_state_begun_from_other_weights_is_refused(network, source, settings, tmp_path):
    short = dataclasses.replace(settings, small_steps=0, steps=3, batch=4, save_every=2)
    training.train(source, ("can", "crate"), short, state=tmp_path / "state", initial=network)
    with pytest.raises(DataError, match="other settings"):
        training.train(source, ("can", "crate"), short, state=tmp_path / "state")


def test_half_of_the_batches_are_coarse_but_never_below_the_smallest_window():
    generator = np.random.default_rng(0)
    checker = (np.indices((128, 128)).sum(axis=0) % 2 * 255).astype(np.uint8)
    for side, least, most in ((128, 3, 9), (stream.FEWEST, 0, 0)):
        image = np.repeat(checker[:side, :side, None], 3, axis=2)
        spread = [stream.augmented([(image, image[..., 0] * 0)] * 2, generator)[0].std(dim=(1, 2, 3)).max() for _ in range(12)]
        assert least <= sum(value < 0.2 for value in spread) <= most


def test_rate_rises_once_and_falls():
    rates = [training.schedule(step, 100) for step in range(100)]
    assert max(rates) == pytest.approx(1.0)
    assert rates[0] < 0.3
    assert rates[-1] < 0.02
    assert sorted(rates[6:], reverse=True) == rates[6:]


def test_folders_without_meshes_are_refused(tmp_path):
    with pytest.raises(DataError, match="sub-folder per category"):
        stream.meshes_of(tmp_path)


@pytest.mark.parametrize(
    ("processor", "expected"),
    [
        ("vendor_id : GenuineIntel\nflags : avx512f avx512_bf16 amx_bf16", torch.bfloat16),
        ("vendor_id : GenuineIntel\nflags : avx512f avx512_bf16", torch.float32),
        ("vendor_id : AuthenticAMD\nflags : avx512f avx512_bf16", torch.bfloat16),
        ("vendor_id : AuthenticAMD\nflags : avx2", torch.float32),
        ("", torch.float32),
    ],
)
def test_training_computes_in_bfloat16_where_the_processor_is_faster_with_it(monkeypatch, processor, expected):
    monkeypatch.setattr(training, "_processor", lambda: processor)
    assert training.precision_of("auto", torch.device("cpu")) == expected
    assert training.precision_of("bfloat16", torch.device("cpu")) == torch.bfloat16
    assert training.precision_of("float32", torch.device("cuda")) == torch.float32
    assert training.precision_of("auto", torch.device("cuda")) == torch.bfloat16
