"""The solver's own fits to training photographs, and batches of them: a photograph beside what the outline leaves of pose and shape."""

import functools

import numpy as np
import torch
from rotation_limit import WEIGHTS

from renderfit import config, paths
from renderfit.datasets.views import disturbed
from renderfit.geometry import Camera, Mesh, Pose
from renderfit.registration import Prior, SolverConfig, ours, twist
from renderfit.registration.columns import Columns
from renderfit.registration.objective import View
from renderfit.registration.terms import Trust
from renderfit.rendering.normals import vertex_normals
from renderfit.shapes import ShapeSpace
from renderfit.vision.refiner_batches import recoloured
from renderfit.vision.refiner_cuts import Cut, windows
from renderfit.vision.refiner_pictures import SIZE, load_chunk
from renderfit.vision.refiner_start import Start

CATEGORIES = config.section(config.Dataset).categories
SETTINGS = SolverConfig(Prior(WEIGHTS["published mask"]), trust=Trust(0.0, 0.0))
SHAPE, DRAWN, SPREAD = 90, 0.75, 0.6
"""Room for shape parameters in a kept fit; share of the fits that are drawn from their posterior, and the spread of those."""
SCALE, OVERLAP = 2.34, 0.85
"""Widths of an object 1 m before a test view's camera, over its width; fits that overlap the mask less are left out."""


@functools.cache
def columns_of(category, index):
    """Return the columns of a category's space without one training instance."""
    return Columns.of(ShapeSpace.load(paths.ARTIFACTS / "shape_space" / category).without(index).model("rich"))


def fit(photo, index):
    """Register one photograph by its outline; None where it is cut by the border or hardly there."""
    generator, instance, cover = np.random.default_rng((11, index)), int(photo["instance"]), photo["coverage"] / 255.0
    fx, fy, cx, cy = photo["camera"]
    true = Pose(torch.as_tensor(photo["pose"]))
    start = disturbed(true, generator, 0.05, 15.0)
    if (cover[[0, -1]] > 0.5).sum() + (cover[:, [0, -1]] > 0.5).sum() > 3 or (cover > 0.5).sum() < 200:
        return None
    left = instance - 1 if instance else int(generator.integers(10))
    side = int(np.clip(round(fx / (SCALE * float(true.translation[2]))), SIZE, 320))  # the object as small as in a test view
    room = (side - SIZE) // 2
    mask = np.pad(cover, ((room, side - SIZE - room),) * 2)
    columns = columns_of(CATEGORIES[int(photo["category"])], left)
    solved = ours.solve(columns, [View(Camera(side, side, fx, fy, cx + room, cy + room), mask, start)], True, SETTINGS)
    m, x, cov = columns.count, np.zeros(SHAPE + 6), np.zeros((SHAPE + 6, SHAPE + 6), np.float32)
    where = np.r_[:m, SHAPE : SHAPE + 6]
    x[where], cov[np.ix_(where, where)] = solved.x, solved.covariance
    parts = {"startR": start.rotation.numpy(), "startt": start.translation.numpy(), "iou": solved.state.overlaps()[0]}
    return {"index": index, "left": left, "m": m, "x": x, "cov": cov} | parts


def pairs(folder, chunks, size):
    """Return (cut, fit) of the photographs of the first `chunks`."""
    found = []
    for number in range(chunks):
        chunk, path = load_chunk(str(folder / "photographs" / f"{number:05d}.npz")), folder / "fits" / f"{number:05d}.npz"
        if not path.is_file():
            path.parent.mkdir(exist_ok=True)
            fits = [fit({k: v[n] for k, v in chunk.items()}, 100 * number + n) for n in range(len(chunk["pose"]))]
            rows = [row for row in fits if row is not None]
            np.savez(path, **{name: np.stack([row[name] for row in rows]) for name in rows[0]})
        with np.load(path) as kept:
            fits = {name: kept[name] for name in kept}
        for j, index in enumerate(fits["index"]):
            one = {name: values[j] for name, values in fits.items()}
            where = np.r_[: one["m"], SHAPE : SHAPE + 6]
            values, vectors = np.linalg.eigh(one["cov"][np.ix_(where, where)].astype(np.float64))
            one |= {"x": one["x"][where], "root": (vectors * np.sqrt(np.maximum(values, 0))).astype(np.float32), "cov": None}
            if one["iou"] >= OVERLAP:
                found.append((Cut.of({k: v[index % 100] for k, v in chunk.items()}, size), one))
    return found


def beside(shown, row, cut, fit, generator):
    """Return channels, turn, shift and box corners of a fit in its window."""
    columns, m, x = columns_of(CATEGORIES[cut.category], int(fit["left"])), int(fit["m"]), fit["x"]
    if generator is not None and generator.random() < DRAWN:
        x = x + SPREAD * (fit["root"] @ generator.standard_normal(len(x)).astype(np.float32))
    vertices, roll = columns.decode(x[:m]), shown.rotations[row] @ cut.pose[:3, :3].T
    rotation = roll @ fit["startR"] @ twist.rotation(x[m : m + 3])
    start = started(vertices, columns.faces, shown.cameras[row], rotation, roll @ (fit["startt"] + x[m + 3 :]))
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    box = low + (high - low) * np.stack(np.meshgrid([0, 1], [0, 1], [0, 1]), axis=-1).reshape(8, 3)
    corners = (box @ rotation.T + start.translation - start.centre) / start.unit
    return [start.channels(False), *start.motion(shown.rotations[row], shown.translations[row]), corners]


def started(vertices, faces, camera, rotation, translation):
    """Return the rendered start."""
    normals = vertex_normals(Mesh(torch.as_tensor(vertices), torch.as_tensor(faces))).numpy()
    return Start.of(vertices, normals, faces, camera, rotation, translation)


def batch(chosen, size, generator=None):
    """Return inputs, true turns, shifts and corners; with a `generator` drawn anew, recoloured and half of them mirrored."""
    shown = windows([cut for cut, _ in chosen], size, generator)
    rows = [beside(shown, row, *pair, generator) for row, pair in enumerate(chosen)]
    channels, turn, shift, corners = (torch.from_numpy(np.stack(values)).float() for values in zip(*rows, strict=True))
    picture = shown.image if generator is None else recoloured(shown.image, generator)
    inputs = torch.cat([(picture - 0.45) * 4, channels], dim=1)
    if generator is not None:
        flip, signs = torch.tensor([-1.0, 1, 1]), torch.ones(11)
        signs[[4, 7]] = -1
        k = torch.from_numpy(generator.random(len(chosen)) < 0.5)
        inputs[k] = inputs[k].flip(-1) * signs[:, None, None]
        turn[k], shift[k], corners[k] = turn[k] * flip[:, None] * flip, shift[k] * flip, corners[k] * flip
    return inputs, turn, shift, corners
