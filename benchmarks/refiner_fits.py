"""Can a network learn to turn what the outline leaves? The refiner's encoder, trained further on the solver's own fits.

``python benchmarks/refiner_fits.py FOLDER`` writes ``results/refiner_fits.json``. FOLDER is one that ``renderfit train refiner`` works
in: its photographs of training instances are registered by their outlines from noisy starts, each with a shape space made
without the instance (kept in FOLDER/fits). The network sees the photograph beside the fit, or beside a draw from its posterior,
and names the motion to the truth (kept as FOLDER/turn.safetensors). Instances left out of the published weights (params.yaml
``refiner.left_out``) are left out here too, and the figures are of them: of FOLDER's photographs, and of views as the test views are
taken, registered again from the turned pose. Axes are the camera's. Test instances are not touched.
"""

import argparse
import copy
import json
import logging
from pathlib import Path

import numpy as np
import torch
from outline_fits import CATEGORIES, SETTINGS, batch, pairs, started
from refiner_choice import cases
from rotation_limit import run, summary
from safetensors.torch import load_file, save_file

from renderfit import config, paths
from renderfit.geometry import Pose
from renderfit.registration import Prior, ours, twist
from renderfit.registration.columns import Columns
from renderfit.registration.objective import View
from renderfit.vision import load_refiner
from renderfit.vision.muon import Muon
from renderfit.vision.refiner import RESIDUAL, TURN, exponential
from renderfit.vision.refiner_training import SOFT, _follow
from renderfit.vision.segmentation import largest_part
from renderfit.vision.windows import Window

LEFT_OUT = config.section(config.Refiner).left_out
BATCH, RATE = 32, 1.5e-3
FARTHEST, JUDGED = 20.0, 256
"""Fits farther off [degree] are not judged; as many photographs are."""
HELD = (0.03, 0.08)
"""Standard deviations [rad] of the turned pose in the registration that follows."""


class Turner(torch.nn.Module):
    """Encoder and head of a refiner: the motion alone, so that windows can be larger."""

    def __init__(self, refiner):
        super().__init__()
        self.net = refiner

    def forward(self, values):
        """Return rotation vectors [rad] and shifts (B, 3) of inputs (B, 11, H, W)."""
        net, pool = self.net, torch.nn.functional.max_pool2d
        features = net.down[0](pool(net.first(values[:, :3]), 2)) + net.start(values[:, 3:])
        for block in net.down[1:]:
            features = block(pool(features, 2))
        spin, shift = net.motion(net.head(features).flatten(1)).float().split(3, dim=1)
        return TURN * spin, RESIDUAL * shift

    @torch.no_grad()
    def turns(self, values):
        """Return rotation vectors (B, 3) [rad], means of the windows' and of their mirror images'."""
        signs = torch.ones(11)
        signs[[4, 7]] = -1
        plain, mirrored = (self(one)[0].double().numpy() for one in (values, values.flip(-1) * signs[:, None, None]))
        return (plain + mirrored * [1, -1, -1]) / 2


def train(stock, size, steps):
    """Return the averaged network after so many steps from the published weights."""
    torch.manual_seed(0)
    network = Turner(load_refiner().requires_grad_(True)).to(memory_format=torch.channels_last)
    average, optimiser = copy.deepcopy(network), Muon(network.net, 5 * RATE, RATE)
    for step in range(steps):
        optimiser.schedule(min(1, (step + 1) / 50, (steps - step) / (0.4 * steps)))
        generator = np.random.default_rng((7, step))
        inputs, turn, shift, corners = batch([stock[i] for i in generator.integers(len(stock), size=BATCH)], size, generator)
        network.train()
        with torch.autocast("cpu", torch.bfloat16):
            spin, moved = network(inputs.contiguous(memory_format=torch.channels_last))
        named, wanted = (torch.einsum("nij,nkj->nki", r, corners) + s[:, None] for r, s in ((exponential(spin), moved), (turn, shift)))
        optimiser.zero_grad(set_to_none=True)
        ((named - wanted).abs().mean() / SOFT).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        _follow(average, network, min(0.99, (step + 1) / (step + 10)))
    return average


