"""Close windows of the refiner's painted photographs, and batches of them beside noisy starts: data of refiner_learning.py.

A photograph is cut out around the object once; a batch cuts anew, rolled about the view, at another scale, mirrored, recoloured,
each time beside another start whose box lies over that of the outline, as registration has it after its first look.
"""

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from renderfit.geometry import Camera, Mesh
from renderfit.rendering.normals import vertex_normals
from renderfit.vision.refiner_pictures import load_chunk
from renderfit.vision.refiner_start import Start, aligned
from renderfit.vision.windows import Window

KEPT, SIDE, ROOM, MARGIN = 80, 64, 1.6, 1.3
"""Sides of kept and shown windows [px]; those over the longest side of the object's box, a window that is judged last."""
TURN, SHIFT, JITTER = 15.0, 0.05, 0.003
"""Noise of a start: +- degrees about each object axis; what the alignment over the outline leaves [m]."""
FIELDS = {"image": slice(0, 3), "coverage": slice(3, 4), "coordinates": slice(4, 7), "normals": slice(7, 10), "known": slice(10, 11)}


@dataclass(eq=False)
class Windows:
    """Kept windows (N, 11, 80, 80) float16 and what was photographed: camera (fx, fy, cx, cy), pose, category, instance, code, stretch."""

    fields: torch.Tensor
    camera: np.ndarray
    pose: np.ndarray
    category: np.ndarray
    instance: np.ndarray
    code: np.ndarray
    stretch: np.ndarray


def load(folder: Path, count: int) -> Windows:
    """Cut the windows of the first `count` chunks in `folder`."""
    fields, rest = [], []
    for number in range(count):
        chunk = load_chunk(str(folder / f"{number:05d}.npz"))
        cut = [_cut({name: values[row] for name, values in chunk.items()}) for row in range(len(chunk["pose"]))]
        fields.append(torch.stack([window for window, _ in cut]).half())
        names = ("pose", "category", "instance", "code", "stretch")
        rest.append([np.array([camera for _, camera in cut]), *(chunk[name] for name in names)])
    return Windows(torch.cat(fields), *(np.concatenate(values) for values in zip(*rest, strict=True)))


def _cut(photo):
    covered = (photo["normals"] != 0).any(axis=2, keepdims=True)
    parts = [photo["image"] / 255, photo["coverage"][..., None] / 255, photo["coordinates"], photo["normals"] / 127, covered]
    whole = torch.from_numpy(np.concatenate(parts, axis=2, dtype=np.float32).transpose(2, 0, 1)[None])
    window = Window.around(photo["coverage"] > 127, ROOM)
    factor, left, top = KEPT / window.side, window.x - window.side / 2, window.y - window.side / 2
    fx, fy, cx, cy = photo["camera"]
    return window.cut(whole, KEPT)[0], np.array([fx * factor, fy * factor, (cx - left) * factor, (cy - top) * factor])


@dataclass(frozen=True, eq=False)
class Batch:
    """Inputs (B, 11, H, W), mask and known (B, H, W), residual and normals (B, 3, H, W), unit (B,), and of the true motion about the
    start's centre, camera axes: turn (B, 3, 3), shift (B, 3) in window widths, corners (B, 8, 3) of the start's box."""

    inputs: torch.Tensor
    mask: torch.Tensor
    known: torch.Tensor
    residual: torch.Tensor
    normals: torch.Tensor
    unit: torch.Tensor
    turn: torch.Tensor
    shift: torch.Tensor
    corners: torch.Tensor


def batch(windows, categories, rows, generator, training):
    """Return the windows of `rows` beside new starts: as trained on, or as judged (full noise, no other change)."""
    count = len(rows)
    roll = np.radians(generator.uniform(-20, 20, count)) * (generator.random(count) < 0.6) * training
    side = KEPT / ROOM * (generator.uniform(1.15, 1.5, count) if training else np.full(count, MARGIN))
    centre = KEPT / 2 + training * 0.03 * side[:, None] * generator.standard_normal((count, 2))
    c, s = np.cos(roll), np.sin(roll)
    rolled = np.stack([np.stack([c, -s], 1), np.stack([s, c], 1)], 1)  # what a roll does to x, y of camera and image
    steps = (torch.arange(SIDE, dtype=torch.float64) + 0.5) / SIDE - 0.5
    plain = torch.stack(torch.broadcast_tensors(steps[None, :], steps[:, None]), dim=-1)
    grid = torch.from_numpy(side)[:, None, None, None] * torch.einsum("hwi,nij->nhwj", plain, torch.from_numpy(rolled))
    grid = (grid + torch.from_numpy(centre)[:, None, None, :]) / KEPT * 2 - 1
    shown = functional.grid_sample(windows.fields[rows].float(), grid.float(), padding_mode="border", align_corners=False)
    part = {name: shown[:, where] for name, where in FIELDS.items()}
    known = (part["known"][:, 0] > 0.99) & (part["coverage"][:, 0] > 0.99)
    turned = torch.zeros(count, 3, 3)
    turned[:, :2, :2], turned[:, 2, 2] = torch.from_numpy(rolled).float(), 1
    normals = functional.normalize(torch.einsum("nij,njhw->nihw", turned, part["normals"]), dim=1)
    factor = SIDE / side
    cameras = windows.camera[rows] * factor[:, None]
    cameras[:, 2:] = SIDE / 2 + factor[:, None] * np.einsum("nij,nj->ni", rolled, windows.camera[rows, 2:] - centre)
    found = []
    for n, row in enumerate(rows):
        lens = Camera(SIDE, SIDE, *cameras[n])
        rotation, translation = (turned[n].double().numpy() @ windows.pose[row, :3, column] for column in (slice(0, 3), 3))
        seen = (part["coverage"][n, 0] > 0.5).numpy()
        start, vertices = drawn(windows, categories, row, lens, rotation, translation, seen, generator, training)
        found.append(_beside(start, vertices, part["coordinates"][n].numpy(), rotation, translation))
    channels, residual, unit, turn, shift, corners = (torch.from_numpy(np.stack(values)).float() for values in zip(*found, strict=True))
    picture = recoloured(part["image"], generator) if training else part["image"]
    inputs = torch.cat([(picture - 0.45) * 4, channels], dim=1)
    values = [inputs, part["coverage"][:, 0].clamp(0, 1), known, residual * known[:, None], normals * known[:, None], unit]
    return mirrored(Batch(*values, turn, shift, corners), generator.random(count) < 0.5 * training)


