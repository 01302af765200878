"""The paper's registration: stochastic gradient descent through the renderer.

References
----------
Periyasamy, Schwarz, Behnke, sections 3.3 (image comparison), 4.2 (known pose) and 4.3 (joint pose).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from renderfit import config as params
from renderfit import rendering
from renderfit.errors import ConvergenceError, DataError
from renderfit.geometry import Camera, Mesh, Pose
from renderfit.geometry.pose import se3_exp
from renderfit.registration import checks
from renderfit.registration.blurring import reduced
from renderfit.registration.columns import Columns
from renderfit.registration.objective import View
from renderfit.registration.result import Registration, Step
from renderfit.registration.twist import rotation_vector

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Window:
    """The square part of the image that is compared: around the observed object, with room for the rendered one."""

    left: int
    top: int
    side: int
    camera: Camera

    @classmethod
    def around(cls, view: View, settings: params.Paper | None = None) -> Window:
        """Return the window around the object's mask; `settings` (default: params.yaml's) have its margin and width."""
        settings = settings or params.section(params.Paper)
        rows, columns = np.nonzero(view.mask >= 0.5)
        side = int(np.ceil(settings.margin * (max(np.ptp(rows), np.ptp(columns)) + 1)))
        left = round((columns.min() + columns.max() + 1 - side) / 2)
        top = round((rows.min() + rows.max() + 1 - side) / 2)
        return cls(left, top, side, view.camera.cropped(left, top, side, side).scaled(settings.width / side))

    def overlap(self, view: View, mesh: Mesh, pose: Pose) -> float:
        """Return the intersection over union of the mesh's silhouette and the observed mask within the window."""
        vertices, faces = mesh.numpy()
        shown = rendering.rasterize(pose.apply(torch.as_tensor(vertices)), faces, self.camera, backend="cpu").mask
        seen = self.cut(view.mask) >= 0.5
        return float((shown & seen).sum() / max((shown | seen).sum(), 1))

    def cut(self, image: Array) -> Array:
        """Return the window of `image` (H, W) or (H, W, C), zero outside, at the size compared."""
        pad = [(self.side, self.side)] * 2 + [(0, 0)] * (image.ndim - 2)
        top, left = self.top + self.side, self.left + self.side
        part = np.pad(image, pad)[top : top + self.side, left : left + self.side]
        planes = part.reshape(self.side, self.side, -1)
        small = np.stack([reduced(planes[..., c], self.camera) for c in range(planes.shape[2])], axis=-1)
        return small.reshape(self.camera.height, self.camera.width, *image.shape[2:])


