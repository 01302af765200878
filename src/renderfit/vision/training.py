"""Training of the segmentation network: streamed pictures, one rising and falling rate, resumable."""

from __future__ import annotations

import hashlib
import logging
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from renderfit import config
from renderfit.errors import DataError
from renderfit.progress import progress
from renderfit.vision.checkpoint import load_state, save_state
from renderfit.vision.muon import Muon
from renderfit.vision.stream import Sample, Source, augmented, painted
from renderfit.vision.unet import UNet

POOL = 16
"""Batches' worth of painted pictures that are kept for being shown again."""
CURVE_EVERY = 20
KERNELS = 5.0
"""Rate of the orthogonalised steps of kernels over that of all else."""
_log = logging.getLogger(__name__)


@dataclass
class Log:
    """Curves of a training run: loss per `CURVE_EVERY` steps, scores where they were measured; the type convolutions were computed in."""

    loss: list[tuple[int, float]] = field(default_factory=list)
    scores: list[dict[str, Any]] = field(default_factory=list)
    precision: str = ""


def fingerprint(source: Source, settings: config.UNet) -> str:
    """Return a hash of what a training state depends on: settings, style, seed and the bytes of the meshes."""
    digest = hashlib.sha256(repr((settings, source.style, source.seed)).encode())
    for names in source.meshes:
        for name in names:
            digest.update(Path(name).read_bytes())
    return digest.hexdigest()


def data_hash(meshes: tuple[tuple[str, ...], ...]) -> str:
    """Return the SHA-256 of the bytes of all training meshes."""
    digest = hashlib.sha256()
    for names in meshes:
        for name in names:
            digest.update(Path(name).read_bytes())
    return digest.hexdigest()


def precision_of(name: str, device: torch.device) -> torch.dtype:
    """Return the type convolutions are computed in; "auto" takes bfloat16 where it is faster than float32.

    It is on graphics cards, with AMX and on AMD's processors with AVX512-BF16. Intel's without AMX multiply it at the rate of
    float32 at best, and a step of training takes a third longer (``benchmarks/training_step.py``).
    """
    if name != "auto":
        return torch.bfloat16 if name == "bfloat16" else torch.float32
    if device.type == "cuda":
        return torch.bfloat16
    about = _processor()
    fast = "amx_bf16" in about or ("AuthenticAMD" in about and "avx512_bf16" in about)
    return torch.bfloat16 if fast else torch.float32


def _processor() -> str:
    try:
        return Path("/proc/cpuinfo").read_text()
    except OSError:
        return ""


