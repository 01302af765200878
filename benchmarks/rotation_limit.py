"""What an outline says about rotation, and what keeps a registration from knowing it: the shape that is estimated beside it.

``python benchmarks/rotation_limit.py`` writes ``results/rotation_limit.json``: registrations under pose noise of photographs of
training instances left out of the shape space, by category: degrees and millimetres left and what the posterior expects
(its standard deviation), vertex distance over the 5-D latent floor in the object's frame and placed. The same with the true
shape instead of the shape space, and with the shape estimated again at the true rotation. Axes are the camera's: about x the object
tilts away from the image plane, about z it turns within. Test instances are not touched.
"""

import argparse
import json
import logging

import numpy as np
import torch
from refiner_choice import cases

from renderfit import config, paths
from renderfit.evaluation import vertex_error
from renderfit.geometry import Pose
from renderfit.provenance import provenance
from renderfit.registration import Prior, SolverConfig, ours, twist
from renderfit.registration.columns import Columns
from renderfit.registration.objective import View
from renderfit.registration.terms import Trust
from renderfit.whole import write_json

HELD = 0.02
"""Standard deviation [rad] of a rotation that is given."""
WEIGHTS = {"true mask": 1.0, "published mask": 2.0}
"""Fixed weights of the prior, by kind of mask."""


def run(case, columns, mask, start, prior):
    """Return the scores of one registration; `columns` of one shape only: that shape is known."""
    space, view, reference, floor, _ = case
    solved = ours.solve(columns, [View(view.camera, np.asarray(mask, np.float64), start)], True, SolverConfig(prior, trust=Trust(0.0, 0.0)))
    rotation, translation = solved.state.placed(0)
    spin = slice(columns.count, columns.count + 3)
    turned = rotation @ twist.right_jacobian(solved.x[spin])
    expected = np.sqrt(np.diag(turned @ solved.covariance[spin, spin] @ turned.T))
    left = twist.rotation_vector(view.pose.rotation.numpy() @ rotation.T)
    mesh = reference if not columns.basis.any() else space.canonical.with_vertices(torch.as_tensor(solved.state.vertices))
    pose = Pose.from_parts(torch.as_tensor(rotation), torch.as_tensor(translation))
    back = mesh.with_vertices(view.pose.inverse().apply(pose.apply(mesh.vertices.double())))
    ratios = [vertex_error(one, reference).mean / floor for one in (mesh, back)]
    return [*np.degrees(left), *np.degrees(expected), 1e3 * np.linalg.norm(view.pose.translation.numpy() - translation), *ratios]


def variants(case):
    """Yield (name, scores) of one photograph."""
    space, view, reference, _, (_, mask) = case
    vertices, faces = reference.numpy()
    free = Columns.of_space(space, "rich")
    known = Columns(np.ascontiguousarray(vertices, np.float64), np.zeros((len(vertices), 3, 1)), np.ascontiguousarray(faces), {})
    for name, seen in (("true mask", view.mask), ("published mask", mask)):
        weight = WEIGHTS[name]
        yield name, run(case, free, seen, view.noisy_pose, Prior(weight))
        yield f"{name}, shape known", run(case, known, seen, view.noisy_pose, Prior(weight))
        start = Pose.from_parts(view.pose.rotation, view.noisy_pose.translation)
        yield f"{name}, rotation known", run(case, free, seen, start, Prior(weight, rotation=HELD))


def summary(found):
    """Return medians of degrees and millimetres, root mean squares by axis, means of ratios of (N, 9) scores."""
    values = {"runs": len(found), "rotation_left_deg": np.median(np.linalg.norm(found[:, :3], axis=1))}
    values |= {"expected_deg": np.median(np.linalg.norm(found[:, 3:6], axis=1)), "translation_left_mm": np.median(found[:, 6])}
    values |= {f"{axis}_rms_deg": np.sqrt((found[:, k] ** 2).mean()) for k, axis in enumerate("xyz")}
    values |= {f"{axis}_expected_deg": np.sqrt((found[:, 3 + k] ** 2).mean()) for k, axis in enumerate("xyz")}
    values |= {"ratio": found[:, 7].mean(), "placed_ratio": found[:, 8].mean()}
    return {name: value if isinstance(value, int) else round(float(value), 3) for name, value in values.items()}


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--views", type=int, default=4, help="of each instance")
    chosen = options.parse_args()
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    names, found = [], {}
    for number, case in enumerate(cases(chosen.views)):
        names.append(config.section(config.Dataset).categories[number // (2 * chosen.views)])
        for name, scores in variants(case):
            found.setdefault(name, []).append(scores)
    rows = []
    for name, scores in found.items():
        parts = {"all": np.array(scores)} | {c: np.array([s for s, n in zip(scores, names, strict=True) if n == c]) for c in names}
        rows += [{"given": name, "category": part} | summary(values) for part, values in parts.items()]
        print(json.dumps(rows[-len(parts)]), flush=True)
    write_json(paths.RESULTS / "rotation_limit.json", {"rows": rows, "provenance": provenance()})


if __name__ == "__main__":
    main()
