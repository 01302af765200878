"""What DVC sees of the mirror: noted when it changes, kept where there is none."""

import json

from renderfit.datasets import mirror


def test_the_mirror_is_noted_and_kept_without_one(tmp_path, monkeypatch):
    folder = tmp_path / "mirror"
    first = mirror.manifest()[0]
    (folder / first.file).parent.mkdir(parents=True)
    (folder / first.file).write_bytes(b"one")
    monkeypatch.setenv(mirror.VARIABLE, str(folder))
    noted = tmp_path / "root" / "results" / "mirror.json"
    mirror.note_mirror(tmp_path / "root")
    before = noted.read_text()
    assert list(json.loads(before)) == [first.file]
    stamp = noted.stat().st_mtime_ns
    mirror.note_mirror(tmp_path / "root")
    assert noted.stat().st_mtime_ns == stamp, "an unchanged mirror leaves the file alone"
    (folder / first.file).write_bytes(b"two")
    mirror.note_mirror(tmp_path / "root")
    assert noted.read_text() != before
    monkeypatch.setenv(mirror.VARIABLE, str(tmp_path / "nowhere"))
    after = noted.read_text()
    mirror.note_mirror(tmp_path / "root")
    assert noted.read_text() == after
