"""Training of the refiner: a growing stock of photographs, new starts at every step, averaged weights, resumable."""

from __future__ import annotations

import copy
import hashlib
import logging
from collections.abc import Iterator
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
from renderfit.vision.refiner import Prediction, Refiner
from renderfit.vision.refiner_batches import Batch, categories, sample, stacked
from renderfit.vision.refiner_pictures import Pictures, chunks
from renderfit.vision.refiner_scores import scores
from renderfit.vision.training import CURVE_EVERY, precision_of, schedule

SOFT = 0.03
"""Residual [window widths] that costs as much as an undecided pixel of the mask."""
AVERAGE = 0.998
"""Share of the averaged weights that a step keeps."""
_log = logging.getLogger(__name__)


def objective(found: Prediction, batch: Batch) -> Tensor:
    """Return the sum of the losses of mask, coordinates, their confidence and normals."""
    known = batch.known.float()
    count = known.sum(dim=(1, 2)).clamp(min=1)
    probability = found.mask.sigmoid()
    both, total = (probability * batch.mask).sum(dim=(1, 2)), (probability + batch.mask).sum(dim=(1, 2))
    mask = functional.binary_cross_entropy_with_logits(found.mask, batch.mask) + (1 - (2 * both + 1) / (total + 1)).mean()
    error = (found.residual - batch.residual).abs().mean(dim=1)
    # The scale learns from the error but does not weigh it: else hard samples would be given up early.
    unsure = found.log_scale + error.detach() * (-found.log_scale).exp()
    turned = 1 - (found.normals * batch.normals).sum(dim=1)
    each = ((error / SOFT + 0.1 * unsure + turned) * known).sum(dim=(1, 2)) / count
    return mask + each.mean()


def train(
    pictures: Pictures, settings: config.Refiner, photographs: Path, *, state: Path | None = None, initial: Refiner | None = None
) -> tuple[Refiner, dict[str, Any]]:
    """Train a refiner.

    Parameters
    ----------
    pictures : Pictures
        What is painted: categories, style, seed.
    settings : config.Refiner
        Section ``refiner`` of params.yaml.
    photographs : path
        Folder of the painted photographs; those that are there already are used.
    state : path, optional
        Where a state is kept every ``save_every`` steps; an existing one is resumed, with the same result.
    initial : Refiner, optional
        Weights to start from, of the same size.

    Returns
    -------
    network : Refiner
        Averaged weights, on the CPU, in evaluation mode.
    log : dict
        Curves: loss, scores on photographs kept for validation.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(settings.seed)
    torch.set_num_threads(settings.threads)
    network = Refiner(settings.width, settings.levels, settings.size).to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    if initial is not None:
        network.load_state_dict(initial.state_dict())
    average = copy.deepcopy(network)
    pair = torch.nn.ModuleDict({"network": network, "average": average})
    optimizer = torch.optim.AdamW(network.parameters(), lr=settings.rate, weight_decay=1e-3)
    origin, first = fingerprint(pictures, settings), 0
    log: dict[str, Any] = {"loss": [], "scores": []}
    if state is not None and state.is_file():
        done = load_state(state, pair, optimizer)
        if done["origin"] != origin:
            raise DataError(
                f"training state {state}: made with other settings, meshes or style; expected the same: delete it to start anew"
            )
        first, log = int(done["step"]), done["log"]
        _log.info("training resumes at step %d of %d", first, settings.steps)
    kind, recent = precision_of(settings.precision, device), []
    for step, batch, check in progress(batches(pictures, settings, photographs, first), "training steps", settings.steps - first):
        for group in optimizer.param_groups:
            group["lr"] = settings.rate * schedule(step, settings.steps)
        network.train()
        moved = batch.to(device)
        with torch.autocast(device.type, kind, enabled=kind != torch.float32):
            found = network(moved.inputs.contiguous(memory_format=torch.channels_last))
        loss = objective(found, moved)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        _follow(average, network, min(AVERAGE, (step + 1) / (step + 10)))
        recent.append(loss.item())
        if (step + 1) % CURVE_EVERY == 0:
            log["loss"].append([step + 1, round(float(np.mean(recent)), 4)])
            recent = []
        if (step + 1) % settings.save_every == 0 or step + 1 == settings.steps:
            log["scores"].append({"step": step + 1, **scores(average, check)})
            _log.info("step %d: %s", step + 1, log["scores"][-1])
            if state is not None:
                save_state(state, pair, optimizer, {"origin": origin, "step": step + 1, "log": log})
    average.zero_grad(set_to_none=True)
    return average.cpu().eval().requires_grad_(False), log


def _follow(average: torch.nn.Module, network: torch.nn.Module, share: float) -> None:
    with torch.no_grad():
        for kept, value in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
            if kept.is_floating_point():
                kept.lerp_(value, 1 - share)
            else:
                kept.copy_(value)


def fingerprint(pictures: Pictures, settings: config.Refiner) -> str:
    """Return a hash of what a training depends on: settings, style, seed and the bytes of models and meshes."""
    digest = hashlib.sha256(repr((settings, pictures.style, pictures.seed)).encode())
    digest.update(data_hash(pictures).encode())
    return digest.hexdigest()


def data_hash(pictures: Pictures) -> str:
    """Return a hash of the shape models and training meshes."""
    digest = hashlib.sha256()
    for category in categories(pictures.categories):
        for array in (category.mean, category.basis, category.faces, category.codes):
            digest.update(array.tobytes())
        for mesh in category.meshes:
            digest.update(Path(mesh).read_bytes())
    return digest.hexdigest()


def batches(pictures: Pictures, settings: config.Refiner, folder: Path, first: int) -> Iterator[tuple[int, Batch, list[list[Any]]]]:
    """Yield (step, batch, validation samples) from step `first` on.

    The first chunk is for validation. A new chunk joins the stock whenever its share of the steps
    has passed, so that a step depends on the seed and its number only. Newer chunks are drawn as
    often as old ones.
    """
    found = categories(pictures.categories)
    stream = chunks(pictures, settings.chunks + 1, folder, settings.painters)
    held, stock = next(stream), [next(stream)]
    check = [_sample(held, row, found, settings.size, (settings.seed, 5, row)) for row in range(min(settings.checked, pictures.chunk))]
    for step in range(settings.steps):
        small = step < settings.small_steps
        size, count = (settings.small_size, settings.small_batch) if small else (settings.size, settings.batch)
        while len(stock) < min(settings.chunks, 1 + step * settings.chunks // max(1, round(0.8 * settings.steps))):
            stock.append(next(stream))
        if step < first:
            continue
        generator = np.random.default_rng((settings.seed, 2, step))
        rows = generator.integers(len(stock) * pictures.chunk, size=count)
        samples = [
            _sample(stock[row // pictures.chunk], row % pictures.chunk, found, size, (settings.seed, 4, step, n))
            for n, row in enumerate(rows)
        ]
        yield step, stacked(samples), check


def _sample(chunk: dict[str, Any], row: int, found: list[Any], size: int, seed: tuple[int, ...]) -> list[Any]:
    photo = {name: values[row] for name, values in chunk.items()}
    return sample(photo, found[int(photo["category"])], size, np.random.default_rng(seed))
