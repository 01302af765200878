"""What params.yaml may say: one dataclass a section, read by `renderfit.config`.

Every field carries its unit, its range and, where there is one, the section of the paper that states it.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

from renderfit.errors import ConfigError


def value(default: Any, *, low: float | None = None, high: float | None = None, unit: str = "", about: str = "") -> Any:
    """Declare a parameter: default, inclusive range, unit and what it is."""
    metadata = {"low": low, "high": high, "unit": unit, "about": about}
    if isinstance(default, list):
        return dataclasses.field(default_factory=lambda: list(default), metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def require_halvings(levels: int, **sides: int) -> None:
    """Raise a `ConfigError` unless the sides of windows [px] can be halved between the levels of a network."""
    stride = 2 ** (levels - 1)
    for name, side in sides.items():
        if side % stride:
            raise ConfigError(
                f"{name} is {side} px; expected a multiple of {stride}: a network of {levels} levels halves it {levels - 1} times"
            )


@dataclass(frozen=True)
class Dataset:
    """Which objects (section 4.1)."""

    source: str = value("default", about="default | open | drills | deepcpd | path of a folder of meshes")
    categories: list[str] = value(["bottle", "camera", "drill", "spray"])
    licence: Literal["clear", "stated", "any"] = value("stated", about="open: how clear a mesh's licence has to be to be used")
    instances: int = value(13, low=4, about="instances per category: canonical, at least two to train on, T1, T2")


@dataclass(frozen=True)
class Watertight:
    """ManifoldPlus (section 4.1)."""

    depth: int = value(7, low=4, high=10, about="cells along the longest side: 2^depth / 1.39")
    seal: int = value(-1, low=-1, high=128, unit="cells", about="holes up to twice this are closed; -1: as many as needed")
    ratio: float = value(0.01, low=1e-4, high=1.0, about="refinement threshold / edge length")
    vertices: int = value(3300, low=100, about="vertex budget of the mesh that registration uses")


@dataclass(frozen=True)
class ShapeSpace:
    """Coherent Point Drift and the latent space (section 3.2)."""

    points: int = value(1000, low=50, about="points per cloud in CPD")
    beta: float = value(0.3, low=0.01, high=10, unit="RMS radius", about="width of the deformation kernel")
    lam: float = value(5.0, low=0.01, high=1e4, about="weight of smoothness")
    outliers: float = value(0.1, low=0.0, high=0.9, about="weight of the uniform component")
    iterations: int = value(80, low=1, high=1000)
    tolerance: float = value(1e-5, low=0.0)
    components: int = value(5, low=1, high=50, about="latent dimensions (paper: 5)")
    rich_components: int = value(10, low=1, high=100, about="richer model: principal components of the symmetric fields")
    rich_scale: float = value(0.1, low=0, high=1, about="standard deviation of the stretch along each axis")
    rich_shift: float = value(0.01, low=0, high=1, unit="m", about="standard deviation of a shift across no mirror plane")
    rich_local: int = value(60, low=0, high=1000, about="columns of the localised sample covariance")
    rich_length: float = value(0.5, low=0.01, high=10, unit="RMS radius", about="distance over which it fades")
    rich_landmarks: int = value(350, low=20, high=5000, about="points of the Nystroem method that finds its columns")
    rich_iterated: int = value(1, low=0, high=10, about="rounds of registration with the model of the other instances")
    fine_smooth: int = value(40, low=0, high=1000, about="model fine: columns of a smooth field beside those of the richer model")
    fine_smooth_scale: float = value(0.05, low=1e-6, high=1, unit="RMS radius", about="its standard deviation")
    fine_smooth_length: float = value(0.35, low=0.01, high=10, unit="RMS radius", about="its length")
    fine_profile: int = value(0, low=0, high=100, about="model fine: bands of height that widen by rich_scale")
    surface: Literal["pca", "rich", "fine"] = value(
        "fine", about="model fitted to a surface seen in whole or in part; the model of registrations from pictures is ours.model"
    )
    seed: int = value(0)


@dataclass(frozen=True)
class CameraSection:
    """The camera of all synthetic views."""

    size: int = value(256, low=32, high=4096, unit="px")
    focal: float = value(420.0, low=1, unit="px")
    distance: float = value(0.7, low=0.05, unit="m")


@dataclass(frozen=True)
class Views:
    """Test views and the pose noise (section 4.3)."""

    count: int = value(8, low=1, about="views per test instance")
    elevation_low: float = value(10.0, low=-90, high=90, unit="degree")
    elevation_high: float = value(55.0, low=-90, high=90, unit="degree")
    noise_xy: float = value(0.05, low=0, unit="m", about="uniform +-, x and y of the camera frame")
    noise_rotation: float = value(15.0, low=0, high=180, unit="degree", about="uniform +-, each axis")
    seed: int = value(7)


@dataclass(frozen=True)
class UNet:
    """Semantic segmentation (section 3.3.1)."""

    weights: Literal["train", "published"] = value("train", about="trained by the stage unet, or those of the package, trained longer")
    size: int = value(128, low=32, unit="px", about="side of the windows that follow the small ones")
    fine_size: int = value(192, low=32, unit="px", about="side of the windows training ends with, and of those the network sees when used")
    fine_steps: int = value(0, low=0, about="steps at that size, of all; 0: training ends with, and the network sees, windows of `size`")
    width: int = value(12, low=4, high=128, about="channels of the first level")
    levels: int = value(5, low=2, high=6)
    small_size: int = value(64, low=32, unit="px", about="side of the windows training starts with")
    small_steps: int = value(700, low=0, about="steps at that size, of all")
    steps: int = value(1100, low=1)
    batch: int = value(16, low=1)
    rate: float = value(
        4e-3, low=1e-6, high=1.0, about="highest rate of AdamW, five times that for kernels (Muon); it rises and falls once"
    )
    reuse: int = value(4, low=1, high=16, about="how often a painted picture is shown, each time recoloured")
    painters: int = value(2, low=0, high=64, about="worker processes that paint; never changes a result")
    threads: int = value(1, low=1, high=256, about="threads of the training itself; another number changes the last bits of results")
    precision: Literal["auto", "float32", "bfloat16"] = value("auto", about="auto: bfloat16 where it is faster")
    save_every: int = value(200, low=1, unit="steps", about="how often a state to resume from is written")
    calibrated: int = value(40, low=0, about="photographs by which masks are made as large as the objects; 0: none")
    seed: int = value(0)

    def __post_init__(self) -> None:
        require_halvings(self.levels, size=self.size, fine_size=self.fine_size, small_size=self.small_size)

    @property
    def window(self) -> int:
        """Side of the window the trained network sees [px]."""
        return self.fine_size if self.fine_steps else self.size


@dataclass(frozen=True)
class Refiner:
    """Object coordinates, confidence, normals and mask, given a start."""

    weights: Literal["published", "train"] = value(
        "published", about="those of the package, or trained by the stage unet (hours, with its fits)"
    )
    size: int = value(64, low=32, high=128, unit="px", about="side of the window the network sees")
    width: int = value(16, low=4, high=128, about="channels of the first level; those of the package's U-Net take over its layers")
    levels: int = value(5, low=2, high=6)
    steps: int = value(2400, low=1)
    batch: int = value(32, low=1)
    rate: float = value(4e-3, low=1e-6, high=1.0, about="highest rate, of AdamW's part; kernels of hidden layers take five times that")
    cooling: float = value(0.4, low=0.0, high=1.0, about="last part of the steps, over which the rate falls to zero")
    chunks: int = value(60, low=1, about="hundreds of photographs painted, each shown with many starts")
    fits: float = value(0.65, low=0.0, high=1.0, about="part of the starts that are fits to the outline; 0: none are made")
    checked: int = value(64, low=1, high=100, about="photographs of validation")
    left_out: list[int] = value([3, 7], about="instances of every category that are not trained on: the curves are theirs")
    painters: int = value(1, low=0, high=64, about="worker processes that paint; never changes a result")
    threads: int = value(1, low=1, high=256, about="threads of the training itself; another number changes the last bits of results")
    precision: Literal["auto", "float32", "bfloat16"] = value("auto", about="auto: bfloat16 where it is faster")
    save_every: int = value(200, low=1, unit="steps", about="how often a state is written and scores are taken")
    seed: int = value(0)

    def __post_init__(self) -> None:
        require_halvings(self.levels, size=self.size)

    @property
    def painted(self) -> int:
        """Hundreds of photographs that are painted: one more for validation where no instance is left out."""
        return self.chunks + (not self.left_out)


@dataclass(frozen=True)
class Paper:
    """The paper's registration (sections 4.2 and 4.3)."""

    momentum: float = value(0.9, low=0, high=0.9999)
    decay: float = value(0.95, low=0.1, high=1.0, about="learning rate factor per iteration")
    iterations: int = value(30, low=1, about="at most (section 4.2)")
    shape_rate: float = value(
        0.01, low=0, about="for a loss divided by its value at the start; unstated, as the other rates (benchmarks/paper_sensitivity.py)"
    )
    rotation_rate: float = value(0.05, low=0, unit="rad^2", about="relative to shape_rate; unstated")
    translation_rate: float = value(1.5e-3, low=0, unit="m^2", about="relative to shape_rate; unstated")
    pose_every: int = value(3, low=1, about="shape updates per pose update (section 4.3)")
    plateau: float = value(1e-3, low=0, about="relative change that ends the iteration; unstated")
    gradient: Literal["paper", "screen", "screen_dilated", "edge"] = value("screen_dilated")
    loss: Literal["features", "mask"] = value("features")
    mask_shape_rate: float = value(0.3, low=0, about="shape_rate of the column with the mask loss; unstated")
    width: int = value(128, low=16, high=1024, unit="px", about="side of the square images compared; unstated")
    margin: float = value(1.6, low=1.0, high=10.0, about="side of the window compared over the longer side of the mask's box; unstated")

    def by_mask(self) -> Paper:
        """Return the settings of the descent on masks: another loss needs another rate."""
        return dataclasses.replace(self, loss="mask", shape_rate=self.mask_shape_rate)


