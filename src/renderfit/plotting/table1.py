"""Charts of Table 1: every instance and method with its bootstrap interval; ratios beside the paper's; failures in pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import imageio.v3 as iio
from matplotlib.ticker import FormatStrFormatter, LogLocator, NullFormatter

from renderfit.evaluation.gallery import worst_failures
from renderfit.evaluation.records import REFERENCES, heading, read_paper
from renderfit.evaluation.table1 import methods_of, rows
from renderfit.plotting.figures import color_of, figure, image_row


def intervals(table: dict[str, Any], score: str = "v2v_mm", label: str = "mean distance [mm]") -> Any:
    """Plot each cell's mean and 95 % bootstrap interval, known pose beside noise, on one logarithmic axis.

    Parameters
    ----------
    table : dict
        From `renderfit.evaluation.table1.build`.
    score, label : str
        Score of a cell and the name of its axis.

    Returns
    -------
    matplotlib.figure.Figure
    """
    names = [f"{category} {instance}".strip() for category, instance, _ in rows(table, "known")]
    found, axes = figure(1, 2, 9.0, 0.42 * len(names) + 1.4, sharex=True, sharey=True)
    for axis, pose in zip(axes, ("known", "noise"), strict=True):
        methods = methods_of(table)
        for position, method in enumerate(methods):
            places, means, low, high = [], [], [], []
            for row, (_, _, cells) in enumerate(rows(table, pose)):
                value = cells.get(method, {}).get(score)
                if value is not None:
                    places.append(row + 0.6 * (position / max(1, len(methods) - 1) - 0.5))
                    means.append(value["mean"])
                    low.append(max(0.0, value["mean"] - value["low"]))
                    high.append(max(0.0, value["high"] - value["mean"]))
            if means:
                marker = "|" if method in REFERENCES else "o"
                options = {"label": heading(method), "color": color_of(method), "capsize": 2, "elinewidth": 1.2}
                axis.errorbar(means, places, xerr=[low, high], fmt=marker, markersize=9 if marker == "|" else 5, **options)
        axis.set_xscale("log")
        axis.xaxis.set_major_locator(LogLocator(base=10, subs=(1, 2, 5), numticks=20))
        axis.xaxis.set_major_formatter(FormatStrFormatter("%g"))
        axis.xaxis.set_minor_formatter(NullFormatter())
        axis.set_title("known pose" if pose == "known" else "pose noise")
        axis.set_xlabel(label)
    axes[0].set_yticks(range(len(names)), names)
    axes[0].invert_yaxis()
    handles, labels = axes[1].get_legend_handles_labels()
    found.legend(handles, labels, loc="outside upper center", ncols=min(4, len(labels)))
    return found


def ratios(table: dict[str, Any]) -> Any:
    """Plot each method's mean square over that of the ground truth, here and in the paper, known pose and noise."""
    here = {(m["method"], m["pose"]): m["mean_square_mm2"]["mean"] for m in table["means"] if m.get("mean_square_mm2")}
    printed = read_paper()
    labels, ours, paper, colors = [], [], [], []
    for pose in ("known", "noise"):
        for method in ("cls", "deepcpd", "paper", "ours"):
            if (method, pose) not in here or ("ground_truth", "known") not in here:
                continue
            labels.append(f"{heading(method)}\n{pose}")
            ours.append(here[method, pose] / here["ground_truth", "known"])
            column = f"{method}_{pose}"
            paper.append(sum(r[column] for r in printed) / sum(r["ground_truth_known"] for r in printed) if column in printed[0] else None)
            colors.append(color_of(method))
    found, axis = figure(1, 1, 9.0, 3.4)
    places = list(range(len(labels)))
    axis.bar([p - 0.2 for p in places], ours, 0.38, color=colors, label="here")
    known = [(place, value) for place, value in zip(places, paper, strict=True) if value is not None]
    style = {"facecolor": "white", "edgecolor": "#22272e", "hatch": "///", "label": "paper"}
    axis.bar([place + 0.2 for place, _ in known], [value for _, value in known], 0.38, **style)
    for place, value in zip(places, ours, strict=True):
        axis.annotate(f"{value:.1f}", (place - 0.2, value), ha="center", va="bottom", fontsize=8)
    for place, value in known:
        axis.annotate(f"{value:.1f}", (place + 0.2, value), ha="center", va="bottom", fontsize=8)
    axis.set_xticks(places, labels, fontsize=8)
    axis.set_yscale("log")
    axis.axhline(1.0, color="#4d4d4d", linewidth=1)
    axis.set_ylabel("mean square / ground truth")
    axis.legend()
    axis.grid(axis="x", visible=False)
    return found


def failures(table: dict[str, Any], count: int = 8, folder: Path | None = None) -> Any:
    """Show the worst failed runs, every method's worst first: the photograph and the outline of the fit where the method put it.

    Parameters
    ----------
    table : dict
        From `renderfit.evaluation.table1.build`.
    count : int
        Most pictures.
    folder : Path, optional
        Of the pictures that the stage register kept.

    Returns
    -------
    matplotlib.figure.Figure or None
        None when no run failed or none has a picture.
    """
    chosen = worst_failures(table, count, folder)
    if not chosen:
        return None
    captions = []
    for record, ratio, _ in chosen:
        where = f"{record['category']} {record['instance'].upper()}, {heading(record['method'])}"
        captions.append(f"{where}\n{record['pose']}, view {record['view']}: {record['v2v_mm']:.1f} mm, {ratio:.1f} floors")
    return image_row([iio.imread(path) for _, _, path in chosen], captions, 9.0, per_row=4)
