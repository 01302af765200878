"""What the refiner's weights reach on the test views: coordinates and normals from a noisy and from the exact start.

``python benchmarks/refiner.py`` writes ``results/refiner.json``. Needs the stages views and shape_space; masks are those of
the package's segmentation network. The figures are an evaluation: nothing was chosen by them. ``again`` repeats the
prediction from a rigid fit of the first one's coordinates; ``fit`` and ``known fit`` predict beside the fit of shape and pose, or of
shape, to the outline, as a registration does.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch

from renderfit import paths
from renderfit.datasets import load_split
from renderfit.datasets.views import load_view
from renderfit.geometry import Mesh, load_mesh
from renderfit.provenance import provenance
from renderfit.registration import register
from renderfit.rendering.photo import Subject
from renderfit.rendering.raster import rasterize
from renderfit.shapes import ShapeSpace
from renderfit.vision import estimate, load_network, load_refiner, segment
from renderfit.vision.refiner_files import PUBLISHED, description
from renderfit.vision.refiner_scores import pose_of, start_coordinates
from renderfit.vision.refiner_start import rays
from renderfit.vision.scores import intersection_over_union
from renderfit.whole import write_json


def true_normals(subject, view):
    """Return the normals (H, W, 3), camera frame, of the photographed surface."""
    rotation, shift = view.pose.rotation.numpy(), view.pose.translation.numpy()
    inside = subject.vertices @ rotation.T + shift
    fragments = rasterize(inside, subject.faces, view.camera, backend="cpu")
    face = np.maximum(fragments.face_id, 0)
    normals = np.einsum("hwk,hwkd->hwd", fragments.barycentrics, subject.normals[face]) @ rotation.T
    flip = np.where((normals * rays(view.camera)).sum(-1, keepdims=True) > 0, -1, 1)
    return flip * normals / np.maximum(np.linalg.norm(normals, axis=2, keepdims=True), 1e-9)


def judged(evidence, view, normals, start, mesh):
    """Return the scores of one prediction, medians over the pixels of the true mask that were predicted."""
    true = (rays(view.camera) * view.depth[..., None] - view.pose.translation.numpy()) @ view.pose.rotation.numpy()
    inside = view.mask & evidence.valid
    error = np.linalg.norm(evidence.coordinates - true, axis=2)[inside]
    copied, seen = start_coordinates(mesh, view.camera, start)
    stayed = np.linalg.norm(copied - true, axis=2)[inside]
    found = pose_of(evidence, view.camera, start)
    offset = found.apply(mesh.vertices.mean(0)) - view.pose.apply(mesh.vertices.mean(0))
    cosine = (evidence.normals * normals).sum(-1)[inside].clip(-1, 1)
    old = (seen * normals).sum(-1)[inside & (seen != 0).any(-1)].clip(-1, 1)
    return found, {
        "coordinates_mm": 1e3 * float(np.median(error)),
        "copied_mm": 1e3 * float(np.median(stayed)),
        "stated_mm": 1e3 * float(np.median(evidence.scale[inside])),
        "normals_degree": float(np.degrees(np.median(np.arccos(cosine)))),
        "copied_normals_degree": float(np.degrees(np.median(np.arccos(old)))) if len(old) else None,
        "rotation_degree": view.pose.angle_to(found),
        "start_rotation_degree": view.pose.angle_to(start),
        "offset_mm": 1e3 * float(offset.norm()),
        "iou": intersection_over_union(evidence.mask > 0.5, view.mask),
    }


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--weights", type=Path, default=PUBLISHED)
    options.add_argument("--out", type=Path, default=paths.RESULTS / "refiner.json")
    chosen = options.parse_args()
    torch.set_num_threads(1)
    network, unet, rows, spent = load_refiner(chosen.weights), load_network(), [], 0.0
    for category, split in load_split(paths.ARTIFACTS / "dataset" / "split.json").items():
        space = ShapeSpace.load(paths.ARTIFACTS / "shape_space" / category)
        model = space.model("rich")
        mesh = Mesh(torch.as_tensor(model.mean), torch.as_tensor(model.faces))
        for slot, name in split.test.items():
            subject = Subject.of(load_mesh(paths.ARTIFACTS / "dataset" / category / f"{name}.ply"))
            for folder in sorted((paths.ARTIFACTS / "views" / f"{category}-{slot}").iterdir()):
                view = load_view(folder)
                normals = true_normals(subject, view)
                names = {"category": category, "test": slot, "view": int(folder.name)}
                for exact, start in ((False, view.noisy_pose), (True, view.pose)):
                    mask = segment(view.image, unet, category, view.camera, start)
                    outline = register(view.image, space, view.camera, mask, start, not exact)

                    def predicted(kind, start, mesh, mask=mask, exact=exact, view=view, normals=normals, names=names):
                        evidence = estimate(view.image, view.camera, start, mesh, network, mask=mask, exact=exact)
                        found, row = judged(evidence, view, normals, start, mesh)
                        rows.append({**names, "start": kind, **row})
                        return found

                    begun = time.process_time()
                    if exact:
                        predicted("known", start, mesh)
                        predicted("known fit", start, outline.mesh)
                    else:
                        predicted("again", predicted("noise", start, mesh), mesh)
                        predicted("fit", outline.pose, outline.mesh)
                    spent += time.process_time() - begun
    about = description(chosen.weights)
    summary = {kind: medians([row for row in rows if row["start"] == kind]) for kind in dict.fromkeys(row["start"] for row in rows)}
    by_category = {
        c: medians([r for r in rows if r["start"] == "fit" and r["category"] == c]) for c in dict.fromkeys(r["category"] for r in rows)
    }
    found = {"sha256": about["sha256"], "training": {k: about[k] for k in ("steps", "seed", "command")}, "summary": summary}
    write_json(chosen.out, found | {"fit_by_category": by_category, "views": rounded(rows), "provenance": provenance()})
    print(json.dumps(summary, indent=1), f"{1e3 * spent / len(rows):.0f} ms of CPU a prediction and its scores")


def medians(rows):
    """Return the median of every figure over the rows that have it."""
    names = [name for name in rows[0] if isinstance(rows[0][name], float)]
    return rounded([{name: float(np.median([row[name] for row in rows if row[name] is not None])) for name in names}])[0]


def rounded(rows):
    """Return rows with floats to three digits."""
    return [{k: round(v, 3) if isinstance(v, float) else v for k, v in row.items()} for row in rows]


if __name__ == "__main__":
    main()
