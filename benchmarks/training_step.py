"""Seconds of a training step of the segmentation network in float32 and in bfloat16: ``python benchmarks/training_step.py``.

One thread; the two alternate, so that a machine whose speed changes treats both alike. Which one "auto" takes
(`vision.training.precision_of`) was decided by this. Writes results/training_step.json.
"""

import statistics
import time

import torch

from renderfit import config, paths
from renderfit.evaluation.runtime import machine
from renderfit.provenance import provenance
from renderfit.vision.muon import Muon
from renderfit.vision.training import KERNELS, objective, precision_of
from renderfit.vision.unet import UNet
from renderfit.whole import write_json

ROUNDS, STEPS = 7, 3
TYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def steps(settings: config.UNet, kind: torch.dtype, side: int) -> float:
    """Return the processor time [s] of a step at windows of `side` pixels."""
    torch.manual_seed(0)
    network = UNet(("a", "b", "c", "d"), settings.width, settings.levels, side).to(memory_format=torch.channels_last)
    optimizer = Muon(network, KERNELS * settings.rate, settings.rate)
    images = torch.rand(settings.batch, 3, side, side).to(memory_format=torch.channels_last)
    labels = torch.randint(0, 5, (settings.batch, side, side))

    def step() -> None:
        with torch.autocast("cpu", kind, enabled=kind != torch.float32):
            logits = network(images)
        optimizer.zero_grad(set_to_none=True)
        objective(logits.float(), labels).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()

    step()
    begin = time.process_time()
    for _ in range(STEPS):
        step()
    return (time.process_time() - begin) / STEPS


def main() -> None:
    """Measure both types at both sizes of the schedule."""
    torch.set_num_threads(1)
    settings, rows = config.section(config.UNet), []
    for side in (settings.small_size, settings.size):
        found: dict[str, list[float]] = {name: [] for name in TYPES}
        for _ in range(ROUNDS):
            for name, kind in TYPES.items():
                found[name].append(steps(settings, kind, side))
        ratio = statistics.median([half / full for full, half in zip(found["float32"], found["bfloat16"], strict=True)])
        seconds = {f"{name}_s": round(statistics.median(found[name]), 4) for name in TYPES}
        rows.append({"window_px": side, **seconds, "bfloat16_over_float32": round(ratio, 3)})
        print(rows[-1])
    chosen = str(precision_of("auto", torch.device("cpu"))).removeprefix("torch.")
    write_json(paths.RESULTS / "training_step.json", {"machine": machine(), "auto": chosen, "rows": rows, "provenance": provenance()})


if __name__ == "__main__":
    main()
