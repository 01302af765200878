"""The book as one PDF, without TeX: its built pages become one page, which a headless Chromium prints."""

from __future__ import annotations

import html
import logging
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag

from renderfit.errors import ConvergenceError, DataError
from renderfit.whole import whole_file

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""Names under which Chromium is looked for."""
STYLE = """
body { background: white; } article { max-width: none; padding: 0 .5rem; } article.chapter { break-before: page; }
@page { size: A4; margin: 16mm 14mm; } pre { white-space: pre-wrap; overflow-wrap: anywhere; }
img { max-width: 100%; max-height: 240mm; } .headerlink, .copybtn, .toggle-button { display: none; }
table { break-inside: auto; } tr, figure, img, .math { break-inside: avoid; } div.scores, .cell_output { overflow: visible !important; }
"""
_log = logging.getLogger(__name__)


def make(book: Path, target: Path, limit: float = 600.0) -> Path:
    """Print the built `book` (a folder with index.html) to the PDF `target`.

    Parameters
    ----------
    book : Path
        What the stage ``book`` wrote.
    target : Path
        Where the PDF goes; appears when it is complete.
    limit : float
        Longest time for the browser [s].

    Raises
    ------
    DataError
        If there is no built book, or no Chromium on this machine.
    ConvergenceError
        If the browser prints nothing.
    """
    found = browser()
    with tempfile.TemporaryDirectory(prefix="renderfit-pdf-") as folder:
        page, printed = Path(folder) / "book.html", Path(folder) / "book.pdf"
        page.write_text(single_page(book))
        command = [found, "--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--allow-file-access-from-files"]
        command += ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses to start as root otherwise
        command += [f"--user-data-dir={folder}/profile", "--no-pdf-header-footer", "--virtual-time-budget=60000"]
        command += [f"--print-to-pdf={printed}", page.as_uri()]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=False, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            raise ConvergenceError(f"{found} did not print {book} within {limit:.0f} s") from None
        if not printed.is_file() or not printed.read_bytes().startswith(b"%PDF"):
            raise ConvergenceError(f"{found} printed nothing (status {done.returncode}): {done.stderr.strip()[-500:]}")
        with whole_file(target) as part:
            shutil.copyfile(printed, part)
    _log.info("the book as PDF: %s", target)
    return target


def browser() -> str:
    """Return the path of an installed Chromium.

    Raises
    ------
    DataError
        If there is none.
    """
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        raise DataError(
            f"no Chromium here (looked for {', '.join(BROWSERS)} on PATH); the PDF is printed by it: "
            "install one, e.g. `apt install chromium`, or print the pages of the book from any browser"
        )
    return found


def single_page(book: Path) -> str:
    """Return one HTML page with every chapter of `book`, in the order of its contents; links between chapters stay inside.

    Raises
    ------
    DataError
        If `book` is no built book.
    """
    if not (book / "index.html").is_file():
        raise DataError(f"{book} has no index.html; expected a built book: run `make reproduce` or `renderfit stage book` first")
    root = _root(book)
    front = _soup(root)
    links = [str(link["href"]) for link in front.select("nav.bd-links a.reference.internal")]
    chapters = list(dict.fromkeys([root, *((root.parent / unquote(urlsplit(link).path)).resolve() for link in links if link != "#")]))
    chapters = [path for path in chapters if path.is_file()]
    kept = _absolute(front, root, chapters).select("head link[rel=stylesheet], head script")
    head = "\n".join(str(tag) for tag in kept if tag.name == "link" or "mathjax" in str(tag).lower())
    bodies = "\n".join(_chapter(path, chapters) for path in chapters)
    title = html.escape(front.title.get_text(strip=True) if front.title else "book")
    return (
        f'<!doctype html><html lang="en" data-theme="light" data-mode="light"><head><meta charset="utf-8"><title>{title}</title>'
        f"{head}<style>{STYLE}</style></head><body>{bodies}</body></html>"
    )


def _root(book: Path) -> Path:
    """Return the first chapter: index.html, or the page it forwards to."""
    refresh = _soup(book / "index.html").select_one("meta[http-equiv]")
    content = str(refresh.get("content", "")) if refresh else ""
    return (book / content.partition("url=")[2]).resolve() if "url=" in content else (book / "index.html").resolve()


def _soup(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(), "html.parser")


def _chapter(path: Path, chapters: list[Path]) -> str:
    soup = _soup(path)
    article = soup.select_one("article.bd-article") or soup.select_one("article") or soup.body
    if article is None:
        return ""
    for frame in article.find_all("iframe"):
        note = soup.new_tag("p")
        note.string = f"Interactive in the HTML book: {frame.get('title', 'a 3D scene')}"
        frame.replace_with(note)
    for tag in article.find_all(id=True):
        tag["id"] = f"{path.stem}--{tag['id']}"
    _absolute(article, path, chapters)
    return f'<article class="bd-article chapter" id="{path.stem}--">{article.decode_contents()}</article>'


def _absolute(part: Tag, path: Path, chapters: list[Path]) -> Tag:
    """Make addresses of files absolute; those of chapters become places inside the one page."""
    for tag in part.find_all(["a", "img", "link", "script", "source"]):
        key = "href" if tag.name in ("a", "link") else "src"
        parts = urlsplit(str(tag.get(key, "")))
        if not tag.get(key) or parts.scheme:
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        inside = tag.name == "a" and target in chapters
        tag[key] = f"#{target.stem}--{parts.fragment}" if inside else target.as_uri()
    return part
