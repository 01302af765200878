"""The built book without a browser: links, pictures, scenes, outside addresses, the list of pages."""

import json
import re
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import pytest
import yaml

pytestmark = pytest.mark.xdist_group("book")


class Page(HTMLParser):
    """What a test needs to know of one page."""

    def __init__(self, path):
        super().__init__()
        self.path, self.ids, self.links, self.loaded, self.images, self.frames = path, set(), [], [], [], []
        self.feed(path.read_text())

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if given.get("id"):
            self.ids.add(given["id"])
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        if tag in ("script", "img", "iframe", "source", "video") and given.get("src"):
            self.loaded.append(given["src"])
        if tag == "link" and given.get("href"):
            self.loaded.append(given["href"])
        if tag == "img":
            self.images.append(given)
        if tag == "iframe":
            self.frames.append(given)


@pytest.fixture(scope="module")
def pages(html):
    return {path: Page(path) for path in sorted(html.rglob("*.html")) if "_static" not in path.parts}


def test_every_present_page_of_the_contents_was_built(staged, html):
    contents = yaml.safe_load((staged / "_toc.yml").read_text())
    names = [contents["root"], *(chapter["file"] for part in contents["parts"] for chapter in part["chapters"])]
    assert len(names) > 10
    assert all((html / f"{name}.html").is_file() for name in names)


def test_a_page_that_is_not_there_is_listed_as_left_out(html):
    text = (html / "pages.html").read_text()
    assert "left out" in text
    assert "notebooks/figure3" in text
    assert "notebooks/extra-sample.html" in text


def test_register_notebooks_carry_the_name_of_their_instance(html):
    assert "<title>Registration of drill T1" in re.sub(r"\s+", " ", (html / "notebooks" / "register-drill-t1.html").read_text())


def test_nothing_is_loaded_from_another_server(pages, html):
    outside = [(page.path.name, url) for page in pages.values() for url in page.loaded if urlsplit(url).scheme in ("http", "https")]
    assert not outside
    for path in [*html.rglob("*.css"), *(html / "_static" / "scenes").glob("*.html")]:
        assert not re.search(r"url\(\s*['\"]?https?://|@import\s+['\"]https?://|src=['\"]https?://", path.read_text(errors="replace")), path


def test_every_inner_link_resolves(pages):
    broken = []
    for page in pages.values():
        for link in [*page.links, *page.loaded]:
            parts = urlsplit(link)
            if parts.scheme or link.startswith(("#tab", "javascript")):
                continue
            target = (page.path.parent / unquote(parts.path)).resolve() if parts.path else page.path
            if not target.exists() or (parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].ids):
                broken.append((page.path.name, link))
    assert not broken


def test_pictures_have_alternative_texts_and_scenes_their_descriptions(pages, html):
    for page in pages.values():
        for frame in page.frames:
            assert len(frame.get("title", "")) > 20, (page.path.name, frame)
            assert frame.get("loading") == "lazy"
            assert (page.path.parent / frame["src"]).stat().st_size <= 1_000_000
    assert sum(len(page.frames) for page in pages.values()) == 2
    teaser = next(image for image in pages[html / "index.html"].images + pages[html / "intro.html"].images if "teaser" in image["src"])
    assert len(teaser["alt"]) > 40
    assert not [image["alt"] for page in pages.values() for image in page.images if "_images/" in image.get("alt", "_images/")]


def test_every_cell_of_table_1_links_to_its_trace(pages, html):
    table = json.loads((html.parents[1] / "results" / "table1.json").read_text())
    shown = pages[html / "notebooks" / "table1.html"].links
    traces = pages[html / "trace.html"].ids
    known = [cell for cell in table["cells"] if cell["pose"] == "known"]
    names = {f"{c['category']}-{c['instance']}-{c['method']}-{c['pose']}".replace("_", "-") for c in known}
    assert names <= {link.partition("#")[2] for link in shown}
    assert names <= traces
    assert {f"mean-{m['method']}-{m['pose']}".replace("_", "-") for m in table["means"]} <= traces
    assert {f"claim-{claim['id']}" for claim in table["claims"]} <= traces
    assert {link.partition("#")[2] for link in shown if "trace.html#" in link} <= traces


def test_results_can_be_downloaded(html):
    found = {path.name for path in (html / "_sources" / "notebooks").glob("*.ipynb")}
    assert {"table1.ipynb", "extra-sample.ipynb"} <= found
