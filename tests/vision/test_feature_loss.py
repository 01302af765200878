import pytest
import torch

from renderfit.errors import ShapeError
from renderfit.vision import FeatureLoss


def _disc(x: float, y: float) -> torch.Tensor:
    rows, columns = torch.meshgrid(torch.arange(32.0) + 0.5, torch.arange(32.0) + 0.5, indexing="ij")
    inside = torch.sigmoid(8 - torch.sqrt((rows - y) ** 2 + (columns - x) ** 2))
    return inside[..., None] * torch.tensor([0.9, 0.1, 0.1])


@pytest.mark.parametrize("normalise", ["range", "tanh", "none"])
@pytest.mark.parametrize("aggregate", ["mean", "sum", "channels"])
def test_loss_is_zero_for_equal_images_and_grows_apart(network, normalise, aggregate):
    compare = FeatureLoss(network, normalise, aggregate)
    observed = _disc(16, 16)
    assert compare(observed, observed).item() == 0
    assert 0 < compare(_disc(17, 16), observed).item() < compare(_disc(21, 16), observed).item()


def test_gradient_reaches_the_rendered_image(network):
    rendered = _disc(18, 16).requires_grad_()
    FeatureLoss(network)(rendered, _disc(16, 16)).backward()
    assert rendered.grad is not None
    assert rendered.grad.abs().sum() > 0
    assert all(value.grad is None for value in network.parameters())


def test_normalised_features_lie_in_the_unit_range(network):
    ours, theirs = FeatureLoss(network, "range", "channels").maps(_disc(18, 16), _disc(12, 16))
    both = torch.stack([ours, theirs])
    assert both.min() == pytest.approx(-1, abs=1e-4)
    assert both.max() == pytest.approx(1, abs=1e-4)


def test_any_size_is_compared_and_other_shapes_are_refused(network):
    assert FeatureLoss(network)(torch.rand(30, 33, 3), torch.rand(30, 33, 3)).item() > 0
    with pytest.raises(ShapeError, match="same"):
        FeatureLoss(network)(torch.rand(30, 33, 3), torch.rand(33, 30, 3))


def test_loss_against_one_image_is_the_loss_of_the_pair(network):
    rendered, observed = _disc(18, 16).requires_grad_(), _disc(16, 16)
    once, pair = FeatureLoss(network).against(observed), FeatureLoss(network)
    assert torch.equal(once(rendered), pair(rendered, observed))
    (mine,), (theirs,) = (torch.autograd.grad(loss, rendered) for loss in (once(rendered), pair(rendered, observed)))
    assert torch.equal(mine, theirs)
    with pytest.raises(ShapeError, match="same"):
        once(torch.rand(30, 33, 3))
