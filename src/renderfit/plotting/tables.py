"""Tables of the book as HTML: Table 1 with links to the trace of every cell, beside the paper's, and its verdicts."""

from __future__ import annotations

import html
from typing import Any

from renderfit.evaluation import claims
from renderfit.evaluation.records import REFERENCES, heading, read_paper
from renderfit.evaluation.table1 import methods_of, rows

Table = dict[str, Any]
UNITS = {
    "v2v_mm": "mm",
    "mean_square_mm2": "mm²",
    "v2s_mm": "mm",
    "placed_v2v_mm": "mm",
    "placed_mean_square_mm2": "mm²",
    "ratio": "times the floor",
}
TRACE = "../trace.html"
"""The page that shows where each cell comes from, as seen from a notebook page."""


class Html(str):
    """A string that a notebook shows as HTML."""

    def _repr_html_(self) -> str:
        return str(self)


def anchor(cell: Table) -> str:
    """Return the name of a cell in the trace page, e.g. ``drill-t1-ours-noise``, ``mean-ours-noise``."""
    parts = [cell["category"], cell["instance"], cell["method"], cell["pose"]]
    return "-".join(part for part in parts if part).replace("_", "-")


def scores(table: Table, score: str, pose: str) -> Html:
    """Return one block of Table 1: an instance a row, a method a column; the best competitor of a row is bold.

    Parameters
    ----------
    table : dict
        From `renderfit.evaluation.table1.build`.
    score : str
        A key of `UNITS`.
    pose : str
        ``"known"`` or ``"noise"``.
    """
    found = rows(table, pose)
    methods = [method for method in methods_of(table) if any(cells.get(method, {}).get(score) is not None for _, _, cells in found)]
    lines = [_header(["instance", *(heading(method) for method in methods)])]
    for category, instance, cells in found:
        best = _best(cells, score, [method for method in methods if method not in (*REFERENCES, "ours_mask")])
        entries = [_entry(cells.get(method), score, method == best) for method in methods]
        lines.append(_row([f"{category} {instance.upper()}".strip(), *entries], category == "mean"))
    return _table(lines, f"{UNITS[score]}, {pose} pose; mean (standard deviation over runs); each number links to its trace")


def beside_paper(table: Table, pose: str) -> Html:
    """Return our mean squares beside the paper's printed values, with the quotient to the ground truth in both."""
    printed = {(row["category"], row["instance"]): row for row in read_paper()}
    names = [name for name in ("ground_truth", "cls", "deepcpd", "paper") if f"{name}_{pose}" in next(iter(printed.values()))]
    ours = {(category, instance): cells for category, instance, cells in rows(table, pose)}
    lines = [_header(["instance", *(f"{heading(name)}<br><small>{side}</small>" for name in names for side in ("here", "paper"))])]
    for key, cells in ours.items():
        row = printed.get(key) or (_mean(list(printed.values())) if key[0] == "mean" else None)
        entries = []
        for name in names:
            entries += [_entry(cells.get(name), "mean_square_mm2"), f"{row[f'{name}_{pose}']:.1f}" if row else "not in the paper"]
        lines.append(_row([" ".join(key).strip(), *entries], key[0] == "mean"))
    return _table(lines, f"mean square distance [mm²], {pose} pose; the paper's values as printed, read as mm²")


def verdicts(table: Table) -> Html:
    """Return the paper's claims with rule, deciding figures here and in the paper, and verdict."""
    lines = [_header(["claim", "rule, stated beforehand", "figures: here (paper)", "verdict"])]
    for claim in table["claims"]:
        sides = [(name, _figure(value), _figure(claim["paper"].get(name))) for name, value in claim["ours"].items()]
        link = f'<a href="{TRACE}#claim-{claim["id"]}">'
        deciding = "<br>".join(
            f"{html.escape(name)}: {link}<strong>{here}</strong></a>{f' ({paper})' if paper != '–' else ''}" for name, here, paper in sides
        )
        mark = f'<strong class="verdict {claim["verdict"].replace(" ", "-")}">{claim["verdict"]}</strong>'
        lines.append(_row([html.escape(claim["claim"]), html.escape(claim["rule"]), deciding, mark]))
    return _table(
        lines,
        "the paper's claims, decided by the mean squares of this table, the renderer by measured times",
        "scores words",
    )