@dataclass(frozen=True)
class Ours:
    """Levenberg-Marquardt on image residuals."""

    prior: float = value(5.0, low=0, about="weight of |z|^2, the variance of the image residuals, in the first fit")
    correlation: float = value(10.0, low=0, unit="px", about="length of outline over which errors of a mask go together, for the last fit")
    correlation_known: float = value(40.0, low=0, unit="px", about="the same at a known pose; both chosen by benchmarks/prior_weight.py")
    prior_evidence: float = value(30.0, low=0, about="weight where coordinates and normals are handed over")
    rotation: float = value(0.15, low=1e-6, unit="rad", about="standard deviation of the start pose: rotation about each axis")
    across: float = value(0.03, low=1e-6, unit="m", about="the same: translation across the view")
    along: float = value(0.003, low=1e-6, unit="m", about="the same: translation along the view")
    coordinates: float = value(15.0, low=0, about="predicted coordinates of a view are worth so many independent pixels; 0: not used")
    normals: float = value(0.0, low=0, about="the same for predicted normals")
    turn: float = value(0.25, low=1e-6, unit="rad", about="standard deviation of the coordinates' common error: rotation")
    shift: float = value(0.015, low=1e-6, unit="m", about="the same: translation")
    tilt: float = value(0.15, low=1e-6, unit="rad", about="standard deviation of the normals' common error")
    spread: float = value(0.3, low=1e-6, unit="rad", about="standard deviation of a predicted normal")
    shading: float = value(0.0, low=0, about="brightness inside the outline is worth so many independent pixels; 0: not used")
    uneven: float = value(0.06, low=1e-6, about="standard deviation of a pixel's brightness, relative to its material's")
    robust: float = value(
        0.0, low=0, high=1, about="share of full contrast beyond which a residual of the outline counts linearly only; 0: all count in full"
    )
    repeats: int = value(1, low=1, high=5, about="how often a refiner predicts evidence beside the fit")
    model: Literal["pca", "rich", "nearest"] = value(
        "rich", about="5-D space of the paper, the richer one, or the shape of the former that is nearest to the latter's answer"
    )


