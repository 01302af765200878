"""What tells up from down: learns the weights of `renderfit.datasets.upright` and says how well they do on categories left out.

    python benchmarks/upright.py    # five minutes; writes results/upright.json, and upright.json and references.npy of renderfit.datasets

Conditional logit over the six sides of every object (`renderfit.datasets.standing`), each category counting alike, with a ridge. The
objects are those of the embedded data set and hand-made ones (`benchmarks/handmade`); no real mesh is looked at. A category is judged
by weights learnt without it: "alone" is the share of its objects that are upright by themselves, "together" whether all of them as one
folder are; "folders" is about folders of four and of eight of them whose name says nothing: how many objects come out upright, how many
folders are called sure, and how many of these are right, with the files as people have them (z up, y up, some of both) and turned in
any way, a third of them in another way than the rest.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from handmade import MAKERS, make
from scipy.optimize import minimize

from renderfit import paths
from renderfit.datasets import references
from renderfit.datasets.orientation import CUBE, Cloud
from renderfit.datasets.procedural import BUILDERS, build
from renderfit.datasets.procedural.catalogue import recipes
from renderfit.datasets.references import KNOWN, POINTS, STORED, built, resemblance
from renderfit.datasets.roles import points_of
from renderfit.datasets.standing import ATTRIBUTES, AXES, attributes
from renderfit.datasets.upright import axis_named, by_turn, turn_up
from renderfit.datasets.uprights import solved
from renderfit.geometry import Mesh
from renderfit.provenance import provenance
from renderfit.whole import write_json

EACH = 8
"""Objects of every hand-made category."""
RIDGE = 0.003
"""Weight of the squared weights of standardised attributes; from .001 to .01 the judgement hardly changes."""


def objects() -> dict[str, list[Mesh]]:
    """Return category -> its objects, z up."""
    found = {category: [build(category, recipe["parameters"]) for recipe in recipes(category)] for category in BUILDERS}
    for category in sorted(MAKERS):
        made = [make(category, number) for number in range(EACH)]
        found[category] = [
            Mesh(torch.from_numpy(np.array(one.vertices)), torch.from_numpy(np.array(one.faces, dtype=np.int64))) for one in made
        ]
    return found


def frames(count: int, rng: np.random.Generator) -> list[tuple[str, list[np.ndarray]]]:
    """Return ways in which `count` files may lie: what it is called, and the rotation of each from z up."""
    about = [turn for turn in CUBE if turn[2, 2] == 1]
    lying = turn_up("y").T
    drawn = [about[int(rng.integers(4))] for _ in range(3)]
    found = [("own", [drawn[0]] * count), ("own", [lying @ drawn[1]] * count)]
    found.append(("own", [(lying if k % 2 else np.eye(3)) @ drawn[2] for k in range(count)]))
    for _ in range(2):
        common = CUBE[int(rng.integers(24))]
        found.append(("turned", [CUBE[int(rng.integers(24))] if rng.random() < 1 / 3 else common for _ in range(count)]))
    return found


def folder(category: str, points: list[np.ndarray], scores: np.ndarray, turns: list[np.ndarray]) -> dict[str, object]:
    """Bring a folder of a category that nothing was learnt from upright; `scores` (N, 6): evidence of its sides, z up."""
    clouds = {str(k): Cloud(one @ turn.T) for k, (one, turn) in enumerate(zip(points, turns, strict=True))}
    alone = []
    for row, turn in zip(scores - np.logaddexp.reduce(scores, axis=1, keepdims=True), turns, strict=True):
        true = dict(zip(AXES, row, strict=True))
        units = {axis: sign * np.eye(3)[number] for axis, (number, sign) in AXES.items()}
        alone.append(by_turn({axis: float(true[axis_named(turn.T @ unit)]) for axis, unit in units.items()}))
    kept, every = references.references(), references.references
    references.references = lambda: {word: known for word, known in kept.items() if word != category}
    like = np.array([resemblance(cloud, "things") for cloud in clouds.values()])
    references.references = every
    found = solved(clouds, [".ply"] * len(clouds), np.array(alone), like)
    upright = sum((found.turns[name] @ turn)[2, 2] == 1 for name, turn in zip(clouds, turns, strict=True))
    return {"objects": len(turns), "upright": int(upright), "sure": bool(found.up.sure), "guesses": len(found.guesses)}


def folders(meshes: dict[str, list[Mesh]], found: dict[str, np.ndarray]) -> list[dict[str, object]]:
    """Return how folders of every category come out by weights that were learnt without it."""
    rows, rng = [], np.random.default_rng(0)
    for category, own in found.items():
        scores = own @ learnt({name: one for name, one in found.items() if name != category})
        points = [points_of(mesh, POINTS) for mesh in meshes[category][:EACH]]
        for chosen in (range(EACH // 2, EACH), range(EACH)):
            for called, turns in frames(len(chosen), rng):
                some = list(chosen)
                rows.append({"category": category, "frames": called, **folder(category, [points[k] for k in some], scores[some], turns)})
    return rows


def calibration(rows: list[dict[str, object]], called: str) -> dict[str, object]:
    """Return what share of the objects of folders is upright, how many folders are sure, and how many of these are right."""
    mine = [row for row in rows if row["frames"] == called]
    sure = [row for row in mine if row["sure"]]
    wrong = sorted({row["category"] for row in sure if row["upright"] < row["objects"]})
    return {
        "folders": len(mine), "upright": round(sum(row["upright"] for row in mine) / sum(row["objects"] for row in mine), 3),
        "sure": len(sure), "upright_of_sure": round(sum(row["upright"] for row in sure) / sum(row["objects"] for row in sure), 3),
        "right_of_sure": sum(row["upright"] == row["objects"] for row in sure), "wrong_though_sure": wrong,
    }  # fmt: skip


def learnt(found: dict[str, np.ndarray]) -> np.ndarray:
    """Return the weight of every attribute (A,)."""
    every = np.concatenate(list(found.values()))
    share = np.concatenate([np.full(len(one), 1 / (len(one) * len(found))) for one in found.values()])
    spread = every.std(axis=(0, 1)) + 1e-9
    scaled = every / spread

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        scores = scaled @ weights
        chances = np.exp(scores - np.logaddexp.reduce(scores, axis=1, keepdims=True))
        gradient = np.einsum("n,nka,nk->a", share, scaled, chances) - share @ scaled[:, 0]
        return -float(share @ np.log(chances[:, 0])) + RIDGE * float(weights @ weights), gradient + 2 * RIDGE * weights

    return minimize(loss, np.zeros(every.shape[2]), jac=True, method="L-BFGS-B").x / spread


def judged(found: dict[str, np.ndarray]) -> list[dict[str, object]]:
    """Return for every category how it does with weights that were learnt without it."""
    rows = []
    for category, own in found.items():
        scores = own @ learnt({name: one for name, one in found.items() if name != category})
        chances = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
        upright = int((chances.argmax(axis=1) == 0).sum())
        rows.append({"category": category, "objects": len(own), "alone": upright, "together": bool(chances.mean(axis=0).argmax() == 0)})
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=paths.RESULTS / "upright.json")
    chosen = parser.parse_args()
    meshes = objects()
    found = {category: np.array([attributes(mesh) for mesh in own]) for category, own in meshes.items()}
    rows, lying = judged(found), folders(meshes, found)
    weights = dict(zip(ATTRIBUTES, (round(float(weight), 2) for weight in learnt(found)), strict=True))
    package = paths.ROOT / "src" / "renderfit" / "datasets"
    (package / "upright.json").write_text(json.dumps(weights, indent=1) + "\n")
    np.save(package / STORED, np.stack([built(word) for word in KNOWN]).astype(np.float16))
    alone = float(np.mean([row["alone"] / row["objects"] for row in rows]))
    together = float(np.mean([row["together"] for row in rows]))
    summary = {"categories": len(rows), "alone": round(alone, 3), "together": round(together, 3)}
    summary |= {called: calibration(lying, called) for called in ("own", "turned")}
    write_json(chosen.out, {"provenance": provenance([], []), "weights": weights, "summary": summary, "rows": rows})
    print(*rows, weights, summary, sep="\n")


if __name__ == "__main__":
    main()
