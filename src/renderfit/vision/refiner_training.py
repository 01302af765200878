"""Training of the refiner: a growing stock of photographs, new starts at every step, averaged weights, resumable."""

from __future__ import annotations

import copy
import hashlib
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from renderfit import config
from renderfit.errors import DataError
from renderfit.progress import progress
from renderfit.vision.checkpoint import load_network, load_state, save_state
from renderfit.vision.muon import Muon
from renderfit.vision.refiner import Prediction, Refiner
from renderfit.vision.refiner_batches import Batch, batch, categories
from renderfit.vision.refiner_cuts import Cut
from renderfit.vision.refiner_fits import load_fits
from renderfit.vision.refiner_pictures import Pictures, chunks
from renderfit.vision.refiner_scores import scores
from renderfit.vision.training import CURVE_EVERY, precision_of

SOFT = 0.03
"""Residual [window widths] that costs one."""
NORMALS = 3.0
"""Weight of the normals' loss, 1 - cosine."""
KERNELS = 5.0
"""Rate of the orthogonalised steps of kernels over that of all else."""
RISE = 100
"""Steps over which the rate rises."""
HELD = 5
"""Chunks whose left-out instances are for validation."""
GROWTH = 0.5
"""Share of the steps after which the stock of photographs is complete."""
AVERAGE = 0.998
"""Share of the averaged weights that a step keeps."""
_log = logging.getLogger(__name__)


def objective(found: Prediction, truth: Batch) -> Tensor:
    """Return the sum of the losses of motion, mask, coordinates, their confidence and normals.

    The motion is judged by where it takes the corners of the start's box.
    """
    moved = torch.einsum("nij,nkj->nki", found.turn, truth.corners) + found.shift[:, None, :]
    wanted = torch.einsum("nij,nkj->nki", truth.turn, truth.corners) + truth.shift[:, None, :]
    known = truth.known.float()
    count = known.sum(dim=(1, 2)).clamp(min=1)
    mask = functional.binary_cross_entropy_with_logits(found.mask, truth.mask)
    error = (found.residual - truth.residual).abs().mean(dim=1)
    # The scale learns from the error but does not weigh it: else hard samples would be given up early.
    unsure = found.log_scale + error.detach() * (-found.log_scale).exp()
    tilted = 1 - (found.normals * truth.normals).sum(dim=1)
    each = ((error / SOFT + 0.1 * unsure + NORMALS * tilted) * known).sum(dim=(1, 2)) / count
    return (moved - wanted).abs().mean() / SOFT + mask + each.mean()


def train(
    pictures: Pictures,
    settings: config.Refiner,
    photographs: Path,
    *,
    fits: Path | None = None,
    state: Path | None = None,
    initial: Refiner | None = None,
    optimiser: Callable[[Refiner, float, float], Any] = Muon,
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
    fits : path, optional
        Folder of fits of the photographs to their outlines, by the same names (`save_fits`); ``settings.fits`` of the starts are such.
    state : path, optional
        Where a state is kept every ``save_every`` steps; an existing one is resumed, with the same result.
    initial : Refiner, optional
        Weights to start from, of the same size; without them the layers of the package's segmentation network are taken over where
        they are of the same size.

    optimiser : callable
        Makes one of the network and two rates: of the kernels of hidden layers, and of all else.

    Returns
    -------
    network : Refiner
        Averaged weights, kernels rounded to half precision, on the CPU, in evaluation mode.
    log : dict
        Curves: loss, scores on photographs kept for validation.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(settings.seed)
    torch.set_num_threads(settings.threads)
    network = Refiner(settings.width, settings.levels, settings.size).to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    if initial is not None:
        network.load_state_dict(initial.state_dict())
    else:
        network.begin(load_network())
    average = copy.deepcopy(network)
    pair = torch.nn.ModuleDict({"network": network, "average": average})
    optimizer = optimiser(network, KERNELS * settings.rate, settings.rate)
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
    for step, shown, check in progress(batches(pictures, settings, photographs, first, fits), "training steps", settings.steps - first):
        optimizer.schedule(schedule(step, settings))
        network.train()
        moved = shown.to(device)
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
            kinds = {name: scores(average, judged) for name, judged in check.items()}
            log["scores"].append({"step": step + 1, **kinds.pop(""), **kinds})
            _log.info("step %d: %s", step + 1, log["scores"][-1])
            if state is not None:
                save_state(state, pair, optimizer, {"origin": origin, "step": step + 1, "log": log})
    average.zero_grad(set_to_none=True)
    with torch.no_grad():
        for value in average.parameters():
            if value.ndim == 4:  # kernels are nearly all of the weights: half precision halves the file
                value.copy_(value.half().float())
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


def schedule(step: int, settings: config.Refiner) -> float:
    """Return the rate's factor: it rises at first, and falls to nothing over the last part of the steps."""
    return min(1.0, (step + 1) / RISE, (settings.steps - step) / max(1.0, settings.cooling * settings.steps))


def batches(
    pictures: Pictures, settings: config.Refiner, folder: Path, first: int, fits: Path | None = None
) -> Iterator[tuple[int, Batch, dict[str, list[Batch]]]]:
    """Yield (step, batch, validation batches from noisy starts ``""`` and from ``"fits"``) from step `first` on.

    A new chunk joins the stock whenever its share of the steps has passed, so that a step depends on the seed and its number
    only; with fits all are there from the start. The left-out instances of the first chunks are for validation and never trained on;
    without any, the first chunk is.
    """
    found = categories(pictures.categories)
    stream = enumerate(chunks(pictures, settings.painted, folder, settings.painters))

    def cuts() -> list[Cut]:
        number, chunk = next(stream)
        known = [None] * len(chunk["pose"]) if fits is None else load_fits(fits / f"{number:05d}.npz")
        return [Cut.of({name: values[row] for name, values in chunk.items()}, settings.size, fit) for row, fit in enumerate(known)]

    count = min(HELD, settings.chunks) if settings.left_out else 1
    held = [cut for _ in range(count) for cut in cuts()]
    away = ([cut for cut in held if cut.instance in settings.left_out] or held)[: settings.checked]
    stock = [cut for cut in held if cut.instance not in settings.left_out] if settings.left_out else cuts()
    check = {"": away} | ({} if fits is None else {"fits": [cut for cut in away if cut.fit is not None]})
    judged = {
        name: [
            batch(chosen[n : n + settings.batch], found, settings.size, np.random.default_rng((settings.seed, 5, n)), False, bool(name))
            for n in range(0, len(chosen), settings.batch)
        ]
        for name, chosen in check.items()
    }
    growth = max(1, round(GROWTH * settings.steps)) if fits is None else 1
    for step in range(settings.steps):
        while count < min(settings.chunks, 1 + max(step, fits is not None) * settings.chunks // growth):
            stock += [cut for cut in cuts() if cut.instance not in settings.left_out]
            count += 1
        if step < first:
            continue
        generator = np.random.default_rng((settings.seed, 2, step))
        rows = generator.integers(len(stock), size=settings.batch)
        yield step, batch([stock[row] for row in rows], found, settings.size, generator, fits=settings.fits), judged
