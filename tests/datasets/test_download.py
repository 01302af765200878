"""Downloads from a server on this machine: interrupted, resumed, compared, refused by name; nothing outside is asked."""

import dataclasses
import hashlib
import http.server
import json
import re
import threading

import numpy as np
import pytest

from renderfit import paths
from renderfit.datasets import download, mirror
from renderfit.datasets.real import Drills
from renderfit.datasets.reconstruct import load_cloud
from renderfit.errors import DataError

CONTENT = {"/data/first.stl": bytes(range(256)) * 2000, "/data/second.stl": b"second" * 300, "/data/bad.stl": bytes(256 * 2000)}


class Server(http.server.BaseHTTPRequestHandler):
    """Serves `CONTENT` with ranges; the first `cut` answers break off in the middle."""

    cut, ranges, asked = 0, True, []

    def do_GET(self):
        kind = type(self)
        kind.asked.append((self.path, self.headers.get("Range")))
        content = CONTENT.get(self.path)
        if content is None:
            self.send_error(404)
            return
        span = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(span[1]) if span and kind.ranges else 0
        self.send_response(206 if span and kind.ranges else 200)
        if span and kind.ranges:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        body = content[start:]
        if kind.cut > 0:
            kind.cut -= 1
            body = body[: len(body) // 2]
            self.close_connection = True
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def server(monkeypatch, tmp_path):
    Server.cut, Server.ranges, Server.asked = 0, True, []
    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    monkeypatch.setattr(download.time, "sleep", lambda _: None)
    monkeypatch.setenv(mirror.VARIABLE, str(tmp_path / "mirror"))
    address = f"http://127.0.0.1:{running.server_address[1]}"
    entries = [entry(address, name) for name in ("first", "second")]
    monkeypatch.setattr(mirror, "manifest", lambda: entries)
    yield address, entries
    running.shutdown()
    running.server_close()


def entry(address, name):
    content = CONTENT[f"/data/{name}.stl"]
    digest = hashlib.sha256(content).hexdigest()
    here = ("drill", "", 1, "0" * 64, "somebody", "0" * 12, "CC0", "clear", "somebody", "as published")
    return mirror.Entry(f"drill/{name}.ply", *here, f"{address}/data/{name}.stl", len(content), digest)


def test_an_interrupted_download_is_resumed(server):
    _, (first, _) = server
    Server.cut = 2
    assert download.fetch(first)
    target = mirror.store() / first.original
    assert target.read_bytes() == CONTENT["/data/first.stl"]
    size = len(CONTENT["/data/first.stl"])
    assert [span for _, span in Server.asked] == [None, f"bytes={size // 2}-", f"bytes={size // 2 + size // 4}-"]
    assert not list(target.parent.glob("*.part"))
    assert not download.fetch(first), "it is there"
    assert len(Server.asked) == 3
    assert mirror.located(first).path == target


def test_what_was_cut_off_for_good_is_resumed_by_the_next_call(server):
    _, (first, _) = server
    Server.cut = 99
    with pytest.raises(DataError, match=r"first.stl.*have \d+: offline\?.*RENDERFIT_MIRROR"):
        download.fetch(first)
    part = next(mirror.store().rglob("*.part"))
    have = part.stat().st_size
    assert 0 < have < first.url_bytes
    Server.cut = 0
    assert download.fetch(first)
    assert Server.asked[-1][1] == f"bytes={have}-"


def test_a_server_without_ranges_starts_anew(server):
    _, (first, _) = server
    Server.cut, Server.ranges = 1, False
    assert download.fetch(first)
    assert (mirror.store() / first.original).read_bytes() == CONTENT["/data/first.stl"]


def test_wrong_bytes_are_refused_by_name_and_not_kept(server):
    address, (first, second) = server
    for change, words in (
        ({"url": f"{address}/data/bad.stl"}, "corrupted"),
        ({"url": second.url, "url_bytes": second.url_bytes}, "this is drill/second.ply, swapped or renamed"),
        ({"url": f"{address}/data/none.stl"}, r"404.*expected 512000 bytes"),
    ):
        with pytest.raises(DataError, match=words):
            download.fetch(dataclasses.replace(first, **change))
        assert not list(mirror.store().rglob("*.stl*"))


def test_a_web_mirror_gives_files_in_the_common_frame(server, monkeypatch, tmp_path):
    address, (first, _) = server
    monkeypatch.setenv(mirror.VARIABLE, f"{address}/")
    monkeypatch.setattr(paths, "ARTIFACTS", tmp_path / "artifacts")
    whole = dataclasses.replace(first, file="data/first.stl", bytes=first.url_bytes, sha256=first.url_sha256)
    assert download.fetch(whole)
    assert mirror.checked(whole) == tmp_path / "artifacts" / "mirror" / "data" / "first.stl"


def test_offline_the_message_names_file_and_variable(server):
    _, (first, _) = server
    dead = dataclasses.replace(first, url="http://127.0.0.1:9/data/first.stl")
    with pytest.raises(DataError, match=r"first.stl.*refused.*offline\?.*RENDERFIT_MIRROR"):
        download.fetch(dead)


def test_everything_is_fetched_once_and_unknown_categories_are_named(server):
    found = download.fetch_all(["drill"])
    assert (found["fetched"], found["kept"], found["without_address"]) == (2, 0, [])
    assert download.fetch_all()["kept"] == 2
    assert json.dumps(found)
    with pytest.raises(DataError, match="no category teapot"):
        download.fetch_all(["teapot"])


def test_addresses_of_the_manifest_are_complete():
    addressed = [entry for entry in mirror.manifest() if entry.url]
    assert len(addressed) >= 30
    for entry in addressed:
        repository, path = entry.origin.split(":", 1)
        assert entry.url == f"https://raw.githubusercontent.com/{repository}/{entry.revision}/{path}"
        linear = entry.to_frame()[:, :3]
        scale = np.cbrt(np.linalg.det(linear))
        assert scale > 0, "no reflection"
        assert np.allclose(linear @ linear.T, scale**2 * np.eye(3), rtol=1e-5, atol=1e-6 * scale**2)
        assert len(entry.url_sha256) == 64


def test_published_clouds_are_read_as_their_authors_wrote_them(tmp_path):
    rows = np.random.default_rng(0).normal(size=(5, 7)).round(4)
    head = "# .PCD v0.7\nVERSION 0.7\nFIELDS x y z normal_x normal_y normal_z curvature\nPOINTS 5\nDATA ascii\n"
    path = tmp_path / "drill_1.pcd"
    path.write_text(head + "\n".join(" ".join(map(str, row)) for row in rows) + "\n")
    points, normals = load_cloud(path)
    assert np.allclose(points, rows[:, :3], atol=1e-6)
    assert np.allclose(np.linalg.norm(normals, axis=1), 1)
    path.write_text("no cloud")
    with pytest.raises(DataError, match=r"drill_1.pcd"):
        load_cloud(path)
    assert Drills.CATEGORY == "drill"
