"""Training of the displacement network: painted once, shown with many start poses; resumable, the same every time."""

from __future__ import annotations

import hashlib
import logging
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation
from torch import Tensor
from torch.nn import functional

from renderfit import config
from renderfit.errors import DataError
from renderfit.geometry import Pose
from renderfit.progress import progress
from renderfit.registration.deepcpd import window as windows
from renderfit.registration.deepcpd.network import UNIT, DisplacementNet
from renderfit.registration.deepcpd.pictures import CHUNK, Source, camera_of, category_of, painted
from renderfit.vision.checkpoint import load_state, save_state
from renderfit.vision.muon import Muon
from renderfit.vision.training import KERNELS, precision_of, schedule
from renderfit.vision.windows import Window

EXACT = 0.5
"""Part of the samples that start at the true pose; the others have the pose noise of the experiment."""
NO_MASK = 0.05
"""Part of the samples whose mask is lost."""
CURVE_EVERY = 50
SAVE_EVERY = 200
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Noise:
    """Pose noise: +- `xy` [m] along the camera's x and y, +- `rotation` [degree] about each object axis."""

    xy: float
    rotation: float


Sample = tuple[Tensor, Tensor, Tensor, Tensor]
"""Photograph window (4, S, S), rendered canonical (4, S / 2, S / 2), displacement (3, S / 2, S / 2) [`UNIT`], covered (S / 2, S / 2)."""


def sample(source: Source, photo: dict[str, NDArray], noise: Noise, generator: np.random.Generator) -> Sample:
    """Return one training sample: a photograph with a newly drawn start pose, window, colours and mask errors."""
    category = category_of(source, int(photo["category"]))
    coverage = photo["coverage"].astype(np.float32) / 255
    mask = coverage >= 0.5
    if not mask.any():
        mask = np.ones_like(mask)
    close = windows.around(mask)
    shift = 0.04 * close.side * generator.uniform(-1, 1, 2)
    window = Window(close.x + shift[0], close.y + shift[1], close.side * generator.uniform(0.94, 1.06))
    picture = np.concatenate([photo["image"].astype(np.float32).transpose(2, 0, 1) / 255, coverage[None]])
    cut = window.cut(torch.from_numpy(picture)[None], windows.SIDE)[0]
    matrix = photo["pose"].copy()
    if generator.random() >= EXACT:
        matrix[:3, :3] = matrix[:3, :3] @ Rotation.from_euler("XYZ", noise.rotation * generator.uniform(-1, 1, 3), degrees=True).as_matrix()
        matrix[:2, 3] += noise.xy * generator.uniform(-1, 1, 2)
    pose = Pose(torch.from_numpy(matrix))
    rendered = windows.rendered(category.canonical, camera_of(source), pose, window)
    faces, seen = category.canonical.numpy()[1], rendered.face_id >= 0
    target = np.zeros((*seen.shape, 3), np.float32)
    displacement = category.displacement(photo["mix"]) / UNIT
    target[seen] = np.einsum("nk,nkd->nd", rendered.barycentrics[seen], displacement[faces[rendered.face_id[seen]]])
    colours = _recoloured(cut[:3], generator)
    spoiled = _spoiled(cut[3:], generator)
    return torch.cat([colours, spoiled]), rendered.channels, torch.from_numpy(target).permute(2, 0, 1), torch.from_numpy(seen)


def _recoloured(image: Tensor, generator: np.random.Generator) -> Tensor:
    grey = image.mean(dim=0, keepdim=True)
    image = grey + float(generator.uniform(0.5, 1.4)) * (image - grey)
    tint = torch.from_numpy(generator.uniform(0.92, 1.08, (3, 1, 1)).astype(np.float32))
    image = (image * float(generator.uniform(0.8, 1.2)) * tint + float(generator.uniform(-0.06, 0.06))).clamp(0, 1)
    image = image ** float(generator.uniform(0.75, 1.3))
    noise = torch.from_numpy(generator.standard_normal(image.shape, dtype=np.float32))
    return (image + float(generator.uniform(0, 0.02)) * noise).clamp(0, 1)


def _spoiled(mask: Tensor, generator: np.random.Generator) -> Tensor:
    """Return the mask (1, S, S) as a segmentation network might give it: soft, with errors along the outline, sometimes none."""
    if generator.random() < NO_MASK:
        return torch.zeros_like(mask)
    field = torch.from_numpy(generator.standard_normal((1, 1, 12, 12), dtype=np.float32))
    wide = functional.interpolate(field, size=mask.shape[1:], mode="bilinear", align_corners=False)[0]
    soft = functional.avg_pool2d(mask[None], 3, 1, 1, count_include_pad=False)[0]
    strength, sharpness = float(generator.uniform(0, 0.25)), float(generator.uniform(6, 20))
    return torch.sigmoid(sharpness * (soft - 0.5 + strength * wide))


