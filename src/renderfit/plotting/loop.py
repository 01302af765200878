"""The registration loop as a diagram, every panel of which is taken from a real iteration (the paper's Fig. 4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from matplotlib.patches import FancyArrowPatch
from numpy.typing import NDArray

from renderfit import rendering
from renderfit.datasets.views import View
from renderfit.geometry import Mesh, Pose
from renderfit.plotting.figures import figure
from renderfit.plotting.pictures import clay
from renderfit.registration.objective import View as Observed
from renderfit.registration.paper import Window
from renderfit.shapes import ShapeSpace
from renderfit.vision import FeatureLoss, UNet

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Iteration:
    """One pass through the loop: forward images, the loss, and the gradients that flow back.

    Attributes
    ----------
    latent, slope : (K,) arrays
        Shape parameters and the gradient of the loss with respect to them.
    photograph, rendered, isolated : (H, W, 3) arrays
        The window that is compared: as photographed, rendered, and segmented.
    features : (H, W) array
        Squared difference of the aggregated features.
    mesh : (H, W, 3) array
        The decoded mesh.
    forces : (H, W, 3) array
        The mesh coloured by the length of the gradient at each vertex.
    loss : float
    """

    latent: Array
    slope: Array
    photograph: Array
    rendered: Array
    isolated: Array
    features: Array
    mesh: Array
    forces: Array
    loss: float


def iteration(space: ShapeSpace, view: View, mask: Array, network: UNet, latent: Array, pose: Pose, gradient: Any) -> Iteration:
    """Run the loop once at `latent` and `pose` and keep everything that passes by.

    Parameters
    ----------
    space : ShapeSpace
    view : View
        What was observed.
    mask : (H, W) array
        Segmentation of the photograph.
    network : UNet
    latent : (K,) array
    pose : Pose
    gradient : str
        Estimator of `renderfit.render`.
    """
    seen = Window.around(Observed(view.camera, mask, pose))
    model = space.model("pca")
    z = torch.as_tensor(latent).clone().requires_grad_()
    vertices = torch.as_tensor(np.asarray(model.mean)) + torch.tensordot(z, torch.as_tensor(np.asarray(model.basis)), dims=1)
    vertices.retain_grad()
    faces = torch.as_tensor(np.asarray(model.faces))
    frame = rendering.render(Mesh(vertices, faces), seen.camera, pose, shading="red", gradient=gradient)
    isolated = torch.as_tensor(seen.cut(view.image / 255.0)) * torch.as_tensor(seen.cut(mask))[..., None]
    compare = FeatureLoss(network)
    weight = next(network.parameters())
    loss = compare(frame.rgb.to(weight), isolated)
    loss.backward()  # type: ignore[no-untyped-call]
    with torch.no_grad():
        ours, theirs = compare.maps(frame.rgb.to(weight), isolated)
    force = vertices.grad.norm(dim=1).numpy()  # type: ignore[union-attr]
    share = np.clip(force / max(float(np.quantile(force, 0.99)), 1e-30), 0, 1)[:, None]
    colors = (1 - share) * np.array([0.85, 0.87, 0.9]) + share * np.array([0.84, 0.37, 0.0])
    mesh = Mesh(vertices.detach(), faces)
    return Iteration(
        latent=np.asarray(latent),
        slope=z.grad.numpy(),  # type: ignore[union-attr]
        photograph=np.clip(seen.cut(view.image / 255.0), 0, 1),
        rendered=frame.rgb.detach().numpy(),
        isolated=isolated.numpy(),
        features=((ours - theirs) ** 2).numpy(),
        mesh=clay(mesh, seen.camera, pose, "#9aa5b1"),
        forces=clay(mesh, seen.camera, pose, colors),
        loss=float(loss.detach()),
    )


def diagram(found: Iteration) -> Any:
    """Draw the loop: forward along the top, gradients back along the bottom."""
    drawn, axes = figure(2, 4, 11.0, 5.4)
    drawn.get_layout_engine().set(wspace=0.16, hspace=0.24)
    ((latent, mesh, rendered, features), (slope, forces, photograph, isolated)) = axes
    _bars(latent, found.latent, "#0072b2", "latent parameters z")
    _image(mesh, found.mesh, "deformed mesh")
    _image(rendered, found.rendered, "rendering")
    features.imshow(found.features, cmap="magma")
    _image(features, None, f"feature difference, loss {found.loss:.3g}")
    _bars(slope, found.slope, "#d55e00", "∂ loss / ∂ z")
    _image(forces, found.forces, "∂ loss / ∂ vertices")
    _image(photograph, found.photograph, "photograph")
    _image(isolated, found.isolated, "isolated by the network")
    for start, end, label in ((latent, mesh, "decode"), (mesh, rendered, "render"), (rendered, features, "compare")):
        _arrow(drawn, start, end, "#22272e", label, 0.0)
    _arrow(drawn, photograph, isolated, "#22272e", "segment", 0.0)
    _arrow(drawn, forces, slope, "#d55e00", "chain rule", 0.0)
    _arrow(drawn, isolated, features, "#22272e", "", 0.0)
    _arrow(drawn, features, forces, "#d55e00", "gradient through features and renderer", -0.03)
    _arrow(drawn, slope, latent, "#d55e00", "step", 0.0)
    return drawn


def _bars(axis: Any, values: Array, color: str, title: str) -> None:
    axis.bar(range(1, len(values) + 1), values, color=color)
    axis.axhline(0, color="#5a6270", linewidth=0.8)
    axis.set_title(title, fontsize=9, fontweight="normal", loc="center")
    axis.set_xticks(range(1, len(values) + 1), [f"z{k}" for k in range(1, len(values) + 1)])
    axis.grid(axis="x", visible=False)
    axis.tick_params(labelsize=8)


def _image(axis: Any, image: Any, title: str) -> None:
    if image is not None:
        axis.imshow(np.clip(image, 0, 1) if image.dtype != np.uint8 else image)
    axis.set_title(title, fontsize=9, fontweight="normal", loc="center")
    axis.set_axis_off()


def _arrow(drawn: Any, start: Any, end: Any, color: str, label: str, bend: float) -> None:
    """Connect two panels at their facing sides."""
    drawn.canvas.draw()
    a, b = start.get_position(), end.get_position()
    if abs(a.y0 - b.y0) < 0.1:
        right = a.x0 < b.x0
        ends = [(a.x1 if right else a.x0, (a.y0 + a.y1) / 2), (b.x0 if right else b.x1, (b.y0 + b.y1) / 2)]
    else:
        up = a.y0 < b.y0
        straight = abs(a.x0 - b.x0) < 0.1
        start_x = (a.x0 + a.x1) / 2 if straight else a.x0 + 0.2 * (a.x1 - a.x0)
        below = 0.055 if end.axison else 0.01  # tick labels need room
        ends = [(start_x, a.y1 + 0.05 if up else a.y0 - 0.01), ((b.x0 + b.x1) / 2, b.y0 - below if up else b.y1 + 0.05)]
    style: Any = {"color": color, "linewidth": 1.6, "mutation_scale": 13, "arrowstyle": "-|>", "connectionstyle": f"arc3,rad={bend}"}
    drawn.add_artist(FancyArrowPatch(*ends, transform=drawn.transFigure, **style))
    if label:
        upright = abs(ends[0][0] - ends[1][0]) < 0.01
        across, along = (0.02, -0.01) if upright else (0.0, 0.025)
        place = ((ends[0][0] + ends[1][0]) / 2 + across, (ends[0][1] + ends[1][1]) / 2 + along)
        drawn.text(*place, label, ha="left" if upright else "center", fontsize=8, color=color)
