"""Can a network turn a noisy start right? Optimisers and beginnings compared on instances it never saw.

``python benchmarks/refiner_learning.py PHOTOGRAPHS CATEGORIES`` trains one network on painted photographs of ``renderfit train
refiner`` (folders ``photographs`` and ``categories`` of its output) without those of two training instances of every category, and
adds a row to ``results/refiner_learning.json``: medians over photographs of the two, with starts off by up to 15 degrees about each
axis and moved over the outline. `start` is what copying the start leaves, `motion` the common turn that the network states,
`coordinates` and `normals` the common turn in its predictions for every pixel. Test instances are not touched.
"""

import argparse
import copy
import json
import time
from pathlib import Path

import numpy as np
import torch
from refiner_windows import batch, load
from torch import nn
from torch.nn import functional

from renderfit import paths
from renderfit.vision import load_network
from renderfit.vision.muon import Muon
from renderfit.vision.refiner_shapes import load_category
from renderfit.vision.unet import Hourglass, convolution

SOFT, NORMALS, AVERAGE, JUDGED = 0.03, 3.0, 0.998, 256
"""Residual [window widths] that costs 1; weight of the normals; share of the averaged weights a step keeps; photographs judged."""


class Learner(Hourglass):
    """Photograph through the encoder of a U-Net, the rendered start beside it from half the resolution on."""

    def __init__(self, width=16, levels=5):
        super().__init__(3, width, levels)
        self.start = nn.Sequential(convolution(8, width), nn.MaxPool2d(2), convolution(width, 2 * width))
        self.output = nn.Conv2d(width, 8, 1)
        self.head = nn.Sequential(convolution(self.deepest, 256), nn.Conv2d(256, 256, 4), nn.ReLU())
        self.motion = nn.Linear(256, 6)
        nn.init.zeros_(self.motion.weight)
        nn.init.zeros_(self.motion.bias)

    def forward(self, values):
        """Return mask, residual, scale, normals as a `Refiner` does, then turn (B, 3, 3) and shift (B, 3)."""
        features = self.first(values[:, :3])
        kept = [features]
        features = self.down[0](functional.max_pool2d(features, 2)) + self.start(values[:, 3:])
        for block in self.down[1:]:
            kept.append(features)
            features = block(functional.max_pool2d(features, 2))
        turn, shift = (0.1 * self.motion(self.head(features).flatten(1)).float()).split(3, dim=1)
        matrix = exponential(2 * turn)
        found = self.output(self.decoded(features, kept)).float()
        points, normals = values[:, 4:7].float(), values[:, 7:10].float()
        # What a pixel shows, named in the start's pose: the common motion undone.
        moved = torch.einsum("nji,njhw->nihw", matrix, points - shift[:, :, None, None]) - points
        turned = torch.einsum("nij,njhw->nihw", matrix, normals)
        return found[:, 0], moved + 0.1 * found[:, 1:4], found[:, 4] - 3, functional.normalize(turned + found[:, 5:8], dim=1), matrix, shift


def exponential(turn):
    """Return the rotations (B, 3, 3) of rotation vectors (B, 3)."""
    zero = torch.zeros_like(turn[:, 0])
    x, y, z = turn.unbind(1)
    skew = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], dim=1).view(-1, 3, 3)
    angle = (turn.square().sum(dim=1) + 1e-12).sqrt()[:, None, None]
    return torch.eye(3) + angle.sin() / angle * skew + (1 - angle.cos()) / angle**2 * skew @ skew


def objective(found, truth, dense):
    """Return the loss: how far the corners of the start's box end from where they belong, and with `dense` that of every pixel."""
    mask, residual, scale, normals, turn, shift = found
    moved = torch.einsum("nij,nkj->nki", turn, truth.corners) + shift[:, None, :]
    wanted = torch.einsum("nij,nkj->nki", truth.turn, truth.corners) + truth.shift[:, None, :]
    loss = (moved - wanted).abs().mean() / SOFT
    if not dense:
        return loss
    known = truth.known.float()
    count = known.sum(dim=(1, 2)).clamp(min=1)
    error = (residual - truth.residual).abs().mean(dim=1)
    unsure = scale + error.detach() * (-scale).exp()
    tilted = 1 - (normals * truth.normals).sum(dim=1)
    each = ((error / SOFT + 0.1 * unsure + NORMALS * tilted) * known).sum(dim=(1, 2)) / count
    return loss + each.mean() + functional.binary_cross_entropy_with_logits(mask, truth.mask)


def scores(network, judged):
    """Return medians of the turn left [degree], of coordinates [mm] and normals [degree], each beside the start's."""
    network.eval()
    rows = []
    for truth in judged:
        with torch.no_grad():
            _, residual, _, normals, turn, _ = network(truth.inputs)
        points, seen = truth.inputs[:, 4:7], truth.inputs[:, 7:10]
        for n in range(len(points)):
            known, unit = truth.known[n], 1e3 * float(truth.unit[n])
            if int(known.sum()) < 50:
                continue
            true = (points[n] + truth.residual[n])[:, known].T
            row = [angle(truth.turn[n]), angle(turn[n].T @ truth.turn[n])]
            for guess in (points[n], points[n] + residual[n]):
                # The object points that are named and the true ones, both placed by the start: a turn between the two is common to all.
                named = guess[:, known].T
                row += [angle(common(named, true)), unit * float((named - true).norm(dim=1).median())]
            inside = known & (seen[n].norm(dim=0) > 0.5)
            for guess, where in ((seen[n], inside), (normals[n], known)):
                a, b = guess[:, where].T, truth.normals[n][:, where].T
                off = torch.rad2deg((a * b).sum(dim=1).clamp(-1, 1).acos())
                row += [angle(common(a, b, False)), float(off.median())]
            rows.append(row)
    network.train()
    names = ["start", "motion", "start_coordinates", "start_mm", "coordinates", "mm", "start_tilt", "start_normals", "tilt", "normals"]
    return {name: round(float(value), 3) for name, value in zip(names, np.median(np.array(rows), axis=0), strict=True)}