def loss_of(displacement: Tensor, scale: Tensor, target: Tensor, seen: Tensor) -> Tensor:
    """Return the mean error [`UNIT`] where the canonical is seen, plus the surprise of its size under the predicted scale."""
    error = torch.sqrt(((displacement - target) ** 2).sum(dim=1) + 1e-6)[seen]
    chosen = scale[seen]
    return error.mean() + 0.1 * (error.detach() / chosen + 3 * torch.log(chosen)).mean()


def train(source: Source, settings: config.Deepcpd, noise: Noise, folder: Path) -> tuple[DisplacementNet, dict[str, Any]]:
    """Train a displacement network.

    Parameters
    ----------
    source : Source
        Training meshes, spaces, camera and seed.
    settings : config.Deepcpd
        Section ``deepcpd`` of params.yaml.
    noise : Noise
        Of half of the start poses.
    folder : Path
        Keeps the photographs and a state every `SAVE_EVERY` steps; an interrupted training goes on from there to the same result.

    Returns
    -------
    network : DisplacementNet
        In evaluation mode.
    about : dict
        Seed, settings, curve, data hash and the type it was computed in.
    """
    torch.manual_seed(settings.seed)
    network, kind = DisplacementNet().to(memory_format=torch.channels_last), precision_of("auto", torch.device("cpu"))  # type: ignore[call-overload]
    optimizer = Muon(network, KERNELS * settings.rate, settings.rate)
    origin = hashlib.sha256(f"{source.data_hashes()} {settings} {noise} {source.left_out}".encode()).hexdigest()
    files = painted(source, settings.pictures, folder / f"photographs-{source.seed}", settings.painters)
    chunks = list(progress(files, "files of photographs", math.ceil(settings.pictures / CHUNK)))
    photos = [{name: chunk[name][index] for name in chunk} for chunk in chunks for index in range(len(chunk["pose"]))]
    state, first, curve = folder / "state.safetensors", 0, []
    if state.is_file():
        known = load_state(state, network, optimizer)
        if known["origin"] != origin:
            raise DataError(f"{state}: state of a training with other data or settings; expected {origin[:12]}: delete it to start anew")
        first, curve = known["step"], known["curve"]
        _log.info("training resumes at step %d of %d", first, settings.steps)
    recent: list[float] = []
    for step, batch in progress(_batches(source, photos, settings, noise, first), "training steps", settings.steps - first):
        optimizer.schedule(rate_factor(step, settings))
        network.train()
        photo, canonical, target, seen = batch
        with torch.autocast("cpu", kind, enabled=kind != torch.float32):
            displacement, scale = network(photo.to(memory_format=torch.channels_last), canonical)
        loss = loss_of(displacement, scale, target, seen)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        with torch.no_grad():
            recent.append(float(((displacement - target).norm(dim=1))[seen].mean()) * UNIT * 1e3)
        if (step + 1) % CURVE_EVERY == 0:
            curve.append((step + 1, round(float(np.mean(recent)), 4)))
            _log.info("step %d: mean displacement error %.2f mm", *curve[-1])
            recent = []
        if (step + 1) % SAVE_EVERY == 0 and step + 1 < settings.steps:
            save_state(state, network, optimizer, {"origin": origin, "step": step + 1, "curve": curve})
    network.zero_grad(set_to_none=True)
    about = {
        "command": "renderfit train deepcpd OUT",
        "seed": settings.seed,
        "photographs": len(photos),
        "steps": settings.steps,
        "horizon": settings.horizon,
        "cooling": settings.cooling,
        "batch": settings.batch,
        "rate": settings.rate,
        "noise": {"xy_m": noise.xy, "rotation_deg": noise.rotation},
        "precision": str(kind).removeprefix("torch."),
        "parameters": sum(value.numel() for value in network.parameters()),
        "data": source.data_hashes(),
        "curve_mm": curve,
    }
    return network.eval().requires_grad_(False), about


def rate_factor(step: int, settings: config.Deepcpd) -> float:
    """Return the rate's factor: rise and half a cosine laid out for `horizon` steps, cooled to zero over the last `cooling` ones."""
    return schedule(step, settings.horizon) * min(1.0, (settings.steps - step) / settings.cooling)


def _batches(
    source: Source, photos: list[dict[str, NDArray]], settings: config.Deepcpd, noise: Noise, first: int
) -> Iterator[tuple[int, list[Tensor]]]:
    """Yield (step, batch) from step `first` on; a batch depends on the seed and its step only."""
    for step in range(first, settings.steps):
        generator = np.random.default_rng((settings.seed, 6, step))
        chosen = generator.integers(len(photos), size=settings.batch)
        samples = [sample(source, photos[int(index)], noise, generator) for index in chosen]
        yield step, [torch.stack(parts) for parts in zip(*samples, strict=True)]
