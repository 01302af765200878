"""How far predicted coordinates and normals should be believed: registrations of left-out training instances.

``python benchmarks/solver_choice.py`` writes ``results/solver_choice.json``: vertex distance over the 5-D latent floor,
known pose and pose noise, for evidence of two qualities and every trust. The network has seen the training
instances, so its own predictions on them would be too good to choose by: the evidence is the truth with errors added
that are correlated like a network's (`renderfit.evaluation.oracle`), "fair" as a well trained network makes them, "weak" about as
large as those of the published weights. One thing differs: a weak network's error leans towards the start it was shown, the drawn
one does not; that is why params.yaml holds a wide common error. Masks come from the same evidence. Test instances are not touched.
"""

import argparse
import json
import logging
import zlib

import numpy as np
import torch
from left_out import left_out

from renderfit import config, paths
from renderfit.evaluation import vertex_error
from renderfit.evaluation.oracle import Errors, degraded, oracle
from renderfit.provenance import provenance
from renderfit.registration import Prior, SolverConfig, register
from renderfit.registration.terms import Trust
from renderfit.shapes.full_fit import fit_full
from renderfit.whole import write_json

QUALITIES = {"fair": Errors(), "weak": Errors(turn=13.0, shift=0.014, wave=0.011, tilt=8.0, bend=18.0, edge=2.5)}
TRUSTS = {
    "mask only": Trust(coordinates=0.0, normals=0.0),
    "coordinates 5": Trust(coordinates=5.0, normals=0.0),
    "coordinates 15": Trust(coordinates=15.0, normals=0.0),
    "coordinates 15, common error 11 degrees and 15 mm": Trust(coordinates=15.0, normals=0.0, turn=0.2, shift=0.015),
    "coordinates 15, normals 10": Trust(),
    "coordinates 15, normals 10, common error 11 degrees and 15 mm": Trust(turn=0.2, shift=0.015, tilt=0.15),
}


def cases(indices, views):
    """Yield (space, view, full mesh, floor [m], truth, seed) for photographs of left-out training instances."""
    for category in config.section(config.Dataset).categories:
        for index in indices:
            for number, (space, view, reference, _) in enumerate(left_out(category, index, views)):
                floor = vertex_error(fit_full(reference, space.model("pca")).mesh, reference).mean
                yield space, view, reference, floor, oracle(view, reference), zlib.crc32(f"{category}/{index}/{number}".encode())


def score(case, quality, trust, prior, noise):
    """Return (v2v / floor, placed v2v / floor, degrees left, millimetres left) of one registration."""
    space, view, reference, floor, truth, seed = case
    seen = degraded(truth, QUALITIES[quality], seed)
    start = view.noisy_pose if noise else view.pose
    used = seen if TRUSTS[trust].coordinates > 0 else None
    settings = SolverConfig(Prior(prior), trust=TRUSTS[trust])
    fit = register(view.image, space, view.camera, seen.mask, start, noise, model="rich", config=settings, evidence=used)
    back = fit.mesh.with_vertices(view.pose.inverse().apply(fit.pose.apply(fit.mesh.vertices.double())))
    left = 1e3 * float((fit.pose.translation - view.pose.translation).norm())
    return (
        vertex_error(fit.mesh, reference).mean / floor,
        vertex_error(back, reference).mean / floor,
        fit.pose.angle_to(view.pose),
        left,
    )


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--left-out", type=int, nargs="+", default=[2, 6])
    options.add_argument("--views", type=int, default=1)
    options.add_argument("--priors", type=float, nargs="+", default=[10.0])
    chosen = options.parse_args()
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    prepared = list(cases(chosen.left_out, chosen.views))
    rows = []
    for quality in QUALITIES:
        for prior in chosen.priors:
            for trust in TRUSTS:
                for noise in (False, True):
                    found = np.array([score(case, quality, trust, prior, noise) for case in prepared])
                    row = {"evidence": quality, "trust": trust, "prior": prior, "pose": "noise" if noise else "known", "runs": len(found)}
                    names = ("ratio", "placed_ratio", "rotation_left_deg", "translation_left_mm")
                    rows.append(row | {name: round(float(mean), 4) for name, mean in zip(names, found.mean(axis=0), strict=True)})
                    print(json.dumps(rows[-1]), flush=True)
    write_json(paths.RESULTS / "solver_choice.json", {"rows": rows, "provenance": provenance()})


if __name__ == "__main__":
    main()
