import pytest
import torch

from renderfit.errors import DataError, ShapeError
from renderfit.vision import UNet, load_network, load_refiner, save_network
from renderfit.vision.unet import folded


def test_logits_have_one_channel_a_class_at_full_resolution():
    network = UNet(("a", "b"), width=4, levels=3)
    images = torch.rand(2, 3, 16, 24)
    assert network(images).shape == (2, 3, 16, 24)
    assert network.features(images).shape == (2, 4, 16, 24)


@pytest.mark.parametrize("shape", [(1, 3, 18, 16), (1, 1, 16, 16), (3, 16, 16)])
def test_images_of_other_shapes_are_refused(shape):
    with pytest.raises(ShapeError, match="multiples of 4"):
        UNet(("a",), width=4, levels=3)(torch.rand(shape))


def test_folded_network_answers_the_same_to_rounding():
    torch.manual_seed(0)
    network = UNet(("a", "b"), width=4, levels=3).train()
    for _ in range(3):
        network(3 * torch.rand(4, 3, 16, 16))  # statistics that are not those of a new network
    images, before = torch.rand(2, 3, 16, 16), network.eval()
    lean = folded(network)
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in lean.modules())
    assert torch.allclose(lean.features(images), before.features(images), atol=1e-5)
    assert torch.allclose(lean(images), before(images), atol=1e-5)


def test_saved_network_answers_the_same(tmp_path):
    network = UNet(("a", "b"), width=4, levels=3).eval()
    save_network(network, tmp_path, seed=5)
    loaded = load_network(tmp_path)
    images = torch.rand(1, 3, 16, 16)
    assert loaded.categories == ("a", "b")
    assert torch.equal(loaded(images), network(images))


def test_broken_weights_are_named(tmp_path):
    save_network(UNet(("a",), width=4, levels=3), tmp_path)
    (tmp_path / "unet.safetensors").write_bytes(b"nothing")
    with pytest.raises(DataError, match="SHA-256"):
        load_network(tmp_path)
    (tmp_path / "unet.json").write_text("{}")
    with pytest.raises(DataError, match="renderfit train"):
        load_network(tmp_path)
    with pytest.raises(DataError):
        load_network(tmp_path / "missing")


@pytest.mark.parametrize("text", ["[]", "null", '{"width": [4]}', '{"width": 4, "levels": 3, "window": 16, "categories": 5}'])
def test_a_description_that_is_none_is_refused(tmp_path, text):
    save_network(UNet(("a", "b"), width=4, levels=3), tmp_path)
    (tmp_path / "unet.json").write_text(text)
    with pytest.raises(DataError, match=r"expected unet.json and unet.safetensors"):
        load_network(tmp_path)
    (tmp_path / "refiner.json").write_text(text)
    with pytest.raises(DataError, match=r"expected refiner.json and refiner.safetensors"):
        load_refiner(tmp_path)
