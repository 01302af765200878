"""Upright whatever it is: by what shapes stand on and hold, by their neighbours, by what the package knows, or as the owner says."""

import json

import numpy as np
import pytest
import torch
import trimesh

from renderfit.cli.dataset import align
from renderfit.datasets.discover import discover
from renderfit.datasets.folder import Folder
from renderfit.datasets.intake import take_in
from renderfit.datasets.orientation import CUBE, Cloud
from renderfit.datasets.procedural import build
from renderfit.datasets.procedural.catalogue import recipes
from renderfit.datasets.references import KNOWN, built, known, references, resemblance
from renderfit.datasets.roles import points_of
from renderfit.datasets.standing import ATTRIBUTES, AXES, attributes
from renderfit.datasets.taken import Wanted
from renderfit.datasets.upright import HABIT, Up, evidence, turn_up, usual
from renderfit.errors import DataError
from renderfit.geometry import Mesh, save_mesh
from renderfit.plotting.intake import page


def block(x, y, z, *sides):
    """Box about (x, y) that stands at height z."""
    made = trimesh.creation.box(sides)
    made.apply_translation([x, y, z + sides[2] / 2])
    return made


def legs(width, depth, height):
    return [block(x * width, y * depth, 0, 0.04, 0.04, height) for x in (-0.46, 0.46) for y in (-0.46, 0.46)]


def chair(k):
    width, high = 0.4 + 0.02 * k, 0.4 + 0.03 * k
    return [block(0, 0, 0.45, width, 0.45, 0.04), block(0, -0.21, 0.49, width, 0.03, high), *legs(width, 0.45, 0.45)]


def table(k):
    width, depth = 0.9 + 0.1 * k, 0.6 + 0.03 * k
    return [block(0, 0, 0.7, width, depth, 0.04), *legs(width, depth, 0.7)]


def mug(k):
    radius, height = 0.04 + 0.002 * k, 0.09 + 0.006 * k
    body = trimesh.creation.revolve(
        np.array([[0, 0], [radius, 0], [radius, height], [radius - 0.004, height], [radius - 0.004, 0.004], [0, 0.004]])
    )
    return [body, block(0, radius + 0.02, 0.3 * height, 0.01, 0.01, 0.4 * height), block(0, radius + 0.01, 0.3 * height, 0.01, 0.02, 0.01)]


def lamp(k):
    top, height = 0.06 + 0.005 * k, 0.3 + 0.03 * k
    shade = trimesh.creation.revolve(
        np.array([[0.12, height], [top, height + 0.18], [top - 0.003, height + 0.18], [0.117, height], [0.12, height]])
    )
    foot, pole = trimesh.creation.cylinder(0.08, 0.02), block(0, 0, 0.01, 0.02, 0.02, height + 0.1)
    foot.apply_translation([0, 0, 0.01])
    return [foot, pole, shade]


KINDS = {"chair": chair, "table": table, "mug": mug, "lamp": lamp}


def made(kind, k):
    whole = trimesh.util.concatenate(KINDS[kind](k))
    return Mesh(torch.from_numpy(np.array(whole.vertices)), torch.from_numpy(np.array(whole.faces, dtype=np.int64)))


def turned(mesh, turn):
    return mesh.with_vertices(torch.from_numpy(mesh.numpy()[0] @ turn.T))


def scattered(folder, kind, seed, count=6):
    """Write objects in millimetres, two of them turned in another way than the rest; return how."""
    rng = np.random.default_rng(seed)
    common, turns = int(rng.integers(24)), {}
    for k in range(count):
        turns[f"{kind}{k}"] = CUBE[int(rng.integers(24)) if k in (1, 4) else common]
        save_mesh(turned(made(kind, k), 1000 * turns[f"{kind}{k}"]), folder / kind / f"{kind}{k}.ply")
    return turns


@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_of_a_kind_never_seen_comes_out_upright(tmp_path, kind):
    turns = scattered(tmp_path, kind, sorted(KINDS).index(kind))
    found = take_in("things", discover(tmp_path)[kind])
    assert not found.rejected
    assert all((one.turn @ turns[name])[2, 2] > 0.9 for name, one in found.taken.items())
    assert found.up.sure


def test_attributes_do_not_depend_on_the_frame_or_the_unit():
    plain, other = attributes(made("chair", 0)), attributes(turned(made("chair", 0), 39.37 * CUBE[7]))
    order = [int(np.flatnonzero([np.array_equal(CUBE[7] @ mine, theirs) for mine in directions()])[0]) for theirs in directions()]
    assert plain.shape == (6, len(ATTRIBUTES))
    np.testing.assert_allclose(other, plain[order], atol=0.12)  # cells of the maps lie elsewhere


def directions():
    return [sign * np.eye(3)[number] for number, sign in AXES.values()]


def test_a_mug_holds_water_and_a_table_has_legs():
    up, down = list(AXES).index("z"), list(AXES).index("-z")
    mugs, tables = attributes(made("mug", 0)), attributes(made("table", 0))
    hollow, feet = (ATTRIBUTES.index(name) for name in ("hollow_below", "legs"))
    assert mugs[down, hollow] > 0.5
    assert mugs[up, hollow] < 0.05
    assert tables[up, feet] > 0.7
    assert tables[down, feet] < 0.1
    assert evidence(made("table", 0))["z"] > np.log(0.5)


