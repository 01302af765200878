"""Coherent Point Drift (section 3.2.1): rigid, affine and non-rigid registration of point sets."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from renderfit.errors import ShapeError
from renderfit.shapes.clouds import check_pair, check_parameters, cloud_of, frame
from renderfit.shapes.em import Ended, iterate
from renderfit.shapes.expectation import spatial_order
from renderfit.shapes.kernel import LowRank, gaussian, low_rank
from renderfit.shapes.maximisation import Linear, Maximisation, NonRigid, NonRigidLowRank
from renderfit.shapes.result import CPDResult, Kind

Floats = NDArray[np.float64]
log = logging.getLogger(__name__)

EXACT = 300
"""Up to this many template points the kernel is not approximated unless a rank is asked for."""
LARGEST_RANK, RESIDUAL, SMALLEST_RESIDUAL = 500, 1e-4, 1e-10
"""The kernel's factor: at most so many columns, or so little of the kernel's trace left out, less where lambda is small."""
FIRM = 5.0
"""Lambda in RMS radii from which `RESIDUAL` will do. What a weaker regulariser lets through must not be cut off with the rest."""


def coherent_point_drift(
    template: ArrayLike,
    reference: ArrayLike,
    *,
    kind: Kind = "nonrigid",
    beta: float = 0.3,
    lam: float = 5.0,
    outliers: float = 0.1,
    iterations: int = 80,
    tolerance: float = 1e-5,
    unit: Literal["rms", "metre"] = "rms",
    rank: int | None = None,
    scaled: bool = False,
    kernel: LowRank | None = None,
    start: CPDResult | None = None,
    coarse: int | None = 2000,
    quiet: bool = False,
) -> CPDResult:
    """Move `template` onto `reference`.

    Parameters
    ----------
    template : (M, 3) array
        Centroids of the mixture, Y [m].
    reference : (N, 3) array
        Data, X [m].
    kind : {"nonrigid", "affine", "rigid"}
        Which transforms are allowed.
    beta : float
        Width of the deformation kernel: in RMS radii of the template, or metres with `unit` "metre".
    lam : float
        Weight of smoothness; with `unit` "metre" it refers to metres too (lambda sigma^2 has the unit of the kernel, none).
    outliers : float
        Weight of the uniform component, in [0, 1).
    iterations, tolerance : int, float
        Stop after so many iterations or when the relative change of the objective is smaller.
    unit : {"rms", "metre"}
        What `beta` and `lam` refer to.
    rank : int, optional
        Rank of the kernel; default: exact up to 300 points, else what leaves 1e-4 of it, at most 500; less is left where `lam` is
        below 5 RMS radii^-2. 0: always exact.
    scaled : bool
        Let "rigid" change the size.
    kernel : LowRank, optional
        A factor made before for the same template (see `template_kernel`), to save its cost.
    start : CPDResult, optional
        Begin where this result's transform moves the template, with its variance.
    coarse : int, optional
        Sets of more than twice so many points begin with the result on evenly chosen subsets of this size and then take at
        most a third of `iterations`; None: never.
    quiet : bool
        Speak of it in the log for debugging only: for many registrations in a row.

    Returns
    -------
    CPDResult
        In metres, whatever `unit` is.

    Raises
    ------
    ShapeError
        If an input is no (N, 3) array of finite numbers, too few or all one point, a parameter is out of range, `start` is no
        result, or `kernel` was made for another template or width.
    ConvergenceError
        If no reference point is within reach of the template.

    References
    ----------
    Myronenko and Song, IEEE TPAMI 32(12), 2010; section 3.2.1, Eq. 5-7.

    Examples
    --------
    >>> import numpy as np
    >>> import renderfit as rf
    >>> cloud = np.random.default_rng(0).normal(size=(50, 3))
    >>> result = rf.coherent_point_drift(cloud, cloud * [1.0, 1.0, 1.1])
    >>> bool(abs(result.points - cloud * [1.0, 1.0, 1.1]).max() < 0.05), result.weights.shape
    (True, (50, 3))
    """
    y, x = cloud_of(template, "template"), cloud_of(reference, "reference")
    check_parameters(
        kind, unit, beta=beta, lam=lam, outliers=outliers, iterations=iterations, tolerance=tolerance, rank=rank, coarse=coarse
    )
    if start is not None and not isinstance(start, CPDResult):
        raise ShapeError(f"start is a {type(start).__name__}; expected the CPDResult of an earlier registration, or None")
    check_pair(y, x, free=kind == "affine" or scaled, moves=kind != "nonrigid")
    centre, radius = frame(y)
    if unit == "metre":
        beta, lam = beta / radius, lam * radius**2
    level = logging.DEBUG if quiet else logging.INFO
    log.log(level, "CPD %s: %d to %d points, beta %.3g RMS radii = %.4g m, lambda %.3g", kind, len(y), len(x), beta, beta * radius, lam)
    order_y, order_x = spatial_order(y), spatial_order(x)
    y_unit, x_unit = (y - centre) / radius, ((x - centre) / radius)[order_x]
    step: Maximisation
    if kind == "nonrigid":
        step = _nonrigid(y_unit, beta, lam, rank, kernel, order_y)
    else:
        step = Linear(y_unit[order_y], affine=kind == "affine", scaled=scaled)
    moved, sigma2 = y_unit[order_y], None
    if start is None and coarse is not None and kind == "nonrigid" and max(len(y), len(x)) > 2 * coarse:
        share = min(1.0, coarse / len(x))
        start = coherent_point_drift(
            _thinned(y[order_y], coarse), _thinned(x[order_x], coarse), beta=beta * radius, lam=lam / radius**2 * share, outliers=outliers,
            iterations=iterations, tolerance=tolerance, unit="metre", rank=rank, quiet=quiet,
        )  # fmt: skip
        iterations = -(-iterations // 3)
    if start is not None:
        moved, sigma2 = ((start.transform(y) - centre) / radius)[order_y], start.sigma2 / radius**2
    ended = iterate(step, moved, x_unit, sigma2, outliers, iterations, tolerance)
    result = _result(kind, step, ended, (centre, radius, beta), order_y, order_x)
    log.log(level, "%s", result.report())
    return result


def _thinned(ordered: Floats, count: int) -> Floats:
    """Every so many-th point of a spatial order, which is an even choice."""
    return ordered[np.linspace(0, len(ordered) - 1, min(count, len(ordered))).round().astype(np.int64)]


def template_kernel(template: ArrayLike, beta: float, rank: int | None = None, lam: float = FIRM) -> LowRank:
    """Return the factor of the kernel of `template` for `coherent_point_drift(kernel=...)`; `beta` and `lam` in RMS radii."""
    y = cloud_of(template, "template")
    if not beta > 0:
        raise ShapeError(f"beta {beta}; expected a positive number of RMS radii")
    centre, radius = frame(y)
    return _factor((y - centre) / radius, beta, rank, lam)


def _nonrigid(
    template: Floats, beta: float, lam: float, rank: int | None, kernel: LowRank | None, order: NDArray[np.int64]
) -> NonRigid | NonRigidLowRank:
    if kernel is None and (rank == 0 or (rank is None and len(template) <= EXACT)):
        return NonRigid(template[order], beta, lam)
    if kernel is None:
        kernel = _factor(template, beta, rank, lam)
    _check_kernel(kernel, template, beta)
    return NonRigidLowRank(template[order], replace(kernel, factor=kernel.factor[order]), lam)


def _check_kernel(kernel: LowRank, template: Floats, beta: float) -> None:
    """Refuse a factor made for other points or another width: its result could not be told from a right one."""
    if not isinstance(kernel, LowRank):
        raise ShapeError(f"kernel is a {type(kernel).__name__}; expected what template_kernel returns, or None")
    if len(kernel.factor) != len(template):
        raise ShapeError(
            f"kernel is of {len(kernel.factor)} points; expected one of the template's {len(template)}: make it with template_kernel"
        )
    column = gaussian(template, kernel.centres[:1], beta)[:, 0]
    if not np.allclose(kernel.factor[:, 0] * kernel.root[0, 0], column, atol=1e-6):
        raise ShapeError(
            f"kernel does not belong to this template and beta {beta:.4g} RMS radii; expected one made for both: "
            "template_kernel(template, beta)"
        )


def _factor(template: Floats, beta: float, rank: int | None, lam: float) -> LowRank:
    residual = max(SMALLEST_RESIDUAL, RESIDUAL * min(1.0, lam / FIRM) ** 2)
    return low_rank(template, beta, rank or LARGEST_RANK, residual if rank is None else 0.0)


def _result(
    kind: Kind, step: Maximisation, ended: Ended, unit: tuple[Floats, float, float], order_y: NDArray[np.int64], order_x: NDArray[np.int64]
) -> CPDResult:
    centre, radius, beta = unit
    points, matched = np.empty_like(ended.moved), np.empty(len(order_x))
    points[order_y], matched[order_x] = ended.moved * radius + centre, ended.posterior.pt1
    sigma2 = ended.sigma2 * radius**2
    if isinstance(step, Linear):
        offset = radius * step.offset + centre - step.matrix @ centre
        return CPDResult(kind, points, sigma2, ended.history, ended.converged, step.matrix, offset, matched=matched, radius=radius)
    assert isinstance(step, NonRigid | NonRigidLowRank)
    weights = np.empty_like(points)
    weights[order_y] = step.weights * radius
    if isinstance(step, NonRigid):
        centres, coefficients = step.template * radius + centre, step.weights * radius
    else:
        centres, coefficients = step.kernel.centres * radius + centre, step.kernel.coefficients(step.reduced) * radius
    return CPDResult(
        kind, points, sigma2, ended.history, ended.converged, weights=weights, beta=beta * radius,
        centres=centres, coefficients=coefficients, matched=matched, radius=radius,
        penalty=step.penalty(),
    )  # fmt: skip
