"""The PDF of a tiny built book: chapters in the order of the contents, links inside, a clear message without a browser."""

import re

import pytest
from renderfit_test_browser import executable

from renderfit.errors import DataError
from renderfit.pipeline.book import pdf

PAGE = """<!doctype html><html><head><title>{title}</title><link rel="stylesheet" href="_static/a.css">
<script src="other.js"></script></head><body>
<nav class="bd-links"><a class="reference internal" href="#">one</a><a class="reference internal" href="two.html">two</a></nav>
<article class="bd-article"><h1 id="top">{title}</h1><p><a href="{link}">over there</a> <a href="https://example.org/">far</a></p>
<iframe title="A ball that turns." src="_static/scene.html"></iframe><img src="_images/a.png" alt="a"></article></body></html>"""


@pytest.fixture
def book(tmp_path):
    folder = tmp_path / "html"
    folder.mkdir()
    (folder / "index.html").write_text('<meta http-equiv="Refresh" content="0; url=one.html" />')
    (folder / "one.html").write_text(PAGE.format(title="One", link="two.html#top"))
    (folder / "two.html").write_text(PAGE.format(title="Two", link="one.html"))
    return folder


def test_all_chapters_become_one_page_with_links_inside(book):
    page = pdf.single_page(book)
    assert re.findall(r"<h1[^>]*>(\w+)</h1>", page) == ["One", "Two"]
    assert 'href="#two--top"' in page
    assert 'href="#one--"' in page
    assert 'id="two--top"' in page
    assert 'href="https://example.org/"' in page
    assert (book / "_images" / "a.png").as_uri() in page
    assert "A ball that turns." in page
    assert "<iframe" not in page
    assert "other.js" not in page


def test_the_book_is_printed_or_the_missing_browser_named(book, tmp_path):
    target = tmp_path / "out" / "book.pdf"
    if executable():
        pdf.make(book, target)
        assert target.read_bytes().startswith(b"%PDF")
        assert [path.name for path in target.parent.iterdir()] == ["book.pdf"]
    else:
        with pytest.raises(DataError, match="apt install chromium"):
            pdf.make(book, target)


def test_without_a_browser_the_message_says_what_to_do(book, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DataError, match=r"no Chromium here.*apt install chromium"):
        pdf.make(book, tmp_path / "book.pdf")


def test_a_folder_that_is_no_book_is_refused(tmp_path):
    with pytest.raises(DataError, match="expected a built book"):
        pdf.single_page(tmp_path)
