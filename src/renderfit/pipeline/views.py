"""Stage views: photographs of every test instance from random poses, with masks and noisy starts."""

from __future__ import annotations

from pathlib import Path

from renderfit import config, paths
from renderfit.pipeline.catalogue import mesh_path, splits
from renderfit.pipeline.fanout import fan_out
from renderfit.whole import whole_folder


def run() -> None:
    """Write ``artifacts/views/<category>-<test>/<k>/`` for every test instance."""
    with whole_folder(paths.ARTIFACTS / "views") as part:
        tasks = [
            (mesh_path("dataset", category, name), f"{category}-{slot}", part)
            for category, split in splits().items()
            for slot, name in split.test.items()
        ]
        fan_out(shoot, tasks, "test views")


def shoot(source: Path, name: str, folder: Path) -> None:
    """Take all views of one test instance: its original surface and colours, backgrounds that training never sees among others.

    Raises
    ------
    DataError
        If the object does not fit into the pictures.
    """
    from renderfit.datasets.framing import require_in_frame
    from renderfit.datasets.views import sample_view, save_view, seed_of
    from renderfit.geometry import Camera, load_mesh
    from renderfit.rendering.photo import Subject

    lens, band = config.section(config.CameraSection), config.section(config.Views)
    camera = Camera.centred(lens.size, lens.focal)
    mesh = load_mesh(source, check_unit=True)
    require_in_frame({f"{name} ({source.stem})": mesh})
    subject = Subject.of(mesh)
    for index in range(band.count):
        view = sample_view(subject, camera, seed_of(band.seed, name, index), band, lens.distance)
        save_view(view, folder / name / str(index))
