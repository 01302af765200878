"""The columns of Table 1: what each method gets of a view, and how it runs."""

from __future__ import annotations

import dataclasses
import functools
import logging
from collections.abc import Callable
from typing import Any

from renderfit import config, paths
from renderfit.datasets import load_split
from renderfit.datasets.views import View
from renderfit.errors import DataError
from renderfit.evaluation.instance import Instance, depth_cloud
from renderfit.geometry import Pose
from renderfit.registration import Registration, deepcpd, register, register_pointcloud
from renderfit.vision import load_network, segment

NO_MASK = "the network found no {} in the photograph; expected one: train it longer"
_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Method:
    """A column: the function that runs it, and what it depends on beside the views and the shape space.

    Attributes
    ----------
    run : callable
        (instance, view, mask of the pipeline's network, that network, start pose, noise, seed) -> Registration.
    sections : tuple of str
        Sections of params.yaml.
    networks : tuple of str
        Stages whose networks it sees the photograph through; "published": the one that comes with the package.
    """

    run: Callable[[Instance, View, Any, Any, Pose, bool, int], Registration]
    sections: tuple[str, ...]
    networks: tuple[str, ...] = ("unet",)


def _cls(instance: Instance, view: View, _mask: Any, _network: Any, pose: Pose, _noise: bool, seed: int) -> Registration:
    return register_pointcloud(depth_cloud(view, seed), instance.space, pose, optimise_pose=False, method="released")


def _cls_pose(instance: Instance, view: View, _mask: Any, _network: Any, pose: Pose, noise: bool, seed: int) -> Registration:
    return register_pointcloud(depth_cloud(view, seed), instance.space, pose, optimise_pose=noise, method="front")


def _image(**options: Any) -> Callable[..., Registration]:
    def run(instance: Instance, view: View, mask: Any, network: Any, pose: Pose, noise: bool, _seed: int) -> Registration:
        chosen = view.mask if options.get("true_mask") else mask
        if chosen is None:
            raise DataError(NO_MASK.format(instance.category))
        extra = {name: entry for name, entry in options.items() if name != "true_mask"}
        return register(view.image, instance.space, view.camera, chosen, pose, noise, network=network, **extra)

    return run


def _paper_mask(instance: Instance, view: View, mask: Any, network: Any, pose: Pose, noise: bool, seed: int) -> Registration:
    return _image(method="paper", config=config.section(config.Paper).by_mask())(instance, view, mask, network, pose, noise, seed)


def _published(instance: Instance, view: View, _mask: Any, _network: Any, pose: Pose, noise: bool, _seed: int) -> Registration:
    mask = segment(view.image, _package(), instance.category, view.camera, pose)
    return register(view.image, instance.space, view.camera, mask, pose, noise)


def _deepcpd(instance: Instance, view: View, mask: Any, _network: Any, pose: Pose, noise: bool, _seed: int) -> Registration:
    if mask is None:
        raise DataError(NO_MASK.format(instance.category))
    return deepcpd.register_deepcpd(view.image, instance.space, view.camera, mask, pose, _displacements(paths.ARTIFACTS / "deepcpd"), noise)


_displacements = functools.lru_cache(maxsize=1)(deepcpd.load)
_package = functools.lru_cache(maxsize=1)(load_network)


METHODS = {
    "cls": Method(_cls, ("cls",), ()),
    "cls_pose": Method(_cls_pose, ("cls",), ()),
    "deepcpd": Method(_deepcpd, ("deepcpd",), ("unet", "deepcpd")),
    "paper": Method(_image(method="paper"), ("paper",)),
    "paper_mask": Method(_paper_mask, ("paper",)),
    "ours": Method(_image(method="ours"), ("ours",)),
    "ours_published": Method(_published, ("ours",), ("published",)),
    "ours_pca": Method(_image(method="ours", model="nearest"), ("ours",)),
    "ours_mask": Method(_image(method="ours", true_mask=True), ("ours",), ()),
}
"""Column of Table 1 -> how it runs. `cls` and `deepcpd` keep the (noisy) pose, as in the paper; `paper_mask` is the paper's descent on the
masks instead of features; `ours_published` gets the mask of the network that comes with the package, `ours_mask` the true one."""


def methods_for(instance: Instance) -> tuple[str, ...]:
    """Return the methods that can answer for this instance.

    All, but DeepCPD only where it was trained on the category's meshes, and the network of the package only for categories it knows.
    """
    known = [name for name in METHODS if name != "ours_published" or instance.category in _package().categories]
    split = load_split(paths.ARTIFACTS / "dataset" / "split.json")[instance.category]
    meshes = [paths.ARTIFACTS / "dataset" / instance.category / f"{name}.ply" for name in split.train]
    if deepcpd.trained_on(paths.ARTIFACTS / "deepcpd", instance.category, meshes):
        return tuple(known)
    reason = "no column DeepCPD: the network was not trained on these meshes of category %s; set deepcpd.weights: train"
    _log.warning(reason, instance.category)
    return tuple(name for name in known if name != "deepcpd")