def test_the_top_of_a_table_on_one_leg_is_no_floor(tmp_path):
    for k in range(5):
        pieces = (
            table(k) if k < 4 else [block(0, 0, 0.68, 0.8, 0.7, 0.03), block(0, 0, 0.03, 0.08, 0.08, 0.65), block(0, 0, 0, 0.3, 0.3, 0.03)]
        )
        whole = trimesh.util.concatenate(pieces)
        (tmp_path / "table").mkdir(exist_ok=True)
        whole.export(tmp_path / "table" / f"{k}.ply")
    found = take_in("table", discover(tmp_path)["table"])
    assert not found.rejected
    assert {one.up for one in found.taken.values()} == {"z"}


def test_references_are_what_the_recipes_make():
    np.testing.assert_allclose([cloud.points for cloud in references()["bottle"]], built("bottle"), atol=5e-3)
    assert set(references()) == set(KNOWN)


def test_known_objects_are_recognised_by_name_and_others_are_not():
    assert (known("Spray bottles"), known("power_drill"), known("chair")) == ("spray", "drill", None)
    bottle = Cloud(points_of(build("bottle", recipes("bottle")[1]["parameters"]), 160))
    assert CUBE[resemblance(bottle, "bottle").argmax()][2, 2] == 1.0
    assert CUBE[resemblance(bottle, "things").argmax()][2, 2] == 1.0
    assert not resemblance(Cloud(points_of(made("chair", 0), 160)), "bottle openers").any()


def test_the_owner_overrules_single_meshes(tmp_path, capsys):
    turns = scattered(tmp_path / "in", "mug", 3, count=5)
    wrong = {"mug2": "x", "mug3": "-y"}
    (tmp_path / "in" / "intake.json").write_text(json.dumps({"mug": {"unit": "mm", "each": wrong}}))
    found = Folder(tmp_path / "in").intake("mug").taken
    assert {name: found[name].up for name in wrong} == wrong
    assert all((found[name].turn @ turns[name])[2, 2] > 0.9 for name in ("mug0", "mug4"))
    align(tmp_path / "in", tmp_path / "out", as_json=True)  # the command reads the same file
    report = json.loads(capsys.readouterr().out.splitlines()[-1])["mug"]
    for name, axis in wrong.items():
        assert "that was given" in report["rejected"].get(name, "") or report["instances"][name]["up"] == axis
    with pytest.raises(DataError, match="mug9 is given, but mug has no such mesh; it has mug0"):
        take_in("mug", discover(tmp_path / "in")["mug"], Wanted(each={"mug9": "x"}))
    with pytest.raises(DataError, match="up axis is 'top'"):
        Wanted(each={"mug0": "top"})


@pytest.mark.parametrize("suffix", [".ply", ".stl", ".obj", ".glb"])
def test_what_is_usual_are_probabilities(suffix):
    for shared in (None, "-x"):
        found = usual(suffix, shared)
        assert sum(found.values()) == pytest.approx(1.0)
        assert max(found, key=found.get) == (shared or HABIT[suffix])


def test_an_up_axis_is_sure_only_where_shapes_and_habits_say_so():
    assert Up("z").sure
    assert Up("z", 0.96, 0.55, "y").sure
    assert not Up("z", 0.94, 0.99, "y").sure
    assert not Up("z", 0.99, 0.4, "y").sure


def slab(k):
    """A thing that might stand on any of its sides."""
    box = trimesh.creation.box([0.1 + 0.01 * k, 0.12, 0.11])
    return Mesh(torch.from_numpy(np.array(box.vertices)), torch.from_numpy(np.array(box.faces)))


def test_where_the_shape_says_little_the_others_of_the_folder_do(tmp_path, caplog):
    lying = turn_up("-x").T
    for kind in ("table", "chair", "slab"):
        for k in range(4):
            mesh = slab(k) if kind == "slab" else made(kind, k)
            save_mesh(turned(mesh, lying), tmp_path / kind / f"{kind}{k}.ply")
    found = Folder(tmp_path)
    alone = take_in("slab", found.files["slab"])
    assert not alone.up.sure
    assert alone.entry()["up_is_a_guess"]
    assert {found.intake(kind).up.axis for kind in found.files} == {"-x"}
    assert found.intake("table").up.sure
    assert "slab: that -x is up is a guess" in caplog.text
    shown = page({"slab": alone}, {}, "here")
    assert "a guess" in shown
    assert "intake.json beside the folders" in shown


def test_files_that_say_little_stay_as_they_are(tmp_path):
    for k in range(4):
        save_mesh(slab(k), tmp_path / "slab" / f"{k}.ply")
    assert take_in("slab", discover(tmp_path)["slab"]).up.axis in ("z", "y")
    named = {str(k): path for k, path in enumerate(sorted((tmp_path / "slab").iterdir()))}
    for path in named.values():
        trimesh.load(path).export(path.with_suffix(".glb"))
    assert take_in("slab", {name: path.with_suffix(".glb") for name, path in named.items()}).up.axis == "y"
