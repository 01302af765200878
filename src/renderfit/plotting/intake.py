"""The page that says what was done to each mesh of a folder: one HTML file with a thumbnail per mesh."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image as Pillow

from renderfit.datasets.split import FEWEST, Split
from renderfit.datasets.taken import Intake, Taken
from renderfit.datasets.upright import Up
from renderfit.plotting.objects import portrait
from renderfit.progress import progress
from renderfit.whole import write_text

THUMBNAIL = 150
"""Side of a thumbnail [px]."""
STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 1100px; padding: 0 1rem; color: #222; background: #fff }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(210px, 1fr)); gap: 1rem }
figure { margin: 0; border: 1px solid #ddd; border-radius: 6px; padding: .6rem; overflow-wrap: anywhere; font-size: 13px }
figure img { display: block; margin: auto; width: 150px; height: 150px }
figure.odd { border-color: #d55e00 }
.role { float: right; color: #fff; background: #0072b2; border-radius: 3px; padding: 0 .4em }
table { border-collapse: collapse }
td, th { border-bottom: 1px solid #ddd; padding: .3em .8em .3em 0; text-align: left; vertical-align: top }
"""


def page(intakes: Mapping[str, Intake], splits: Mapping[str, Split], origin: str) -> str:
    """Return the report on a folder of meshes as one self-contained HTML page.

    Parameters
    ----------
    intakes : mapping
        Category -> what was taken in and what was rejected.
    splits : mapping
        Category -> roles, of the categories that have enough instances.
    origin : str
        Where the meshes come from, for the heading.
    """
    parts = [_category(intake, splits.get(category)) for category, intake in intakes.items()]
    title = html.escape(f"Meshes of {origin}")
    head = f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>{STYLE}</style></head>'
    return f"{head}\n<body>\n<h1>{title}</h1>\n{chr(10).join(parts)}\n</body></html>\n"


def write_page(intakes: Mapping[str, Intake], splits: Mapping[str, Split], origin: str, target: Path) -> None:
    """Write `page` to a file."""
    write_text(target, page(intakes, splits, origin))


def _category(intake: Intake, split: Split | None) -> str:
    lines = [f"<h2>{html.escape(intake.category)}</h2>"]
    if intake.up is None:
        lines.append(f"<p><strong>None of {len(intake.rejected)} meshes is usable</strong>: nothing is known of unit and axes.</p>")
    else:
        guess = "" if intake.up.sure else f" <strong>(a guess: {_doubt(intake.category, intake.up)})</strong>"
        lines.append(
            f"<p>{len(intake.taken)} meshes taken in, {len(intake.rejected)} rejected. Up is {intake.up.axis} of most files{guess}. "
            f"In the common frame: metres, z up, base at z = 0, centred; pictures from the front right.</p>"
        )
    if split is None:
        lines.append(f"<p><strong>Too few for a shape space: {FEWEST} are needed.</strong></p>")
    roles = {} if split is None else {split.canonical: "canonical", **{name: key.upper() for key, name in split.test.items()}}
    cards = [_card(name, found, roles.get(name, "")) for name, found in progress(list(intake.taken.items()), f"pictures {intake.category}")]
    lines.append(f'<div class="grid">{"".join(cards)}</div>')
    if intake.rejected:
        rows = "".join(f"<tr><td>{html.escape(name)}</td><td>{html.escape(reason)}</td></tr>" for name, reason in intake.rejected.items())
        lines.append(f"<h3>Rejected</h3><table><tr><th>mesh</th><th>reason</th></tr>{rows}</table>")
    return "\n".join(lines)


def _doubt(category: str, up: Up) -> str:
    """Say how sure the up axis of a category is, and how to overrule it."""
    rival = f", or {up.rival}" if up.rival else ""
    say = f'{{"{category}": {{"up": "{up.rival or "y"}"}}}}'
    return html.escape(
        f"{up.chance:.0%} by shapes and habits, {up.own:.0%} by shapes alone{rival}; look at the pictures, and if they lie, put {say} "
        "into intake.json beside the folders of meshes, or give --up"
    )


def _card(name: str, found: Taken, role: str) -> str:
    entry = found.entry()
    size = " x ".join(f"{1000 * side:.0f}" for side in entry["size_m"])
    done = [
        f"unit {entry['unit']} (x {entry['factor']:g})",
        f"up was {entry['up']}",
        f"turned by {entry['turned_degree']:g}°" if entry["turned_degree"] else "not turned",
        f"{size} mm",
        f"{entry['faces']} faces",
        f"{entry['distance']:.3f} RMS radii from its neighbours",
        *entry["notes"],
    ]
    picture = f'<img alt="{html.escape(name)}" src="data:image/png;base64,{_thumbnail(found)}">'
    badge = f'<span class="role">{role}</span>' if role else ""
    mark = ' class="odd"' if entry["notes"] else ""
    lines = "<br>".join(html.escape(line) for line in done)
    return f"<figure{mark}>{badge}{picture}<strong>{html.escape(name)}</strong><br>{lines}</figure>"


def _thumbnail(found: Taken) -> str:
    image = np.asarray(portrait(found.mesh, THUMBNAIL))
    pixels = image if image.dtype == np.uint8 else (image.clip(0, 1) * 255).round().astype(np.uint8)
    stream = io.BytesIO()
    Pillow.fromarray(pixels).quantize(64, method=Pillow.Quantize.MEDIANCUT, dither=Pillow.Dither.NONE).save(stream, "PNG", optimize=True)
    return base64.b64encode(stream.getvalue()).decode()
