import dataclasses
import logging

import pytest
import yaml

from renderfit import config, paths
from renderfit.evaluation import kept, methods, scoring
from renderfit.geometry import save_mesh


@pytest.fixture
def root(instance, tmp_path, monkeypatch):
    """A root of its own: parameters, networks and what is kept."""
    entries = yaml.safe_load((paths.ROOT / "params.yaml").read_text())
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(entries))
    for name in ("unet", "deepcpd"):
        (tmp_path / "artifacts" / name).mkdir(parents=True)
        (tmp_path / "artifacts" / name / "weights").write_text(name)
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr(paths, "ARTIFACTS", tmp_path / "artifacts")
    monkeypatch.setattr(kept, "FOLDER", tmp_path / "build" / "registrations")
    save_mesh(instance.reference, tmp_path / "mesh.ply")
    return tmp_path


@pytest.fixture
def one(instance, root):
    return dataclasses.replace(instance, inputs=[root / "mesh.ply"])


class Counted:
    """A registration that says how often it was run."""

    def __init__(self, instance):
        self.made, self.instance = [], instance

    def __call__(self, method, seed=1):
        def run():
            self.made.append(method)
            return scoring.given_up(self.instance, self.instance.views[0].pose, method, "for the test")

        return kept.Kept(self.instance)(method, 0, True, seed, run)

    def again(self):
        """Ask for every method; return those that were run."""
        self.made = []
        for name in methods.METHODS:
            self(name)
        return set(self.made)


def change(root, section, name, value):
    path = root / "params.yaml"
    entries = yaml.safe_load(path.read_text())
    entries[section][name] = value
    path.write_text(yaml.safe_dump(entries))


def test_a_run_is_repeated_only_when_something_it_depends_on_has_changed(one, root):
    ask = Counted(one)
    assert ask.again() == set(methods.METHODS)
    assert ask.again() == set()
    change(root, "paper", "momentum", 0.5)
    assert ask.again() == {"paper", "paper_mask"}
    change(root, "cls", "iterations", 3)
    assert ask.again() == {"cls", "cls_pose"}
    (root / "artifacts" / "deepcpd" / "weights").write_text("other")
    assert ask.again() == {"deepcpd"}
    (root / "artifacts" / "unet" / "weights").write_text("other")
    assert ask.again() == {"deepcpd", "paper", "paper_mask", "ours", "ours_pca"}
    change(root, "table1", "seed", 9)
    assert ask.again() == set()
    change(root, "shape_space", "rich_local", 7)
    assert ask.again() == set(methods.METHODS)
    (root / "mesh.ply").write_bytes((root / "mesh.ply").read_bytes() + b" ")
    assert ask.again() == set(methods.METHODS)
    assert len(list(kept.FOLDER.iterdir())) == len(methods.METHODS), "the file of a former digest stays"


def test_what_is_kept_comes_back_whole_and_another_seed_is_another_run(one):
    ask = Counted(one)
    made, again = ask("cls"), ask("cls")
    assert (again[0].warnings, again[0].method) == (["for the test"], "cls")
    assert (again[0].mesh.vertices == made[0].mesh.vertices).all()
    assert (again[0].pose.matrix == made[0].pose.matrix).all()
    assert again[1] == made[1]
    ask("cls", seed=2)
    assert ask.made == ["cls", "cls"]


def test_a_damaged_file_is_said_and_made_anew(one, caplog):
    ask = Counted(one)
    ask("cls")
    (path,) = kept.FOLDER.iterdir()
    path.write_bytes(path.read_bytes()[:100])
    with caplog.at_level(logging.WARNING):
        ask("cls")
    assert "not readable" in caplog.text
    assert ask.made == ["cls", "cls"]
    ask("cls")
    assert ask.made == ["cls", "cls"]


def test_everything_can_be_forgotten(one, root):
    ask = Counted(one)
    ask("ours")
    kept.forget(root)
    ask("ours")
    assert ask.made == ["ours", "ours"]


@pytest.mark.parametrize("name", ["cls", "cls_pose", "paper_mask", "ours", "ours_pca", "ours_mask"])
@pytest.mark.parametrize("noise", [False, True])
def test_methods_read_no_parameters_but_those_they_declare(instance, name, noise, monkeypatch):
    read, section = set(), config.section

    def noted(kind):
        read.add(next(key for key, known in config.SECTIONS.items() if known is kind))
        return section(kind)

    monkeypatch.setattr(config, "section", noted)
    view = instance.views[0]
    methods.METHODS[name].run(instance, view, view.mask, None, view.pose, noise, 0)
    assert read
    assert read <= {*methods.METHODS[name].sections, *kept.COMMON}
