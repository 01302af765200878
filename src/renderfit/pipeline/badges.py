"""The badges of README.md: small drawings made from files of this repository, by no outside service."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from renderfit.errors import DataError
from renderfit.evaluation.records import heading

FOLDER = ".github/badges"
PASSED = "tests/passed.json"
"""What the last complete run of the tests counted, as `make badges` keeps it."""
DONE, FACT, OPEN = "#2e7d32", "#0b5c8a", "#8a5a00"
HEIGHT, LETTER, MARGIN = 20, 6.6, 8


@dataclass(frozen=True)
class Badge:
    """A label and what is said of it; `colour` is the ground of the value."""

    name: str
    label: str
    value: str
    colour: str = FACT

    def svg(self) -> str:
        """Return the drawing: text as wide as it says, whatever font the reader has."""
        left, right = (round(LETTER * len(text)) + 2 * MARGIN for text in (self.label, self.value))
        said = quoteattr(f"{self.label}: {self.value}")
        texts = [
            f'<text x="{start + MARGIN}" y="14" textLength="{width - 2 * MARGIN}" lengthAdjust="spacingAndGlyphs">{escape(text)}</text>'
            for start, width, text in ((0, left, self.label), (left, right, self.value))
        ]
        rows = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="{HEIGHT}" role="img" aria-label={said}>',
            f"<title>{escape(f'{self.label}: {self.value}')}</title>",
            f'<rect width="{left + right}" height="{HEIGHT}" rx="3" fill="#444"/>',
            f'<path d="M{left} 0h{right - 3}a3 3 0 0 1 3 3v{HEIGHT - 6}a3 3 0 0 1 -3 3h-{right - 3}z" fill="{self.colour}"/>',
            '<g fill="#fff" font-family="Verdana, DejaVu Sans, sans-serif" font-size="11">',
            *texts,
            "</g>",
            "</svg>",
        ]
        return "\n".join(rows) + "\n"

    def markdown(self) -> str:
        """Return the line that shows it, with what it says as the alternative text."""
        return f"![{self.label}: {self.value}]({FOLDER}/{self.name}.svg)"


def badges(root: Path) -> list[Badge]:
    """Return the badges of the checkout at `root`; without a counted run of the tests, no badge speaks of them.

    Raises
    ------
    DataError
        If a file they are made of is missing or lacks an entry.
    """
    try:
        project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
        table = json.loads((root / "results" / "table1.json").read_text())
        found = [
            *_tests(root / PASSED),
            Badge("python", "python", project["requires-python"].replace(">=", "") + " or newer"),
            Badge("licence", "licence", project["license"]),
            *_scores(table["means"]),
            *_claims([claim["verdict"] for claim in table["claims"]]),
        ]
    except (OSError, ValueError, KeyError) as problem:
        raise DataError(
            f"badges of {root}: {type(problem).__name__}: {problem}; expected pyproject.toml and results/table1.json as the "
            f"pipeline writes them, and {PASSED} as `make badges` does"
        ) from problem
    return found


def _tests(path: Path) -> list[Badge]:
    if not path.exists():
        return []
    run = json.loads(path.read_text())
    wrong = ", ".join(f"{run[kind]} {kind}" for kind in ("failed", "skipped") if run[kind])
    value = f"{run['passed']} passed" + (f", {wrong}" if wrong else "")
    return [Badge("tests", "tests", f"{value} at {run['commit'][:7]}", OPEN if wrong else DONE)]


def _scores(means: list[dict]) -> list[Badge]:
    known = {mean["method"]: mean["v2v_mm"]["mean"] for mean in means if mean["pose"] == "known"}
    parts = [f"{heading(method)} {known[method]:.2f} mm" for method in ("ours", "paper", "latent_floor") if method in known]
    return [Badge("table1", "table 1, known pose", ", ".join(parts))] if parts else []


def _claims(verdicts: list[str]) -> list[Badge]:
    counts = [f"{verdicts.count(verdict)} {verdict}" for verdict in sorted(set(verdicts), key=lambda one: (one != "reproduced", one))]
    return [Badge("claims", "claims tested", ", ".join(counts), DONE if set(verdicts) == {"reproduced"} else OPEN)] if counts else []