def figures(named, true, names):
    """Return by category: degrees before and after, and about each axis the share of the variance explained and the correlation."""
    rows = []
    for part in ("all", *dict.fromkeys(names)):
        k = np.array([part in ("all", name) for name in names])
        p, t = named[k], true[k]
        rest = [twist.rotation(a) @ twist.rotation(-b) for a, b in zip(t, p, strict=True)]
        left = [np.linalg.norm(twist.rotation_vector(one)) for one in rest]
        row = {"category": part, "runs": int(k.sum()), "before_deg": np.degrees(np.median(np.linalg.norm(t, axis=1)))}
        row |= {"after_deg": np.degrees(np.median(left))}
        row |= {f"{a}_explained": 1 - ((t - p)[:, i] ** 2).sum() / (t[:, i] ** 2).sum() for i, a in enumerate("xyz")}
        row |= {f"{a}_correlation": np.corrcoef(p[:, i], t[:, i])[0, 1] for i, a in enumerate("xyz")}
        rows.append({key: round(float(value), 3) if isinstance(value, float) else value for key, value in row.items()})
    return rows


def judged(network, fits, size):
    """Return the figures of photographs as they are kept."""
    shown = [batch(fits[n : n + BATCH], size) for n in range(0, min(JUDGED, len(fits)), BATCH)]
    named = np.concatenate([network.turns(inputs) for inputs, *_ in shown])
    true = np.array([twist.rotation_vector(one) for _, turn, *_ in shown for one in turn.double().numpy()])
    near = np.linalg.norm(true, axis=1) < np.radians(FARTHEST)
    return figures(named[near], true[near], [CATEGORIES[cut.category] for (cut, _), k in zip(fits, near, strict=False) if k])


def registered(network, case, size):
    """Return named and true turn of a view's fit, and name -> scores of the fit and of those that start from turned poses."""
    space, view, _, _, mask = case
    columns = Columns.of_space(space, "rich")
    solved = ours.solve(columns, [View(view.camera, mask, view.noisy_pose)], True, SETTINGS)
    rotation, translation = solved.state.placed(0)
    window = Window.around(largest_part(mask > 0.5))
    start = started(solved.state.vertices, columns.faces, window.camera(view.camera, size), rotation, translation)
    picture = window.cut(torch.from_numpy(view.image).permute(2, 0, 1)[None].float() / 255, size)
    named = network.turns(torch.cat([(picture - 0.45) * 4, torch.from_numpy(start.channels(False))[None]], dim=1))[0]
    true = twist.rotation_vector(view.pose.rotation.numpy() @ rotation.T)
    found = {"mask alone": run(case, columns, mask, view.noisy_pose, SETTINGS.prior)}
    for name, turn in (("not turned", 0 * named), ("turned as named", named), ("turned to the truth", true)):
        for held in HELD:
            moved = start.moved(twist.rotation(turn), np.zeros(3))[1]
            pose = [torch.as_tensor(one) for one in (twist.rotation(turn) @ rotation, np.append(moved[:2], view.noisy_pose.translation[2]))]
            prior = Prior(SETTINGS.prior.weight, rotation=held)
            found[f"{name}, held to {held} rad"] = run(case, columns, mask, Pose.from_parts(*pose), prior)
    return named, true, found


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("--chunks", type=int, default=20)
    options.add_argument("--steps", type=int, default=500)
    options.add_argument("--size", type=int, default=128)
    options.add_argument("--views", type=int, default=6)
    options.add_argument("--note", default="", help="kept in the result")
    chosen = options.parse_args()
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    fits, weights = pairs(chosen.folder, chosen.chunks, chosen.size), chosen.folder / "turn.safetensors"
    stock = [pair for pair in fits if pair[0].instance not in LEFT_OUT]
    if not weights.is_file():
        save_file({k: v.contiguous() for k, v in train(stock, chosen.size, chosen.steps).state_dict().items()}, weights)
    network = Turner(load_refiner())
    network.load_state_dict(load_file(weights))
    network.eval()
    away = [pair for pair in fits if pair[0].instance in LEFT_OUT]
    photographs = {"left out": judged(network, away, chosen.size), "trained on": judged(network, stock, chosen.size)}
    seen = [registered(network, case, chosen.size) for case in cases(chosen.views)]
    names = [CATEGORIES[n // (len(LEFT_OUT) * chosen.views)] for n in range(len(seen))]
    views = figures(np.array([row[0] for row in seen]), np.array([row[1] for row in seen]), names)
    table = {name: summary(np.array([row[2][name] for row in seen])) for name in seen[0][2]}
    found = {
        "note": chosen.note,
        "fits": len(stock),
        "steps": chosen.steps,
        "size": chosen.size,
        **photographs,
        "views": views,
    }
    (paths.RESULTS / "refiner_fits.json").write_text(json.dumps(found | {"registrations": table}, indent=1) + "\n")
    print(json.dumps(found | {"registrations": table}, indent=1))


if __name__ == "__main__":
    main()