def train(
    source: Source,
    categories: tuple[str, ...],
    settings: config.UNet,
    *,
    state: Path | None = None,
    score: Callable[[UNet], dict[str, Any]] | None = None,
    score_every: int = 0,
    initial: UNet | None = None,
) -> tuple[UNet, Log]:
    """Train a network on painted pictures.

    Parameters
    ----------
    source : Source
        Training meshes, style and seed.
    categories : tuple of str
        Names of the classes after the background.
    settings : config.UNet
        Section ``unet`` of params.yaml.
    state : path, optional
        Where a state is kept every ``save_every`` steps; an existing one is resumed. The result is
        the same with and without interruption.
    score : callable, optional
        Measures the network every `score_every` steps for the curves.
    initial : UNet, optional
        Weights to start from, of the same width and levels; the windows may be of another size.

    Returns
    -------
    network : UNet
        On the CPU, in evaluation mode.
    log : Log
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(settings.seed)
    torch.set_num_threads(settings.threads)
    origin = fingerprint(source, settings)
    network = UNet(categories, settings.width, settings.levels, settings.window).to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    if initial is not None:
        if (have := (initial.categories, initial.width, initial.levels)) != (want := (categories, settings.width, settings.levels)):
            raise DataError(f"weights to start from: categories, width, levels are {have}; expected {want}")
        network.load_state_dict(initial.state_dict())
        origin = hashlib.sha256(
            (origin + str([value.double().sum().item() for value in initial.state_dict().values()])).encode()
        ).hexdigest()
    optimizer = Muon(network, KERNELS * settings.rate, settings.rate)
    log, first, kind = Log(), 0, precision_of(settings.precision, device)
    if state is not None and state.is_file():
        done = load_state(state, network, optimizer)
        if done["origin"] != origin:
            raise DataError(
                f"training state {state}: made with other settings, meshes or style; expected the same: delete it to start anew"
            )
        first, log = int(done["step"]), Log([(int(a), float(b)) for a, b in done["loss"]], list(done["scores"]))
        _log.info("training resumes at step %d of %d", first, settings.steps)
    log.precision = str(kind).removeprefix("torch.")
    recent: list[float] = []
    for step, samples in progress(batches(source, settings, first), "training steps", settings.steps - first):
        optimizer.schedule(schedule(step, settings.steps))
        images, labels = augmented(samples, np.random.default_rng((settings.seed, 1, step)))
        network.train()
        with torch.autocast(device.type, kind, enabled=kind != torch.float32):
            logits = network(images.to(device, memory_format=torch.channels_last))
        loss = objective(logits.float(), labels.to(device))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        recent.append(loss.item())
        if (step + 1) % CURVE_EVERY == 0:
            log.loss.append((step + 1, round(float(np.mean(recent)), 5)))
            recent = []
        if score is not None and score_every and (step + 1) % score_every == 0:
            log.scores.append({"step": step + 1, **score(network.eval())})
        if state is not None and (step + 1) % settings.save_every == 0 and step + 1 < settings.steps:
            save_state(state, network, optimizer, {"origin": origin, "step": step + 1, "loss": log.loss, "scores": log.scores})
    network.zero_grad(set_to_none=True)
    return network.cpu().eval().requires_grad_(False), log


def schedule(step: int, steps: int) -> float:
    """Return the rate's factor: linear rise over the first 5 %, half a cosine down to 1 %."""
    rise = max(1.0, 0.05 * steps)
    if step < rise:
        return (step + 1) / rise
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1.0, steps - rise)))


def objective(logits: Tensor, labels: Tensor) -> Tensor:
    """Return cross entropy plus the soft Dice loss of the outline: any object against the background.

    The outline is what registration uses (see `segment`); which category it is, the entropy teaches.
    """
    entropy = functional.cross_entropy(logits, labels)
    probability, inside = 1 - logits.softmax(dim=1)[:, 0], (labels > 0).float()
    both, total = (probability * inside).sum(dim=(1, 2)), probability.sum(dim=(1, 2)) + inside.sum(dim=(1, 2))
    return entropy + (1 - (2 * both + 1) / (total + 1)).mean()


def batches(source: Source, settings: config.UNet, first: int) -> Iterator[tuple[int, list[Sample]]]:
    """Yield (step, samples) from step `first` on: small windows, larger ones, then fine ones, each picture shown about ``reuse`` times.

    A step paints ``batch / reuse`` pictures and draws its batch from the last `POOL` batches of them, so that
    the samples of a step depend on the seed and the step only.
    """
    chunk = max(1, settings.batch // settings.reuse)
    small = min(settings.small_steps, settings.steps)
    fine = max(small, settings.steps - settings.fine_steps)
    for begin, end, size in (
        (0, small, settings.small_size),
        (small, fine, settings.size),
        (fine, settings.steps, settings.fine_size),
    ):
        if first >= end:
            continue
        start = max(begin, first)
        lead = max(begin, start - POOL * settings.reuse + 1)
        pool: list[Sample] = []
        stream = painted(source, lead * chunk, end - lead, chunk, size, settings.painters)
        for step, fresh in enumerate(stream, start=lead):
            pool = [*pool, *fresh][-chunk * POOL * settings.reuse :]
            if step < start:
                continue
            generator = np.random.default_rng((settings.seed, 2, step))
            older = generator.integers(len(pool), size=settings.batch - chunk)
            yield step, [*fresh, *(pool[int(index)] for index in older)]
