"""Does a network learn to turn a noisy start right? Two optimisers, the same steps.

``python benchmarks/refiner_learning.py FOLDER`` writes ``results/refiner_learning.json``. FOLDER is one that ``renderfit train
refiner`` works in: its shape models and photographs are used, or painted. Curves are medians over photographs of
training instances that were left out (params.yaml ``refiner.left_out``), as `renderfit.vision.refiner_scores.scores`
explains them. Test instances are not touched.
"""

import argparse
import dataclasses
import json
from pathlib import Path

import torch

from renderfit import config, paths
from renderfit.provenance import provenance
from renderfit.vision import load_refiner
from renderfit.vision.muon import Muon
from renderfit.vision.refiner_files import description
from renderfit.vision.refiner_pictures import Pictures
from renderfit.vision.refiner_scores import scores
from renderfit.vision.refiner_training import batches, train
from renderfit.whole import write_json


class Adam(torch.optim.AdamW):
    """AdamW at one rate for all layers, with the schedule of `Muon`."""

    def __init__(self, network, _, rate):
        super().__init__(network.parameters(), lr=rate, weight_decay=1e-3)
        self.peak = rate

    def schedule(self, factor):
        """Set the rate to `factor` of its highest."""
        for group in self.param_groups:
            group["lr"] = factor * self.peak


VARIANTS = {"Muon": (Muon, 4e-3), "AdamW": (Adam, 2.5e-3)}
"""Name -> optimiser, rate."""


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("--steps", type=int, default=200)
    options.add_argument("--chunks", type=int, default=30)
    chosen = options.parse_args()
    section = config.section(config.Refiner)
    settings = dataclasses.replace(section, steps=chosen.steps, chunks=chosen.chunks, cooling=0.0, save_every=50, checked=100)
    pictures = Pictures(tuple(str(path) for path in sorted((chosen.folder / "categories").glob("*.npz"))), seed=settings.seed)
    rows = {}
    for name, (optimiser, rate) in VARIANTS.items():
        given = dataclasses.replace(settings, rate=rate)
        _, log = train(pictures, given, chosen.folder / "photographs", optimiser=optimiser)
        rows[name] = log["scores"]
        print(name, json.dumps(rows[name]), flush=True)
    about = part = description()
    given = dataclasses.replace(settings, size=about["window"])
    _, _, judged = next(batches(pictures, given, chosen.folder / "photographs", 0))
    steps = part["steps"]
    while "initial" in part:
        part = part["initial"]
        steps += part["steps"]
    found = {"published": {"steps": steps, **scores(load_refiner(), judged[""])}, "curves": rows}
    settings_of = {"batch": settings.batch, "size": settings.size, "seed": settings.seed, "left_out": settings.left_out}
    write_json(paths.RESULTS / "refiner_learning.json", {"settings": settings_of} | found | {"provenance": provenance()})


if __name__ == "__main__":
    main()