def nearer(table: Table) -> Html:
    """Return whether the paper's descent, on features and on masks, ends nearer to the truth than the mean shape it starts from."""
    body = [[heading(row["method"]), row["pose"], row["v2v_mm"], row["mean_shape_mm"], row["verdict"]] for row in claims.nearer(table)]
    return grid(
        ["method", "pose", "at the end [mm]", "without any fit [mm]", "so it"],
        body,
        "mean distance in the object's frame, over all test objects",
    )


def failures(table: Table) -> Html:
    """Return runs, failures and what is left of the pose offset, for every method and pose condition."""
    lines = [_header(["method", "pose", "runs", "failures", "failures, camera frame", "rotation left [°]", "translation left [mm]"])]
    for mean in table["means"]:
        left = [_figure((mean.get(name) or {}).get("mean")) for name in ("rotation_left_deg", "translation_left_mm")]
        counts = [str(mean["runs"]), str(mean["failures"]), _placed(mean), *left]
        linked = [f'<a href="{TRACE}#{anchor(mean)}">{text}</a>' if text.strip("–") else text for text in counts]
        lines.append(_row([heading(mean["method"]), mean["pose"], *linked]))
    return _table(lines, "a run fails when its mean distance exceeds table1.failure times the latent floor of its instance")


def grid(header: list[str], body: list[list[Any]], caption: str) -> Html:
    """Return any small table in the same look; floats get three significant digits."""
    return _table(
        [_header(header), *(_row([_figure(e) if isinstance(e, float) else html.escape(str(e)) for e in line]) for line in body)], caption
    )


def _entry(cell: Table | None, score: str, bold: bool = False) -> str:
    value = (cell or {}).get(score)
    if cell is None or value is None:
        return "–"
    if isinstance(value, dict):
        spread = f" <small>({value['std']:.2f})</small>" if value.get("runs", 1) > 1 and value["std"] is not None else ""
        title = f' title="95 % interval of the mean: {value["low"]:.2f} to {value["high"]:.2f}; {value.get("runs", 1)} runs"'
        text = f"{value['mean']:.2f}"
    else:
        spread, title, text = "", "", f"{value:.2f}"
    text = f"<strong>{text}</strong>" if bold else text
    return f'<a href="{TRACE}#{anchor(cell)}"{title}>{text}</a>{spread}'


def _best(cells: dict[str, Table], score: str, methods: list[str]) -> str:
    known: dict[str, float] = {}
    for method in methods:
        value = cells.get(method, {}).get(score)
        if value is not None:
            known[method] = value["mean"] if isinstance(value, dict) else value
    return min(known, key=lambda method: known[method]) if known else ""


def _mean(lines: list[dict[str, Any]]) -> dict[str, Any]:
    return {name: sum(line[name] for line in lines) / len(lines) for name in lines[0] if name not in ("category", "instance")}


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def _header(names: list[str]) -> str:
    return "<thead><tr>" + "".join(f'<th scope="col">{name}</th>' for name in names) + "</tr></thead>"


def _row(entries: list[str], strong: bool = False) -> str:
    first, *rest = entries
    kind = ' class="total"' if strong else ""
    return f'<tr{kind}><th scope="row">{first}</th>' + "".join(f"<td>{entry}</td>" for entry in rest) + "</tr>"


def _table(lines: list[str], caption: str, kind: str = "scores") -> Html:
    return Html(f'<div class="{kind}"><table><caption>{html.escape(caption)}</caption>{"".join(lines)}</table></div>')


def _placed(mean: dict[str, Any]) -> str:
    return str(mean["placed_failures"]) if mean["pose"] == "noise" and "placed_failures" in mean else ""
