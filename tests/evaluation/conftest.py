"""Synthetic run records with known means."""

import numpy as np
import pytest

LEVELS = {"ground_truth": 5.0, "latent_floor": 4.0, "cls": 6.0, "paper": 9.0, "ours": 5.5}


@pytest.fixture
def make_records():
    def make(categories=("bottle", "drill"), views=4):
        generator = np.random.default_rng(3)
        found = []
        for category in categories:
            for instance in ("t1", "t2"):
                for method, level in LEVELS.items():
                    single = method in ("ground_truth", "latent_floor")
                    for pose in ("known",) if single else ("known", "noise"):
                        for view in range(1 if single else views):
                            scale = level * (4.0 if (method, pose) == ("cls", "noise") else 1.0) + 0.1 * float(generator.standard_normal())
                            placed = None if single or pose == "known" else scale + 1.0
                            found.append(
                                {
                                    "category": category,
                                    "instance": instance,
                                    "method": method,
                                    "pose": pose,
                                    "view": view,
                                    "seed": 7 + view,
                                    "v2v_mm": scale,
                                    "mean_square_mm2": scale**2,
                                    "v2s_mm": 0.8 * scale,
                                    "placed_v2v_mm": placed,
                                    "placed_mean_square_mm2": placed and placed**2,
                                    "rotation_left_deg": None if placed is None else 2.0,
                                    "translation_left_mm": None if placed is None else 9.0,
                                    "failed": False,
                                    "renders": 0 if single else 30,
                                    "provenance": {"code": "c", "data": category},
                                }
                            )
        return found

    return make
