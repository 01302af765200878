"""What a caller hands to `register`, checked and brought into the solver's form."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from renderfit.errors import DataError
from renderfit.geometry import Camera, Mesh, Pose
from renderfit.registration import checks
from renderfit.registration.objective import View
from renderfit.registration.photometry import Photometry
from renderfit.registration.samples import Samples
from renderfit.vision.evidence import Evidence
from renderfit.vision.images import as_mask, require_size

Array = NDArray[np.float64]


def listed(entry: Any) -> list[Any]:
    """Return a list or tuple as a list, anything else as a list of one."""
    return list(entry) if isinstance(entry, (list, tuple)) else [entry]


def read_evidence(image: Any, camera: Camera, mask: Any, pose: Pose | None, mesh: Mesh, refiner: Any, exact: bool) -> Evidence:
    """Return what the network `refiner` predicts of a photograph beside `mesh` at `pose`, which may be known to be `exact`."""
    from renderfit.vision import estimate

    seen = None if mask is None else as_mask(mask, camera)
    return estimate(_picture(image, camera), camera, posed(pose), mesh, refiner, mask=seen, exact=exact)


def found_mask(image: Any, camera: Camera, mask: Any, pose: Pose | None, network: Any, category: str | None) -> Any:
    """Return the mask given, else that of the segmentation network; without either None."""
    if mask is not None or network is None:
        return mask
    from renderfit.vision import segment

    return segment(_picture(image, camera), network, category, camera, posed(pose))


def _picture(image: Any, camera: Camera) -> Any:
    picture = image.detach().cpu().numpy() if isinstance(image, Tensor) else np.asarray(image)
    require_size(picture, camera)
    return picture


def posed(pose: Pose | None) -> Pose:
    """Return `pose`; raise `DataError` where there is none."""
    if pose is None:
        raise DataError("no pose was given; expected the object-to-camera pose, at least a first guess (within about 5 cm and 15 degrees)")
    return pose


def view_of(
    image: Any, camera: Camera, mask: Any, pose: Pose | None, network: Any, category: str | None, evidence: Evidence | None = None,
    shading: bool = False,
) -> View:  # fmt: skip
    """Return one observed image: the mask given, else that of the evidence, else that of the segmentation network.

    With `shading` the photograph's brightness inside the mask is read too.

    Raises
    ------
    ShapeError, DataError
        If sizes do not fit, there is no pose, neither mask nor network, or no object in the mask.
    """
    picture, start = _picture(image, camera), posed(pose)
    if mask is None and evidence is not None:
        mask = evidence.mask
    mask = found_mask(picture, camera, mask, start, network, category)
    if mask is None:
        raise DataError("neither mask nor network was given; expected the object's mask (H, W) or a trained segmentation network")
    values = as_mask(mask, camera)
    checks.require_object(values)
    brightness = Photometry.of(picture, values, camera, start) if shading else None
    return View(camera, values, start, None if evidence is None else Samples.of(evidence, camera), brightness)
