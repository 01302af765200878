"""From a photograph to a shape: predicted displacements of the visible canonical vertices, then the latent that explains them."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from renderfit import config
from renderfit.errors import DataError, ShapeError
from renderfit.geometry import Camera, Mesh, Pose
from renderfit.registration.columns import Columns
from renderfit.registration.deepcpd import window as windows
from renderfit.registration.deepcpd.network import UNIT, DisplacementNet
from renderfit.registration.result import Registration, Step
from renderfit.shapes.visibility import visible_vertices
from renderfit.vision.images import as_rgb
from renderfit.vision.looks import FEWEST_PIXELS, largest_part

Array = NDArray[np.float64]


def register_deepcpd(
    image: Tensor | ArrayLike,
    space: Any,
    camera: Camera,
    mask: ArrayLike,
    pose: Pose,
    network: DisplacementNet,
    noise: bool = False,
    *,
    evidence: float | None = None,
) -> Registration:
    """Register the canonical of `space` to a photograph at a given pose, which stays as it is.

    Parameters
    ----------
    image : (H, W, 3) array or tensor
        sRGB.
    space : ShapeSpace
        The category's shape space; its "pca" model is fitted.
    camera : Camera
    mask : (H, W) array
        Probability that a pixel shows the object.
    pose : Pose
        Object to camera, exact or noisy.
    network : DisplacementNet
        Trained on the category.
    noise : bool
        Whether the pose is noisy, which the network is told.
    evidence : float, optional
        How many independent vertices all visible ones together are worth, against the prior |z|^2; default: params.yaml.

    Raises
    ------
    ShapeError
        If the mask is not of the image's size.
    DataError
        If the mask is empty or the canonical is outside the window around it: the pose is far off.

    References
    ----------
    Rodriguez, Huber and Behnke, "Category-level 3D non-rigid registration from single-view RGB images", IROS 2020.
    """
    begun = time.process_time()
    picture, probability = as_rgb(image), np.asarray(mask, dtype=np.float32)
    if probability.shape != picture.shape[:2]:
        raise ShapeError(f"mask has shape {probability.shape}; expected {picture.shape[:2]} as the image")
    columns = Columns.of_space(space, "pca")
    vertices, displacement, scale = predicted(network, picture, probability, space.canonical, camera, pose, noise)
    worth = config.section(config.Deepcpd).evidence if evidence is None else evidence
    latent = latent_of(columns, space.canonical.numpy()[0], vertices, displacement, scale, worth)
    mesh = Mesh(torch.as_tensor(columns.decode(latent)), torch.as_tensor(columns.faces))
    history = [Step("displacements", float(scale.mean()), latent, np.zeros(6))]
    return Registration(
        torch.as_tensor(latent), pose, mesh, np.zeros((0, 0)), history, True, 1, time.process_time() - begun, poses=[pose], method="deepcpd"
    )


def predicted(
    network: DisplacementNet,
    picture: NDArray[np.float32],
    mask: NDArray[np.float32],
    canonical: Mesh,
    camera: Camera,
    pose: Pose,
    noise: bool,
) -> tuple[NDArray[np.int64], Array, Array]:
    """Return the visible vertices (n,), their displacements (n, 3) and the expected size of its error (n,) [m].

    Raises
    ------
    DataError
        If the mask is empty or no vertex of the canonical is seen in the window around it.
    """
    found = mask > 0.5
    if int(found.sum()) < FEWEST_PIXELS:
        raise DataError(f"the mask has {int(found.sum())} object pixels; expected at least {FEWEST_PIXELS}: check image and segmentation")
    window = windows.around(largest_part(found))
    photo = torch.from_numpy(np.concatenate([picture.transpose(2, 0, 1), mask[None]]))
    rendered = windows.rendered(canonical, camera, pose, window, noise)
    with torch.no_grad():
        displacement, scale = network(window.cut(photo[None], windows.SIDE), rendered.channels[None])
    size = windows.SIDE // 2
    placed = pose.apply(canonical.vertices.double())
    eye = pose.inverse().translation.detach().cpu().double().numpy()
    pixels = rendered.window.camera(camera, size).project(placed).detach().cpu().numpy()
    column, row = np.floor(pixels).astype(np.int64).T
    inside = (column >= 0) & (column < size) & (row >= 0) & (row < size)
    seen = np.flatnonzero(inside & visible_vertices(canonical, eye))
    seen = seen[rendered.face_id[row[seen], column[seen]] >= 0]
    if not len(seen):
        raise DataError("the canonical is outside the window around the mask; expected the start pose to show it near the object")
    at, turn = (row[seen], column[seen]), pose.rotation.detach().cpu().double().numpy()
    return seen, UNIT * displacement[0].permute(1, 2, 0).double().numpy()[at] @ turn, UNIT * scale[0].double().numpy()[at]


def latent_of(columns: Columns, canonical: Array, vertices: NDArray[np.int64], displacement: Array, scale: Array, evidence: float) -> Array:
    """Return the latent (K,) whose shape is nearest to the displaced vertices: regularised, weighted least squares.

    Parameters
    ----------
    columns : Columns
        The model.
    canonical : (V, 3) array
        [m].
    vertices, displacement, scale : (n,), (n, 3) and (n,) arrays
        What is known, and how well [m].
    evidence : float
        Weight of all of it together: errors of neighbouring vertices are alike, so that more vertices do not say more.
    """
    target = canonical[vertices] + displacement - columns.mean[vertices]
    basis, weight = columns.basis[vertices], evidence / len(vertices) / scale**2
    normal = np.einsum("n,ndk,ndl->kl", weight, basis, basis) + np.eye(columns.count)
    return np.asarray(np.linalg.solve(normal, np.einsum("n,ndk,nd->k", weight, basis, target)))
