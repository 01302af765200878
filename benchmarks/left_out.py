"""Photographs of training instances that their shape space has not seen: what the benchmarks choose values on, never test instances."""

import torch

from renderfit import config, paths
from renderfit.datasets import load_split
from renderfit.datasets.views import sample_view, seed_of
from renderfit.evaluation import vertex_error
from renderfit.geometry import Camera, load_mesh
from renderfit.rendering.photo import Subject
from renderfit.shapes import ShapeSpace


def left_out(category, index, views):
    """Yield (space without the instance, view, full mesh, error [m] of the mean shape) for photographs of a training instance."""
    split = load_split(paths.ARTIFACTS / "dataset" / "split.json")[category]
    name = split.train[index]
    space = ShapeSpace.load(paths.ARTIFACTS / "shape_space" / category).without(index)
    reference = load_mesh(paths.ARTIFACTS / "watertight" / category / f"{name}.ply")
    lens, band = config.section(config.CameraSection), config.section(config.Views)
    subject = Subject.of(load_mesh(paths.ARTIFACTS / "dataset" / category / f"{name}.ply"))
    model = space.model("pca")
    mean = vertex_error(model.decode(torch.zeros(model.size, dtype=torch.float64)), reference).mean
    for number in range(views):
        view = sample_view(subject, Camera.centred(lens.size, lens.focal), seed_of("rates", category, name, number), band, lens.distance)
        yield space, view, reference, mean
