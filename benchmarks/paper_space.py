"""The paper's five-dimensional space, three ways: writes ``results/paper_space.json``.

    python benchmarks/paper_space.py

Photographs of training instances left out of their spaces, with the masks of the package's segmentation network (which has seen these
instances) and with true ones: the space fitted to the outline ("pca"), the shape of the space nearest to the answer of the richer
model ("nearest"), and the same by least squares from vertex to vertex, without looking for the nearest surface ("projected").
Means of the vertex distance over the 5-D latent floor, in the object's frame and placed. Test instances are not touched. Needs
the artifacts up to the stage shape_space.
"""

import argparse
import json
import logging

import numpy as np
import torch
from left_out import left_out

from renderfit import config, paths
from renderfit.evaluation import vertex_error
from renderfit.provenance import provenance
from renderfit.registration import register
from renderfit.shapes.full_fit import fit_full
from renderfit.vision import load_network, segment


def answers(view, space, mask, noise):
    """Yield (name, mesh, pose) of every way."""
    start = view.noisy_pose if noise else view.pose
    found = {name: register(view.image, space, view.camera, mask, start, noise, model=name) for name in ("pca", "rich", "nearest")}
    yield from ((name, one.mesh, one.pose) for name, one in found.items())
    few, rich = space.model("pca"), found["rich"]
    moved = (rich.mesh.numpy()[0] - few.mean).reshape(-1)
    latent = np.linalg.lstsq(few.basis.reshape(few.size, -1).T, moved, rcond=None)[0]
    yield "projected", few.decode(latent), rich.pose


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--views", type=int, default=4, help="of each instance")
    options.add_argument("--left-out", type=int, nargs="+", default=[2, 6], help="training instances")
    chosen = options.parse_args()
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    network, found = load_network(), {}
    for category in config.section(config.Dataset).categories:
        for index in chosen.left_out:
            for space, view, reference, _ in left_out(category, index, chosen.views):
                floor = vertex_error(fit_full(reference, space.model("pca")).mesh, reference).mean
                for noise in (False, True):
                    seen = segment(view.image, network, category, view.camera, view.noisy_pose if noise else view.pose)
                    for masks, mask in (("published", seen), ("true", view.mask)):
                        for name, mesh, pose in answers(view, space, mask, noise):
                            back = mesh.with_vertices(view.pose.inverse().apply(pose.apply(mesh.vertices.double())))
                            ratios = [vertex_error(one, reference).mean / floor for one in (mesh, back)]
                            found.setdefault((name, masks, "noise" if noise else "known"), []).append(ratios)
    rows = []
    for (name, masks, pose), ratios in found.items():
        object_frame, placed = np.mean(ratios, axis=0)
        rows.append({"way": name, "masks": masks, "pose": pose, "runs": len(ratios), "ratio": object_frame, "placed_ratio": placed})
        rows[-1] = {key: round(float(value), 4) if isinstance(value, float) else value for key, value in rows[-1].items()}
        print(json.dumps(rows[-1]), flush=True)
    (paths.RESULTS / "paper_space.json").write_text(json.dumps({"rows": rows, "provenance": provenance()}, indent=1) + "\n")


if __name__ == "__main__":
    main()