@dataclass(frozen=True)
class Cls:
    """Latent and rigid least squares on the visible cloud (CLS)."""

    iterations: int = value(40, low=1)
    depth_noise: float = value(
        0.001, low=0, unit="m", about="standard deviation of the simulated depth camera at 0.7 m; grows with the square"
    )
    depth_holes: float = value(0.05, low=0, high=0.95, about="share of the depth pixels that it misses")


@dataclass(frozen=True)
class Deepcpd:
    """The displacement network and the latent fitted to it (DeepCPD)."""

    weights: Literal["published", "train"] = value("train", about="trained by the stage deepcpd, or those of the package")
    evidence: float = value(
        30.0, low=0, about="all visible vertices together are worth so many independent ones; chosen on left-out instances"
    )
    pictures: int = value(1600, low=20, about="photographs painted for training")
    starts: int = value(6, low=1, about="start poses that samples are drawn with from each photograph")
    steps: int = value(700, low=1)
    batch: int = value(16, low=2)
    rate: float = value(
        3e-3, low=1e-6, high=1.0, about="highest rate of AdamW, five times that for kernels (Muon); it rises and falls once"
    )
    painters: int = value(2, low=0, high=64, about="worker processes that paint; never changes a result")
    seed: int = value(0)


@dataclass(frozen=True)
class Table1:
    """Scores of Table 1."""

    bootstrap: int = value(2000, low=10)
    failure: float = value(2.0, low=1, about="a run fails when v2v exceeds this times the latent floor")
    seed: int = value(0)


@dataclass(frozen=True)
class Compute:
    """How work is spread; never changes a result."""

    backend: Literal["serial", "loky", "dask"] = value("loky")
    jobs: int = value(0, low=0, about="worker processes; 0: one per core")
    scheduler: str = value("", about="address of a Dask scheduler")


SECTIONS: dict[str, type] = {
    "dataset": Dataset,
    "watertight": Watertight,
    "shape_space": ShapeSpace,
    "camera": CameraSection,
    "views": Views,
    "unet": UNet,
    "refiner": Refiner,
    "paper": Paper,
    "ours": Ours,
    "cls": Cls,
    "deepcpd": Deepcpd,
    "table1": Table1,
    "compute": Compute,
}