def drawn(windows, categories, row, lens, rotation, translation, seen, generator, training):
    """Return a start beside a photograph and its vertices: of the mean shape, or in training of a rough fit."""
    category = categories[windows.category[row]]
    level = generator.uniform(0.1, 1) if training and generator.random() < 0.3 else 1.0
    noise = np.radians(level * generator.uniform(-TURN, TURN, 3))
    vertices, normals = category.mean, _mean_normals(category)
    if training and generator.random() < 0.3:
        code = windows.code[row, : len(category.basis)]
        vertices = category.vertices(code * generator.uniform(0.6, 1.1) + 0.15 * generator.standard_normal(len(code)))
        vertices = vertices * windows.stretch[row, 0] + windows.stretch[row, 1] if generator.random() < 0.7 else vertices
        normals = _normals(vertices, category.faces)
    turned = rotation @ _turn(noise)
    shift = translation + np.append(level * generator.uniform(-SHIFT, SHIFT, 2), 0)
    shift = shift + aligned(vertices @ turned.T + shift, lens, seen)
    shift[:2] += training * JITTER * generator.standard_normal(2)
    return Start.of(vertices, normals, category.faces, lens, turned, shift), vertices


def _beside(start, vertices, coordinates, rotation, translation):
    relative = rotation @ start.rotation.T
    shift = (relative @ (start.centre - start.translation) + translation - start.centre) / start.unit
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    box = low + (high - low) * np.array(np.meshgrid([0, 1], [0, 1], [0, 1])).reshape(3, 8).T
    corners = (box @ start.rotation.T + start.translation - start.centre) / start.unit
    residual = start.residual(coordinates.transpose(1, 2, 0)).transpose(2, 0, 1)
    return start.channels(False), residual, np.array(start.unit), relative, shift, corners


def mirrored(one, chosen):
    """Return a batch with the `chosen` samples mirrored left to right: the mirrored object at the mirrored pose."""
    pick = torch.from_numpy(chosen)
    flip = torch.tensor([-1.0, 1, 1])

    def mapped(values, sign=None):
        other = values.flip(-1) if sign is None else values.flip(-1) * sign[:, None, None]
        return torch.where(pick.view(-1, *[1] * (values.ndim - 1)), other, values)

    signs = torch.ones(11)
    signs[[4, 7]] = -1
    spin = torch.where(pick[:, None, None], one.turn * flip[:, None] * flip[None, :], one.turn)
    shift, corners = (torch.where(pick.view(-1, *[1] * (v.ndim - 1)), v * flip, v) for v in (one.shift, one.corners))
    maps = [mapped(one.inputs, signs), mapped(one.mask), mapped(one.known), mapped(one.residual, flip), mapped(one.normals, flip)]
    return Batch(*maps, one.unit, spin, shift, corners)


def recoloured(images, generator):
    """Return images (B, 3, H, W) in [0, 1] in other colours, contrast and noise."""

    def draw(low, high, channels=1):
        return torch.from_numpy(generator.uniform(low, high, (len(images), channels, 1, 1)).astype(np.float32))

    grey = images.mean(dim=1, keepdim=True)
    images = grey + draw(0.5, 1.4) * (images - grey)
    images = (images * draw(0.8, 1.2) * draw(0.92, 1.08, 3) + draw(-0.06, 0.06)).clamp(0, 1) ** draw(0.75, 1.3)
    noise = torch.from_numpy(generator.standard_normal(images.shape, dtype=np.float32)) * draw(0, 0.02)
    return (images + noise).clamp(0, 1)


def _normals(vertices, faces):
    return vertex_normals(Mesh(torch.as_tensor(vertices), torch.as_tensor(faces))).numpy()


@functools.lru_cache(maxsize=16)
def _mean_normals(category):
    return _normals(category.mean, category.faces)


def _turn(angles):
    found = np.eye(3)
    for axis, angle in enumerate(angles):
        a, b = (axis + 1) % 3, (axis + 2) % 3
        matrix = np.eye(3)
        matrix[a, a] = matrix[b, b] = np.cos(angle)
        matrix[a, b], matrix[b, a] = -np.sin(angle), np.sin(angle)
        found = found @ matrix
    return found
