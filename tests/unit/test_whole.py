"""Results appear whole or not at all, whoever else writes at the same time."""

import json
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from renderfit.errors import DataError
from renderfit.whole import require_apart, require_folder, require_name, whole_file, whole_folder, write_json, write_text


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_when_its_block_ends(tmp_path):
    target = tmp_path / "made" / "picture.png"
    with whole_file(target) as part:
        assert part.suffix == ".png"
        assert part.parent == target.parent
        part.write_bytes(b"all")
        assert not target.exists()
    assert target.read_bytes() == b"all"
    assert names(target.parent) == ["picture.png"]


def test_a_block_that_fails_leaves_what_was_there(tmp_path):
    write_text(tmp_path / "kept.txt", "before")
    with pytest.raises(AttributeError), whole_file(tmp_path / "kept.txt") as part:
        part.write_text("half").no_such_attribute()
    with pytest.raises(FileNotFoundError), whole_file(tmp_path / "kept.txt"):
        pass  # nothing was written
    with pytest.raises(TypeError):
        write_json(tmp_path / "kept.txt", {"a set": {1}})
    assert (tmp_path / "kept.txt").read_text() == "before"
    assert names(tmp_path) == ["kept.txt"]


def test_a_folder_appears_whole_or_not_at_all(tmp_path):
    target = tmp_path / "result"
    with pytest.raises(AttributeError), whole_folder(target) as part:
        (part / "half.txt").write_text("half").no_such_attribute()
    assert names(tmp_path) == []
    with whole_folder(target) as part:
        assert not target.exists()
        (part / "all.txt").write_text("all")
    with whole_folder(target) as part:
        (part / "new.txt").write_text("new")
    assert names(target) == ["new.txt"]
    assert names(tmp_path) == ["result"]


def test_no_search_for_results_finds_a_temporary_file(tmp_path):
    with whole_file(tmp_path / "bottle-t1.png") as part:
        part.write_bytes(b"half")
        assert not list(tmp_path.glob("bottle-*.png"))
    write_json(tmp_path / "b.json", {"b": 1, "a": [2]}, sort_keys=True)
    assert (tmp_path / "b.json").read_text() == '{\n "a": [\n  2\n ],\n "b": 1\n}\n'


def rewrite(path, number):
    """Write one file again and again, a long run of one number each time; return whether it was ever seen in another state."""
    for _ in range(100):
        write_json(path, [number] * 5000)
        if len(set(found := json.loads(path.read_text()))) != 1 or len(found) != 5000:
            return False
    return True


def test_two_processes_that_write_the_same_file_never_mix(tmp_path):
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        assert all(pool.map(rewrite, [tmp_path / "shared.json"] * 2, [1, 2]))
    assert names(tmp_path) == ["shared.json"]


@pytest.mark.parametrize("name", ["x" * 251, "ß" * 125])
def test_every_name_that_a_file_may_have_can_be_written(tmp_path, name):
    write_text(tmp_path / f"{name}.ply", "mesh")
    with whole_file(tmp_path / f"{name}.obj") as part:
        part.write_text("mesh")
    assert names(tmp_path) == [f"{name}.obj", f"{name}.ply"]


def test_what_is_in_the_way_of_a_folder_is_named(tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "dangling").symlink_to(tmp_path / "nothing")
    require_folder(tmp_path / "made" / "later")
    with pytest.raises(DataError, match="file is a file; expected a folder"):
        require_folder(tmp_path / "file" / "below")
    for name in ("loop", "dangling"):
        with pytest.raises(DataError, match=f"{name} is a link to nothing; expected a folder"):
            require_folder(tmp_path / name / "below")


@pytest.mark.parametrize("name", ["x" * 256, "ß" * 128, f"{'y' * 300}/below"])
def test_a_name_that_no_file_can_have_is_refused_before_the_work(tmp_path, name):
    require_name(tmp_path / ("x" * 255))
    with pytest.raises(DataError, match=r"\.\.\.: a name of (256|300) bytes; expected at most 255"):
        require_name(tmp_path / name)
    with pytest.raises(DataError, match="a name of"):
        require_folder(tmp_path / name)
    with pytest.raises(DataError, match=r"a path of \d+ bytes; expected fewer than 4096"):
        require_name(tmp_path.joinpath(*["z" * 200] * 21))


def test_results_keep_apart_from_what_they_are_made_from(tmp_path):
    (tmp_path / "space").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "space")
    require_apart(tmp_path, [tmp_path / "space"])
    require_apart(tmp_path / "space" / "out", [tmp_path / "space"], below=True)
    for out, words in (("space", "is the input"), ("link", "is the input"), ("space/out", "lies in the input")):
        with pytest.raises(DataError, match=rf"{out}: {words} .*space; expected another place"):
            require_apart(tmp_path / out, [tmp_path / "other", tmp_path / "space"])
