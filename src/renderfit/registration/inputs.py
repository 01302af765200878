"""What a caller hands to `register`, checked and brought into the solver's form."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from renderfit.errors import DataError, ShapeError
from renderfit.geometry import Camera, Mesh, Pose
from renderfit.registration import checks
from renderfit.registration.objective import View
from renderfit.registration.photometry import Photometry
from renderfit.registration.samples import Samples
from renderfit.vision.evidence import Evidence
from renderfit.vision.images import as_mask, require_size

if TYPE_CHECKING:
    from renderfit.vision.segmentation import Doubt

Array = NDArray[np.float64]


def listed(entry: Any) -> list[Any]:
    """Return a list or tuple as a list, anything else as a list of one."""
    return list(entry) if isinstance(entry, (list, tuple)) else [entry]


@contextlib.contextmanager
def told(number: int, count: int) -> Iterator[None]:
    """Say, where there are several views, which of them an error is about."""
    try:
        yield
    except (DataError, ShapeError) as problem:
        if count == 1:
            raise
        raise type(problem)(f"view {number}: {problem}") from problem


def require_different(names: Sequence[Any], images: Sequence[NDArray[np.uint8]]) -> None:
    """Raise `DataError` when two photographs are the same one, which would count twice; `names`: of their files."""
    for number, image in enumerate(images):
        for earlier in range(number):
            if np.array_equal(image, images[earlier]):
                raise DataError(f"{names[earlier]} and {names[number]} hold the same picture, which would count twice: leave one out")


def found_mask(image: Any, camera: Camera, mask: Any, pose: Pose | None, network: Any, category: str | None) -> tuple[Any, Sequence[Doubt]]:
    """Return the mask given, else that of the segmentation network and what makes it doubtful; without either None."""
    if mask is not None or network is None:
        return mask, ()
    from renderfit.vision.segmentation import doubted

    return doubted(_picture(image, camera), network, category, camera, posed(pose))


def _picture(image: Any, camera: Camera) -> Any:
    picture = image.detach().cpu().numpy() if isinstance(image, Tensor) else np.asarray(image)
    require_size(picture, camera)
    return picture


def posed(pose: Pose | None) -> Pose:
    """Return `pose`; raise `DataError` where there is none."""
    if pose is None:
        raise DataError("no pose was given; expected the object-to-camera pose, at least a first guess (within about 5 cm and 15 degrees)")
    return pose


def view_of(image: Any, camera: Camera, mask: Any, pose: Pose | None, evidence: Evidence | None = None, shading: bool = False) -> View:
    """Return one observed image: the mask given, else that of the evidence.

    With `shading` the photograph's brightness inside the mask is read too.

    Raises
    ------
    ShapeError, DataError
        If sizes do not fit, there is no pose, neither mask nor network, or no object in the mask.
    """
    picture, start = _picture(image, camera), posed(pose)
    if mask is None and evidence is not None:
        mask = evidence.mask
    if mask is None:
        raise DataError("neither mask nor network was given; expected the object's mask (H, W) or a trained segmentation network")
    values = as_mask(mask, camera)
    checks.require_object(values)
    brightness = Photometry.of(picture, values, camera, start) if shading else None
    return View(camera, values, start, None if evidence is None else Samples.of(evidence, camera), brightness)


@dataclass(frozen=True, eq=False)
class Given:
    """What a caller handed over, one of each a view, and the network that finds the object where there is no mask."""

    images: list[Any]
    cameras: list[Camera]
    masks: list[Any]
    poses: list[Pose]
    network: Any
    category: str | None
    doubts: tuple[Doubt, ...] = ()

    @classmethod
    def of(cls, image: Any, camera: Any, mask: Any, pose: Any, network: Any, category: str | None) -> Given:
        """Collect the arguments of `register`.

        Raises
        ------
        ShapeError
            If they are not one of each a view.
        DataError
            If a view has no pose.
        """
        images, cameras, poses = listed(image), listed(camera), listed(pose)
        masks = [None] * len(images) if mask is None else listed(mask)
        if not len(images) == len(cameras) == len(poses) == len(masks):
            raise ShapeError(
                f"got {len(images)} images, {len(cameras)} cameras, {len(poses)} poses, {len(masks)} masks; expected one of each a view"
            )
        return cls(images, cameras, masks, [posed(entry) for entry in poses], network, category)

    def segmented(self) -> Given:
        """Return the same with the masks that the network finds where there are none, and what makes those doubtful."""
        masks, doubts = [], []
        for number, view in enumerate(zip(self.images, self.cameras, self.masks, self.poses, strict=True)):
            with told(number, len(self.images)):
                mask, found = found_mask(*view, self.network, self.category)
            masks.append(mask)
            doubts += [replace(doubt, reason=f"view {number}: {doubt.reason}") for doubt in found]
        return replace(self, masks=masks, doubts=tuple(doubts))

    def views(self, evidence: Sequence[Evidence | None] | None = None, shading: bool = False) -> list[View]:
        """Return the observed images; what is raised, `view_of` says."""
        read = evidence if evidence is not None else [None] * len(self.images)
        views = []
        for number, part in enumerate(zip(self.images, self.cameras, self.masks, self.poses, read, strict=True)):
            with told(number, len(self.images)):
                views.append(view_of(*part, shading))
        return views

    def predicted(self, refiner: Any, mesh: Mesh, poses: Sequence[Pose], exact: bool) -> list[Evidence]:
        """Return what the network `refiner` predicts of every photograph beside `mesh` at `poses`, which may be known to be `exact`."""
        from renderfit.vision import estimate

        found = []
        for number, (image, camera, mask, pose) in enumerate(zip(self.images, self.cameras, self.masks, poses, strict=True)):
            with told(number, len(self.images)):
                seen = None if mask is None else as_mask(mask, camera)
                found.append(estimate(_picture(image, camera), camera, pose, mesh, refiner, mask=seen, exact=exact))
        return found