def common(a, b, centred=True):
    """Return the rotation that takes points or directions a (N, 3) nearest to b."""
    a, b = (a - a.mean(dim=0), b - b.mean(dim=0)) if centred else (a, b)
    u, _, v = torch.linalg.svd(b.T.double() @ a.double())
    sign = torch.ones(3, dtype=torch.float64)
    sign[2] = torch.linalg.det(u @ v).sign()
    return u @ torch.diag(sign) @ v


def angle(matrix):
    """Return the angle of a rotation [degree]."""
    return float(torch.rad2deg(((matrix.diagonal().sum() - 1) / 2).clamp(-1, 1).acos()))


def beginning(options):
    """Return the network and its optimiser."""
    torch.manual_seed(options.seed)
    network = Learner()
    if options.go_on:
        network.load_state_dict(torch.load(options.go_on))
    elif options.initial:
        weights = load_network().state_dict()
        own = network.state_dict()
        same = {name: value for name, value in weights.items() if name in own and own[name].shape == value.shape and "output" not in name}
        network.load_state_dict(same, strict=False)
    if options.optimizer == "muon":
        return network, Muon(network, 5 * options.rate, options.rate)
    return network, torch.optim.AdamW(network.parameters(), lr=options.rate, weight_decay=1e-3)


def main():  # noqa: PLR0915
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("photographs", type=Path)
    options.add_argument("categories", type=Path)
    options.add_argument("--optimizer", choices=("muon", "adamw"), default="muon")
    options.add_argument("--initial", action="store_true", help="begin with the encoder and decoder of the package's U-Net")
    options.add_argument("--go-on", type=Path, help="weights of an earlier run to begin with")
    options.add_argument("--rigid", action="store_true", help="only the common motion, no target per pixel")
    options.add_argument("--rate", type=float, default=0.004)
    options.add_argument("--batch", type=int, default=32)
    options.add_argument("--steps", type=int, default=800)
    options.add_argument("--cooling", type=float, default=0.0, help="last part of the steps in which the rate falls")
    options.add_argument("--every", type=int, default=200)
    options.add_argument("--chunks", type=int, default=62)
    options.add_argument("--left-out", type=int, nargs="+", default=[3, 7])
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--weights", type=Path, help="where the weights are written")
    options.add_argument("--out", type=Path, default=paths.RESULTS / "refiner_learning.json")
    chosen = options.parse_args()
    torch.set_num_threads(1)
    categories = [load_category(str(path)) for path in sorted(chosen.categories.glob("*.npz"))]
    windows = load(chosen.photographs, chosen.chunks)
    away = np.isin(windows.instance, chosen.left_out)
    original = [np.allclose(code[: len(c.basis)], c.codes[i]) for code, c, i in
                zip(windows.code, (categories[k] for k in windows.category), windows.instance, strict=True)]  # fmt: skip
    stock, held = np.flatnonzero(~away), np.flatnonzero(away & np.array(original))[:JUDGED]
    judged = [batch(windows, categories, held[n : n + 32], np.random.default_rng((chosen.seed, 5, n)), False)
              for n in range(0, len(held), 32)]  # fmt: skip
    network, optimizer = beginning(chosen)
    average, peaks = copy.deepcopy(network), [group["lr"] for group in optimizer.param_groups]
    curve, losses, begun = [], [], time.process_time()
    for step in range(chosen.steps):
        generator = np.random.default_rng((chosen.seed, 2, step))
        truth = batch(windows, categories, generator.choice(stock, chosen.batch), generator, True)
        factor = min(1.0, (step + 1) / 100, (chosen.steps - step) / max(1.0, chosen.cooling * chosen.steps))
        for group, peak in zip(optimizer.param_groups, peaks, strict=True):
            group["lr"] = factor * peak
        with torch.autocast("cpu", torch.bfloat16):
            found = network(truth.inputs.contiguous(memory_format=torch.channels_last))
        loss = objective(found, truth, not chosen.rigid)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
        share = min(AVERAGE, (step + 1) / (step + 10))
        with torch.no_grad():
            for kept, value in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
                kept.lerp_(value, 1 - share) if kept.is_floating_point() else kept.copy_(value)
        if (step + 1) % chosen.every == 0:
            curve.append({"step": step + 1, "loss": round(float(np.mean(losses)), 4), **scores(average, judged)})
            losses = []
            print(round(time.process_time() - begun), json.dumps(curve[-1]), flush=True)
    settings = {name: getattr(chosen, name) for name in ("optimizer", "initial", "rigid", "rate", "batch", "steps", "cooling", "seed")}
    if chosen.weights:
        torch.save(average.state_dict(), chosen.weights)
    rows = json.loads(chosen.out.read_text()) if chosen.out.is_file() else []
    rows = [row for row in rows if row["settings"] != settings] + [{"settings": settings, "judged": len(held), "curve": curve}]
    chosen.out.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
