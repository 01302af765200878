"""Training of the displacement network on samples that are drawn beside it; resumable, the same every time."""

from __future__ import annotations

import collections
import hashlib
import logging
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from renderfit import config
from renderfit.errors import DataError
from renderfit.progress import progress
from renderfit.registration.deepcpd.network import UNIT, DisplacementNet
from renderfit.registration.deepcpd.pictures import Source
from renderfit.registration.deepcpd.samples import COVERAGE, PICTURES, Noise, Samples, streamed
from renderfit.vision.checkpoint import load_state, save_state
from renderfit.vision.muon import Muon
from renderfit.vision.training import KERNELS, precision_of, schedule

LEAD, POOL = 4, 24
"""Chunks of samples that the first step draws from, and that any step draws from at most."""
COOLING = 0.1
CURVE_EVERY = 50
SAVE_EVERY = 200
_log = logging.getLogger(__name__)


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
        Keeps a state every `SAVE_EVERY` steps; an interrupted training goes on from there to the same result.

    Returns
    -------
    network : DisplacementNet
        In evaluation mode.
    about : dict
        Seed, settings, curve, data hash and the type it was computed in.
    """
    torch.manual_seed(settings.seed)
    torch.set_num_threads(1)
    network, kind = DisplacementNet().to(memory_format=torch.channels_last), precision_of("auto", torch.device("cpu"))  # type: ignore[call-overload]
    optimizer = Muon(network, KERNELS * settings.rate, settings.rate)
    told = replace(settings, painters=0, evidence=0.0, weights="train")  # these do not change what is trained
    origin = hashlib.sha256(f"{source.data_hashes()} {told} {noise} {source.left_out}".encode()).hexdigest()
    state, first, curve = folder / "state.safetensors", 0, []
    if state.is_file():
        known = load_state(state, network, optimizer)
        if known["origin"] != origin:
            raise DataError(f"{state}: state of a training with other data or settings; expected {origin[:12]}: delete it to start anew")
        first, curve = known["step"], known["curve"]
        _log.info("training resumes at step %d of %d", first, settings.steps)
    recent: list[float] = []
    for step, (photo, canonical, target) in progress(_batches(source, settings, noise, first), "training steps", settings.steps - first):
        optimizer.schedule(rate_factor(step, settings.steps))
        network.train()
        with torch.autocast("cpu", kind, enabled=kind != torch.float32):
            displacement, scale = network(photo.to(memory_format=torch.channels_last), canonical)
        seen = canonical[:, COVERAGE] > 0.5
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
        "command": f"renderfit train deepcpd OUT --pictures {settings.pictures} --steps {settings.steps}",
        "seed": settings.seed,
        "photographs": PICTURES * math.ceil(settings.pictures / PICTURES),
        "starts": settings.starts,
        "steps": settings.steps,
        "batch": settings.batch,
        "rate": settings.rate,
        "noise": {"xy_m": noise.xy, "rotation_deg": noise.rotation},
        "precision": str(kind).removeprefix("torch."),
        "parameters": sum(value.numel() for value in network.parameters()),
        "data": source.data_hashes(),
        "curve_mm": curve,
    }
    return network.eval().requires_grad_(False), about


def rate_factor(step: int, steps: int) -> float:
    """Return the rate's factor: rise and half a cosine, brought to zero over the last `COOLING` of the steps."""
    return schedule(step, steps) * min(1.0, (steps - step) / (COOLING * steps))


def _batches(source: Source, settings: config.Deepcpd, noise: Noise, first: int) -> Iterator[tuple[int, tuple[Tensor, ...]]]:
    """Yield (step, batch) from step `first` on; a batch depends on the seed and its step only.

    Photographs are painted evenly over all steps; a step draws its batch from the last `POOL` chunks of them.
    """
    chunks = math.ceil(settings.pictures / PICTURES)
    ready = [min(chunks, LEAD + step * chunks // settings.steps) for step in range(settings.steps)]
    begin = max(0, ready[first] - POOL)
    stream, pool = streamed(source, noise, settings.starts, begin, chunks, settings.painters), collections.deque[Samples](maxlen=POOL)
    for step in range(first, settings.steps):
        while begin < ready[step]:
            pool.append(next(stream))
            begin += 1
        generator, size = np.random.default_rng((settings.seed, 7, step)), PICTURES * settings.starts
        chosen = np.sort(generator.integers(len(pool) * size, size=settings.batch))
        parts = [pool[number].batch(chosen[chosen // size == number] % size) for number in np.unique(chosen // size)]
        yield step, tuple(torch.cat(values) for values in zip(*parts, strict=True))
    stream.close()
