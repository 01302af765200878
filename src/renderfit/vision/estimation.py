"""From a photograph, a mask and a start to evidence on pose and shape: crop, refiner, paste back."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from renderfit.errors import DataError, ShapeError
from renderfit.geometry import Camera, Mesh, Pose
from renderfit.rendering.normals import vertex_normals
from renderfit.vision.checkpoint import load_network
from renderfit.vision.evidence import Evidence
from renderfit.vision.images import as_mask, as_rgb, require_size
from renderfit.vision.looks import FEWEST_PIXELS, largest_part
from renderfit.vision.refiner import Prediction, Refiner
from renderfit.vision.refiner_mirror import both_ways
from renderfit.vision.refiner_start import Start, aligned, rays
from renderfit.vision.segmentation import segment
from renderfit.vision.windows import Window

LOOKS = 2
GATE = 0.008
"""A start farther than this [m] from where the object is seen is moved there; less may be a difference of shape."""


def estimate(
    image: Tensor | ArrayLike,
    camera: Camera,
    start: Pose,
    mesh: Mesh,
    network: Refiner,
    *,
    mask: ArrayLike | None = None,
    exact: bool = False,
) -> Evidence:
    """Predict object coordinates with confidence, and normals of the object in a photograph.

    The network looks twice at the window around the mask, each time beside a rendering of the start: first moved across
    the view to where the object is seen, then turned and moved as the first look says, its depth kept. Each look is the mean of the
    window's and its mirror image's. Coordinates are in the object's own
    frame, whatever the start.

    Parameters
    ----------
    image : (H, W, 3) array or tensor
        sRGB, uint8 or [0, 1]; grey, alpha and 16 bits are converted.
    camera : Camera
        Pinhole.
    start : Pose
        Object to camera: exact, or within about 5 cm across the view and 15 degrees.
    mesh : Mesh
        The category's mean shape, or a first fit; object frame [m].
    network : Refiner
        From `load_refiner`.
    mask : (H, W) array, optional
        Booleans, probabilities or 0/255 bytes; without it the segmentation network of the package looks for the object.
    exact : bool
        The start is known to be the true pose: it is not moved, and only the shape differs.

    Returns
    -------
    Evidence

    Raises
    ------
    DataError
        If the start is behind the camera or nothing is found near it.
    ShapeError
        If the image is none or not of the camera's size, or the camera is orthographic.
    """
    picture = as_rgb(image)
    require_size(picture, camera)
    if camera.orthographic:
        raise ShapeError("the camera is orthographic; expected a pinhole camera, as the network was trained with")
    vertices, faces = mesh.numpy()
    normals = vertex_normals(Mesh(torch.as_tensor(vertices), torch.as_tensor(faces))).numpy()
    rotation, translation = (part.detach().cpu().numpy().astype(np.float64) for part in (start.rotation, start.translation))
    nearest = float((vertices @ rotation.T + translation)[:, 2].min())
    if nearest <= camera.near:
        raise DataError(f"the start puts the object {nearest:.3g} m before the camera; expected it in front (z > {camera.near} m)")
    found = segment(image, load_network(), None, camera, start) if mask is None else as_mask(mask, camera)
    if int((found > 0.5).sum()) < FEWEST_PIXELS:
        raise DataError("no object in the mask; expected one in view within about 5 cm of the start: check pose, category and exposure")
    part = largest_part(found > 0.5)
    window = Window.around(part)
    if not exact:
        shift = aligned(vertices @ rotation.T + translation, camera, part)
        translation = translation + shift * float(np.linalg.norm(shift) > GATE)
    whole = torch.from_numpy(picture).permute(2, 0, 1)[None]
    for look in range(LOOKS):
        seen = Start.of(vertices, normals, faces, window.camera(camera, network.window), rotation, translation)
        said = _look(whole, window, seen, network, exact)
        if exact or look + 1 == LOOKS:
            break
        rotation, moved = seen.moved(said.turn[0].double().numpy(), said.shift[0].double().numpy())
        translation = np.append(moved[:2], translation[2])  # the depth of a start is better known than the network can tell
    return _evidence(said, found, seen, window, camera)


def _look(whole: Tensor, window: Window, seen: Start, network: Refiner, exact: bool) -> Prediction:
    picture = (window.cut(whole, network.window) - 0.45) * 4.0
    inputs = torch.cat([picture, torch.from_numpy(seen.channels(exact))[None]], dim=1)
    device = next(network.parameters()).device
    return Prediction(*(value.cpu() for value in both_ways(network, inputs.to(device))))


def _evidence(found: Prediction, mask: NDArray[np.float64], seen: Start, window: Window, camera: Camera) -> Evidence:
    """Bring a window's predictions to full size, interpolated inside the object's `mask` (H, W) only.

    Points are interpolated as offsets from a plane before the camera: a pixel's ray is known, so that
    nothing is lost across the image.
    """
    inside = (window.cut(torch.from_numpy(mask)[None, None].float(), len(found.mask[0]))[0, 0] > 0.5).double()
    points = seen.points + seen.unit * found.residual[0].permute(1, 2, 0).double().numpy() - seen.centre[2] * rays(seen.camera)
    scale = seen.unit * found.log_scale.double().exp()
    stacked = torch.cat([torch.from_numpy(points).permute(2, 0, 1), scale, found.normals[0].double()]) * inside
    pasted = window.paste(torch.cat([stacked, inside[None]]), camera.height, camera.width).transpose(1, 2, 0)
    weight = pasted[..., 7:]
    valid = (mask > 0.5) & (weight[..., 0] > 0.05)
    fields = np.where(valid[..., None], pasted[..., :7] / np.maximum(weight, 1e-9), 0)
    normals = fields[..., 4:] / np.maximum(np.linalg.norm(fields[..., 4:], axis=2, keepdims=True), 1e-9)
    coordinates = (fields[..., :3] + seen.centre[2] * rays(camera) - seen.translation) @ seen.rotation
    return Evidence(mask, np.where(valid[..., None], coordinates, 0), fields[..., 3], normals, valid)