def register_paper(
    image: Any, space: Any, view: View, optimise_pose: bool, network: Any, settings: params.Paper | None, begun: float | None = None
) -> Registration:
    """Register as the paper does; see `renderfit.registration.register` for the arguments.

    Every third iteration, when `optimise_pose`, the pose moves instead of the latent variables; both keep
    their own momentum. The iteration ends when the loss has changed by less than the plateau's share over two
    rounds of pose and shape, or after the given number of iterations. The loss is divided by its value at the start, so that one
    learning rate serves every network and image size.

    Raises
    ------
    DataError
        If the feature loss is asked for without a network.
    ConvergenceError
        If the loss is not finite.
    """
    begun = time.process_time() if begun is None else begun
    settings = settings or params.section(params.Paper)
    window = Window.around(view, settings)
    camera = window.camera
    model = space.model("pca")
    mean, basis = torch.as_tensor(np.asarray(model.mean)), torch.as_tensor(np.asarray(model.basis))
    faces = torch.as_tensor(np.asarray(model.faces))
    loss_of = _image_loss(settings, network, image, view, window)
    latent = torch.zeros(len(basis), dtype=torch.float64)
    matrix = view.start.matrix.detach().double().clone()
    speeds = {"shape": torch.zeros_like(latent), "pose": torch.zeros(6, dtype=torch.float64)}
    rates = torch.tensor([settings.rotation_rate] * 3 + [settings.translation_rate] * 3, dtype=torch.float64) * settings.shape_rate
    history: list[Step] = []
    start = matrix.clone()
    period = settings.pose_every + 1 if optimise_pose else 1
    converged = False
    for iteration in range(settings.iterations):
        z, delta = latent.clone().requires_grad_(), torch.zeros(6, dtype=torch.float64, requires_grad=True)
        mesh = Mesh(mean + torch.tensordot(z, basis, dims=1), faces)
        frame = rendering.render(mesh, camera, Pose(matrix @ se3_exp(delta)), shading="red", gradient=settings.gradient)
        loss = loss_of(frame)
        if not bool(torch.isfinite(loss)):
            raise ConvergenceError(f"the loss is {loss.item()} at iteration {iteration}; expected a number: lower paper.shape_rate")
        history.append(_step(loss.item(), latent, start, matrix))
        if _plateau([step.loss for step in history], settings.plateau, 2 * period):
            converged = True
            break
        shape_slope, pose_slope = torch.autograd.grad(loss / max(history[0].loss, 1e-12), (z, delta), allow_unused=True)
        decay = settings.decay**iteration
        if optimise_pose and iteration % period == period - 1:
            speeds["pose"] = settings.momentum * speeds["pose"] + _or_zero(pose_slope, delta)
            matrix = matrix @ se3_exp(-decay * rates * speeds["pose"])
        else:
            speeds["shape"] = settings.momentum * speeds["shape"] + _or_zero(shape_slope, z)
            latent = latent - decay * settings.shape_rate * speeds["shape"]
    pose = Pose(matrix)
    mesh = Mesh(mean + torch.tensordot(latent, basis, dims=1), faces)
    last = _step(0.0, latent, start, matrix)
    verdict = checks.judge(Columns.of(model), [view], np.concatenate([last.latent, last.pose]), [window.overlap(view, mesh, pose)])
    return Registration(
        latent=latent,
        pose=pose,
        mesh=mesh,
        covariance=np.zeros((0, 0)),
        history=history,
        converged=converged and verdict.confidence >= checks.TRUSTED,
        renders=len(history),
        cpu_seconds=time.process_time() - begun,
        confidence=verdict.confidence,
        warnings=[*verdict.warnings, *([] if converged else [checks.UNSETTLED])],
        poses=[pose],
        model="pca",
        method="paper",
    )


def _image_loss(settings: params.Paper, network: Any, image: Any, view: View, window: Window) -> Callable[[rendering.Frame], Tensor]:
    mask = torch.as_tensor(window.cut(view.mask))
    if settings.loss == "mask":
        return lambda frame: ((frame.mask.double() - mask) ** 2).mean()
    if network is None:
        raise DataError('the feature loss needs the segmentation network; expected network=..., or paper.loss "mask"')
    from renderfit.vision import FeatureLoss
    from renderfit.vision.images import as_rgb
    from renderfit.vision.unet import folded

    photo = torch.as_tensor(window.cut(as_rgb(image).astype(np.float64))) * mask[..., None]
    weight = next(network.parameters())
    compare = FeatureLoss(folded(network)).against(photo.to(weight))
    return lambda frame: compare(frame.rgb.to(weight)).double()


def _or_zero(slope: Tensor | None, like: Tensor) -> Tensor:
    return torch.zeros_like(like) if slope is None else slope


def _plateau(losses: list[float], share: float, span: int) -> bool:
    return len(losses) > span and abs(losses[-1 - span] - losses[-1]) < share * abs(losses[-1 - span])


def _step(loss: float, latent: Tensor, start: Tensor, matrix: Tensor) -> Step:
    relative = (start[:3, :3].T @ matrix[:3, :3]).numpy()
    moved = np.concatenate([rotation_vector(relative), (matrix[:3, 3] - start[:3, 3]).numpy()])
    return Step("paper", loss, latent.numpy().copy(), moved)
