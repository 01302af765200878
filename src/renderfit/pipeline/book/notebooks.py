"""Executed notebooks on their way into the book: one flat folder, interactive scenes as files of their own."""

from __future__ import annotations

import base64
import html
import re
from pathlib import Path
from typing import Any

import nbformat

from renderfit.errors import DataError

FRAME = re.compile(r'<iframe data-scene="(?P<name>[^"]*)"(?P<rest>[^>]*?) srcdoc="(?P<page>[^"]*)"(?P<tail>[^>]*)>', re.DOTALL)
"""How `renderfit.plotting.viewer3d` embeds a scene in a notebook."""
HIDDEN = {"parameters": "remove-cell", "injected-parameters": "remove-cell"}
"""Cell tags of papermill and what the book does with such cells."""


def stage(executed: Path, target: Path) -> list[Path]:
    """Copy the executed notebooks below `executed` to ``target/notebooks``.

    ``figures/x.ipynb`` and ``real/x.ipynb`` become ``x``; ``register/bottle-t1.ipynb`` becomes ``register-bottle-t1``.
    Scenes embedded in outputs are written to ``target/_static/scenes`` and loaded when the reader scrolls to them; the picture of a
    cell tagged ``export-teaser`` becomes ``target/_static/figures/teaser.png`` for pages to use. A picture without an alternative
    text gets one from the heading and the sentence above it.
    """
    folder, scenes = target / "notebooks", target / "_static" / "scenes"
    found = []
    for path in sorted(executed.rglob("*.ipynb")) if executed.is_dir() else []:
        if path.stem.endswith(".failed") or ".part" in path.name:
            continue
        name = f"register-{path.stem}" if path.parent.name == "register" else path.stem
        try:
            notebook = nbformat.read(path, as_version=4)
        except (ValueError, OSError, nbformat.reader.NotJSONError) as problem:
            raise DataError(f"{path}: not a readable notebook ({problem}); delete it and run `dvc repro`") from problem
        for cell, about in zip(notebook.cells, _subjects(notebook), strict=True):
            _hide(cell)
            _describe(cell, about)
            for output in cell.get("outputs", []):
                _export(cell, output.get("data", {}), target / "_static" / "figures")
                _extract(output.get("data", {}), name, scenes)
        _title(notebook, name)
        notebook.metadata["language_info"] = {"name": "python", "pygments_lexer": "ipython3"}
        folder.mkdir(parents=True, exist_ok=True)
        found.append(folder / f"{name}.ipynb")
        nbformat.write(notebook, found[-1])
    return found


def _hide(cell: Any) -> None:
    tags = cell.metadata.setdefault("tags", [])
    tags += [HIDDEN[tag] for tag in list(tags) if tag in HIDDEN]


def _subjects(notebook: Any) -> list[str]:
    """Return for every cell what the text above it says: the heading and the first sentence after it, as plain words."""
    found, heading, sentence = [], "", ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for part in cell.source.split("\n\n"):
                block = part.strip()
                if block.startswith("#"):
                    title, _, block = block.partition("\n")
                    heading, sentence = _plain(title.lstrip("# ")), ""
                if block and not sentence and not block.startswith(("```", "$$", "|", "*", "1.", "-")):
                    sentence = _plain(re.split(r"(?<=[.!?])\s+(?=[A-Z])", block)[0])
        found.append(f"{heading}: {sentence}" if sentence else heading)
    return found


def _plain(text: str) -> str:
    """Return Markdown without its marks."""
    text = re.sub(r"\{\w+\}`[^`]*`", "", text)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return " ".join(re.sub(r"[`*$\\{}]", "", text).split()).rstrip(":.")


def _describe(cell: Any, about: str) -> None:
    """Give pictures of the cell an alternative text for readers who do not see them."""
    if about and any("image/png" in output.get("data", {}) for output in cell.get("outputs", [])):
        cell.metadata.setdefault("mystnb", {}).setdefault("image", {}).setdefault("alt", about)


def _title(notebook: Any, name: str) -> None:
    """Give a notebook without a heading one, and those that run once an instance a heading that names it."""
    if name.startswith("register-") and notebook.cells:
        category, _, instance = name.removeprefix("register-").rpartition("-")
        first = notebook.cells[0]
        first["source"] = re.sub(r"\A# .*", f"# Registration of {category} {instance.upper()}", first.get("source", ""))
    if not notebook.cells or not notebook.cells[0].get("source", "").lstrip().startswith("# "):
        notebook.cells.insert(0, nbformat.v4.new_markdown_cell(f"# {name.replace('-', ' ').replace('_', ' ')}", id="title"))


def _export(cell: Any, data: dict[str, Any], figures: Path) -> None:
    """Write the picture of a tagged cell to a file."""
    for tag in cell.metadata.get("tags", []):
        if tag.startswith("export-") and "image/png" in data:
            figures.mkdir(parents=True, exist_ok=True)
            (figures / f"{tag.removeprefix('export-')}.png").write_bytes(base64.b64decode("".join(data["image/png"])))


def _extract(data: dict[str, Any], notebook: str, scenes: Path) -> None:
    """Move every embedded scene of one output to a file and refer to it."""
    page = data.get("text/html")
    if not page:
        return
    text = "".join(page)

    def replaced(match: re.Match[str]) -> str:
        scenes.mkdir(parents=True, exist_ok=True)
        name = f"{notebook}-{re.sub(r'[^a-z0-9]+', '-', match['name'].lower())}.html"
        (scenes / name).write_text(html.unescape(match["page"]))
        return f'<iframe data-scene="{match["name"]}"{match["rest"]} src="../_static/scenes/{name}"{match["tail"]}>'

    data["text/html"] = FRAME.sub(replaced, text)
