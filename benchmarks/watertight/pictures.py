"""Pictures of what each tool makes of two inputs: ``python benchmarks/watertight/pictures.py``.

Writes compare-<input>.png beside itself; a peer that is not installed, or that returns nothing, is left out.
"""

from __future__ import annotations

import importlib.util
import logging
from pathlib import Path

import numpy as np
import torch
from compare import TOOLS
from inputs import inputs

from renderfit.geometry import Mesh
from renderfit.plotting.watertight import row

HERE = Path(__file__).parent
SHOWN = {"camera": "camera compact (recipe)", "bottle": "bottle beer (recipe)"}


def main() -> None:
    logging.basicConfig(level=logging.ERROR)
    meshes = dict(inputs())
    for short, name in SHOWN.items():
        shown = {"input": meshes[name]}
        for tool, (module, call) in TOOLS.items():
            if importlib.util.find_spec(module):
                vertices, faces = (np.array(part) for part in call(*meshes[name].numpy()))
                if len(faces):
                    title = tool.partition(" (")[0]
                    shown[title] = Mesh(torch.as_tensor(vertices.astype(float)), torch.as_tensor(faces.astype(np.int64)))
        row(list(shown.values()), list(shown), size=260).savefig(HERE / f"compare-{short}.png", dpi=110)


if __name__ == "__main__":
    main()
