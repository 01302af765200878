"""How often real objects are brought upright and to size: writes results/alignment.json.

    python benchmarks/alignment.py      # needs the meshes: RENDERFIT_MIRROR, or what `renderfit dataset download` fetched

On every bottle, camera and drill of the manifest: `renderfit.shapes.align` to one reference object from any rotation, unit and place;
the intake of a folder (`renderfit dataset align`), which has no reference, with the files as people have them (z up, y up, half of
each) and turned in any way, in mixed units; and the same in a folder whose name says nothing, so that the package's own objects of
that category are asked only where the shapes are alike. The frame of the manifest is the truth; headings are not scored, for many
bottles have none. Nothing was chosen on these objects: see `benchmarks/upright.py`.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
import torch
from scipy.spatial.transform import Rotation

from renderfit import paths
from renderfit.datasets import mirror, real
from renderfit.datasets.discover import discover
from renderfit.datasets.intake import take_in
from renderfit.datasets.orientation import CUBE
from renderfit.datasets.roles import choose
from renderfit.datasets.upright import turn_up
from renderfit.geometry import Mesh, save_mesh
from renderfit.provenance import provenance
from renderfit.shapes import align
from renderfit.shapes.clouds import frame
from renderfit.whole import write_json

UNITS = {"m": 1.0, "mm": 1e3, "cm": 1e2, "inch": 1 / 0.0254}
NAMELESS = "folder, name unknown"
FRAMES = ("z up", "y up", "z or y up", "turned")
UPRIGHT = 10.0
"""Degrees from the vertical up to which an object counts as upright."""


def moved(mesh: Mesh, turn: np.ndarray, scale: float, shift: np.ndarray) -> Mesh:
    """Return a mesh in another frame and unit."""
    return mesh.with_vertices(torch.from_numpy(scale * mesh.numpy()[0] @ turn.T + shift))


def tilt(turn: np.ndarray) -> float:
    """Return by how many degrees what was vertical no longer is."""
    return float(np.degrees(np.arccos(np.clip(turn[2, 2] / np.cbrt(abs(np.linalg.det(turn))), -1, 1))))


def to_reference(meshes: dict[str, Mesh], reference: str, rng: np.random.Generator) -> dict[str, float]:
    """Align every object, turned at random, to one of them."""
    wanted = frame(meshes[reference].numpy()[0])[1]
    tilts, ratios = [], []
    for name, mesh in meshes.items():
        if name == reference:
            continue
        turn = Rotation.random(random_state=rng).as_matrix()
        found = align(moved(mesh, turn, rng.choice(list(UNITS.values())), rng.normal(size=3)), meshes[reference])
        tilts.append(tilt(found.matrix[:3, :3] @ turn))
        ratios.append(frame(found.mesh.numpy()[0])[1] / wanted)
    within = np.array(tilts)
    return {
        "objects": len(tilts), "upright": int((within < UPRIGHT).sum()), "upside_down": int((within > 180 - UPRIGHT).sum()),
        "size_ratio_low": round(min(ratios), 3), "size_ratio_high": round(max(ratios), 3),
    }  # fmt: skip


def taken_in(category: str, meshes: dict[str, Mesh], frames: str, rng: np.random.Generator) -> dict[str, float]:
    """Take in a folder of them, called `category`; "turned": most as one tool exports them, a third in another way and in other units."""
    with tempfile.TemporaryDirectory() as folder:
        common, done = int(rng.integers(24)), {}
        about = [turn for turn in CUBE if turn[2, 2] == 1][int(rng.integers(4))]
        for number, (name, mesh) in enumerate(meshes.items()):
            own = frames == "turned" and rng.random() < 1 / 3
            unit = str(rng.choice(list(UNITS))) if own else "mm"
            turn = CUBE[int(rng.integers(24)) if own else common]
            if frames != "turned":
                lies = frames == "y up" or (frames == "z or y up" and number % 2)
                turn = (turn_up("y").T if lies else np.eye(3)) @ about
            save_mesh(moved(mesh, turn, UNITS[unit], np.zeros(3)), Path(folder) / category / f"{name}.ply")
            done[name] = (turn, unit)
        found = take_in(category, discover(Path(folder))[category])
    right = {name: (tilt(one.turn @ done[name][0]), one.size.unit == done[name][1]) for name, one in found.taken.items()}
    angles = np.array([angle for angle, _ in right.values()])
    return {
        "frames": frames, "objects": len(meshes), "taken": len(right), "upright": int((angles < UPRIGHT).sum()),
        "upside_down": int((angles > 180 - UPRIGHT).sum()), "guess": not found.up.sure, "unit": sum(same for _, same in right.values()),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--out", type=Path, default=paths.RESULTS / "alignment.json")
    chosen = parser.parse_args()
    source, rows = real.Open("any"), []
    for category in real.MESHES:
        meshes = {name: source.mesh(category, name) for name in source.names(category)}
        reference = choose(category, meshes, source.origin).canonical
        for seed in range(chosen.repeats):
            rng = np.random.default_rng(seed)
            rows.append({"category": category, "seed": seed, "way": "to a reference", **to_reference(meshes, reference, rng)})
            for way, named in (("folder", category), (NAMELESS, "things")):
                for frames in FRAMES:
                    rng = np.random.default_rng(seed)
                    rows.append({"category": category, "seed": seed, "way": way, **taken_in(named, meshes, frames, rng)})
            print(*rows[-1 - 2 * len(FRAMES) :], sep="\n", flush=True)
    write_json(chosen.out, {"provenance": {"mirror": mirror.fingerprint(), **provenance([], ["dataset"])}, "rows": rows})


if __name__ == "__main__":
    main()
