"""The table in README.md, written from results/table1.json so that it cannot say anything else."""

from __future__ import annotations

from typing import Any

from renderfit import paths
from renderfit.errors import DataError
from renderfit.evaluation.records import heading
from renderfit.evaluation.trace import read_table
from renderfit.pipeline.atomic import write_text

BEGIN, END = "<!-- table1: written by the stage book from results/table1.json -->", "<!-- /table1 -->"


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
    """Return README `text` with the block between the markers replaced.

    Raises
    ------
    DataError
        If the markers are missing.
    """
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise DataError(f"README.md lacks the markers {BEGIN!r} and {END!r}; expected both, each on a line of its own")
    return f"{head}{BEGIN}\n{block(table)}\n{END}{tail}"


def main() -> None:
    """Rewrite the block of the root's README.md if the results have changed."""
    path = paths.ROOT / "README.md"
    text = path.read_text()
    new = updated(text, read_table())
    if new != text:
        write_text(path, new)


if __name__ == "__main__":
    main()
