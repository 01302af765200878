"""The badges and the table in README.md, written from results and project files so that they cannot say anything else."""

from __future__ import annotations

from typing import Any

from renderfit import paths
from renderfit.errors import DataError
from renderfit.evaluation.records import heading
from renderfit.evaluation.trace import read_table
from renderfit.pipeline.badges import FOLDER, Badge, badges
from renderfit.whole import write_text

BEGIN, END = "<!-- table1: written by the stage book from results/table1.json -->", "<!-- /table1 -->"
BADGES = "<!-- badges: written by the stage book, see src/renderfit/pipeline/badges.py -->", "<!-- /badges -->"


def block(table: dict[str, Any]) -> str:
    """Return the Markdown between the markers: means over the test instances, and the verdicts."""
    lines = ["| method | pose | mean distance [mm] | over the latent floor | mean square [mm²] | failures |", "|---|---|---|---|---|---|"]
    for mean in table["means"]:
        distance, square = mean["v2v_mm"], mean["mean_square_mm2"]
        interval = f"{distance['mean']:.2f} ({distance['low']:.2f} to {distance['high']:.2f})"
        ratio = "–" if mean["ratio"] is None else f"{mean['ratio']:.2f}"
        failures = f"{mean['failures']} of {mean['runs']}"
        lines.append(f"| {heading(mean['method'])} | {mean['pose']} | {interval} | {ratio} | {square['mean']:.1f} | {failures} |")
    instances = len({(cell["category"], cell["instance"]) for cell in table["cells"]})
    lines += [
        "",
        f"Means over {instances} test objects with 95 % bootstrap intervals; a run fails when its distance exceeds twice the floor.",
        "",
    ]
    lines += [f"- **{claim['verdict']}**: {claim['claim']}" for claim in table["claims"]]
    return "\n".join(lines)


def updated(text: str, table: dict[str, Any]) -> str:
    """Return README `text` with the table between its markers replaced.

    Raises
    ------
    DataError
        If the markers are missing.
    """
    return _between(text, BEGIN, END, block(table))


def with_badges(text: str, shown: list[Badge]) -> str:
    """Return README `text` with the lines that show the badges replaced; `DataError` if the markers are missing."""
    return _between(text, *BADGES, "\n".join(badge.markdown() for badge in shown))


def _between(text: str, begin: str, end: str, middle: str) -> str:
    head, found, rest = text.partition(begin)
    _, closed, tail = rest.partition(end)
    if not found or not closed:
        raise DataError(f"README.md lacks the markers {begin!r} and {end!r}; expected both, each on a line of its own")
    return f"{head}{begin}\n{middle}\n{end}{tail}"


def main() -> None:
    """Rewrite the blocks of the root's README.md and the badges if what they say has changed."""
    shown = badges(paths.ROOT)
    path = paths.ROOT / "README.md"
    text = path.read_text()
    files = {path: with_badges(updated(text, read_table()), shown)}
    files |= {paths.ROOT / FOLDER / f"{badge.name}.svg": badge.svg() for badge in shown}
    for target, new in files.items():
        if not target.exists() or target.read_text() != new:
            write_text(target, new)


if __name__ == "__main__":
    main()
