"""What tells up from down: learns the weights of `renderfit.datasets.upright` and says how well they do on categories left out.

    python benchmarks/upright.py        # a minute; writes results/upright.json, and upright.json and references.npy of renderfit.datasets

Conditional logit over the six sides of every object (`renderfit.datasets.standing`), each category counting alike, with a ridge. The
objects are those of the embedded data set and hand-made ones (`benchmarks/handmade`); no real mesh is looked at. A category is judged
by weights learnt without it: "alone" is the share of its objects that are upright by themselves, "together" whether all of them as one
folder are.
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
from renderfit.datasets.procedural import BUILDERS, build
from renderfit.datasets.procedural.catalogue import recipes
from renderfit.datasets.references import KNOWN, STORED, built
from renderfit.datasets.standing import ATTRIBUTES, attributes
from renderfit.geometry import Mesh
from renderfit.provenance import provenance
from renderfit.whole import write_json

EACH = 8
"""Objects of every hand-made category."""
RIDGE = 0.003
"""Weight of the squared weights of standardised attributes; from .001 to .01 the judgement hardly changes."""


def sides() -> dict[str, np.ndarray]:
    """Return category -> attributes of its objects (N, 6, A), the true up axis first."""
    found = {
        category: np.array([attributes(build(category, recipe["parameters"])) for recipe in recipes(category)]) for category in BUILDERS
    }
    for category in sorted(MAKERS):
        made = [make(category, number) for number in range(EACH)]
        meshes = [Mesh(torch.from_numpy(np.array(one.vertices)), torch.from_numpy(np.array(one.faces, dtype=np.int64))) for one in made]
        found[category] = np.array([attributes(mesh) for mesh in meshes])
    return found


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
    found = sides()
    rows = judged(found)
    weights = dict(zip(ATTRIBUTES, (round(float(weight), 2) for weight in learnt(found)), strict=True))
    package = paths.ROOT / "src" / "renderfit" / "datasets"
    (package / "upright.json").write_text(json.dumps(weights, indent=1) + "\n")
    np.save(package / STORED, np.stack([built(word) for word in KNOWN]).astype(np.float16))
    alone = float(np.mean([row["alone"] / row["objects"] for row in rows]))
    together = float(np.mean([row["together"] for row in rows]))
    summary = {"categories": len(rows), "alone": round(alone, 3), "together": round(together, 3)}
    write_json(chosen.out, {"provenance": provenance([], []), "weights": weights, "summary": summary, "rows": rows})
    print(*rows, weights, summary, sep="\n")


if __name__ == "__main__":
    main()
