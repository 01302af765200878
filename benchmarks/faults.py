"""Faults of the machine around a stage: kills, full disk, locked folder, corrupted artefacts, concurrent runs.

The stage is ``watertight`` on a root of five small boxes; its undisturbed output is what every later run must repeat byte by byte.
"""

import ctypes
import json
import logging
import os
import resource
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import trimesh
import yaml
from fuzz import damaged

from renderfit.datasets.split import load_split
from renderfit.errors import RenderFitError
from renderfit.geometry import Camera, Pose, load_mesh
from renderfit.shapes import ShapeSpace
from renderfit.vision import load_network
from renderfit.vision.checkpoint import save_network
from renderfit.vision.unet import UNet

NAMES = "abcde"


def root_of(folder):
    """Make a tiny root, as the stage dataset would leave it."""
    data = folder / "artifacts" / "dataset"
    (data / "box").mkdir(parents=True)
    for number, name in enumerate(NAMES):
        trimesh.creation.box([0.1, 0.2, 0.1 + 0.02 * number]).export(data / "box" / f"{name}.ply")
    split = {"box": {"canonical": "a", "train": ["b", "c", "d"], "test": {"t1": "e"}}}
    (data / "split.json").write_text(json.dumps(split))
    settings = {"dataset": {"categories": ["box"]}, "watertight": {"depth": 5, "vertices": 300}, "compute": {"backend": "serial"}}
    (folder / "params.yaml").write_text(yaml.safe_dump(settings))
    return folder


def started(root, **options):
    environment = {**os.environ, "RENDERFIT_ROOT": str(root), "NUMBA_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "renderfit.cli", "stage", "watertight"]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=root, **options)


def ended(process):
    """Return exit status and messages."""
    messages = process.communicate(timeout=300)[1]
    return process.returncode, messages


def output(root):
    """Return the bytes of what the stage wrote."""
    folder = root / "artifacts" / "watertight"
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()] if folder.exists() else []
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def leftovers(root):
    return [path.name for path in root.rglob("*") if ".part" in path.name]


def polite(status, messages):
    """Say whether a command ended in a message: status 1 or 2, no traceback."""
    return status in (1, 2) and "Traceback" not in messages and bool(messages.strip())


def every(folder):
    """Return one row a fault."""
    root = root_of(folder / "undisturbed")
    begun = time.monotonic()
    assert ended(started(root))[0] == 0
    seconds = time.monotonic() - begun
    expected = output(root)
    rows = []
    for name, fault in (
        ("killed at a random moment, then run again", killed),
        ("disk full", full_disk),
        ("read-only folder", read_only),
        ("three runs at once", concurrent),
    ):
        row = {"what": name, **fault(folder, expected, seconds)}
        rows.append(row)
        logging.info("%s", row)
    rows.append({"what": "corrupted artefacts", **corrupted(folder, expected)})
    logging.info("%s", rows[-1])
    return rows


def row(cases, problems, message=""):
    return {"cases": cases, "as_promised": cases - len(problems), "defects": len(problems), "example": message, "defect_list": problems}


def killed(folder, expected, seconds, times=4):
    """Kill the stage (SIGKILL) at random moments; no output may pass for a result, and a second run gives the same bytes."""
    rng, problems = np.random.default_rng(1), []
    for number in range(times):
        root = root_of(folder / f"killed{number}")
        process = started(root, start_new_session=True)
        time.sleep(seconds * rng.uniform(0.3, 1.0))
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        if output(root) not in ({}, expected):
            problems.append("half a result after the kill")
        status, _ = ended(started(root))
        if status or output(root) != expected or leftovers(root):
            problems.append(f"status {status} after the kill, leftovers {leftovers(root)}")
    return row(times, problems)


def full_disk(folder, expected, _seconds):
    """Let no file grow past a few sizes; nothing half-written may stay, and a run with space gives the same bytes."""
    problems, message, limits = [], "", (500, 5000)
    for limit in limits:
        root = root_of(folder / f"full{limit}")
        status, messages = ended(started(root, preexec_fn=lambda limit=limit: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))))
        message = messages.strip().splitlines()[-1].replace(str(root), "ROOT") if messages.strip() else ""
        if not polite(status, messages) or output(root):
            problems.append(f"limit {limit}: status {status}: {message}")
        status, _ = ended(started(root))
        if status or output(root) != expected:
            problems.append(f"limit {limit}: status {status} with space again")
    return row(len(limits), problems, message)


def obey_permissions():
    """Take from this process, when root, the right to write where the owner may not (capabilities 1 and 2 of Linux)."""
    if os.geteuid() == 0:
        for capability in (1, 2):
            ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP


def read_only(folder, _expected, _seconds):
    """Run where nothing may be written."""
    root = root_of(folder / "locked")
    for place in (root, root / "artifacts"):
        place.chmod(0o555)
    status, messages = ended(started(root, preexec_fn=obey_permissions))
    message = messages.strip().splitlines()[-1].replace(str(root), "ROOT") if messages.strip() else ""
    for place in (root, root / "artifacts"):
        place.chmod(0o755)
    problems = [] if polite(status, messages) and not output(root) else [f"status {status}: {message}"]
    return row(1, problems, message)


def concurrent(folder, expected, _seconds):
    """Start the stage three times at once: at least one finishes, the others finish or say why not, the bytes are right."""
    problems, message = [], ""
    for attempt in range(1):
        root = root_of(folder / f"concurrent{attempt}")
        found = [ended(process) for process in [started(root) for _ in range(3)]]
        refused = [messages for status, messages in found if status]
        message = refused[0].strip().splitlines()[-1].replace(str(root), "ROOT") if refused else message
        if all(status for status, _ in found) or not all(polite(*one) for one in found if one[0]):
            problems.append(f"statuses {[status for status, _ in found]}: {message}")
        if output(root) != expected or leftovers(root):
            problems.append(f"other bytes, or leftovers {leftovers(root)}")
    return row(1, problems, message)


def corrupted(folder, expected, times=60):
    """Damage each kind of artefact many times; reading gives something valid or an error that names the file."""
    place = folder / "artefacts"
    place.mkdir()
    balls = [trimesh.creation.icosphere(2, 0.05 * (1 + 0.1 * k)) for k in range(4)]
    from renderfit.geometry import Mesh

    meshes = [Mesh(np.asarray(ball.vertices) * [1, 1, 1 + 0.1 * k], np.asarray(ball.faces)) for k, ball in enumerate(balls)]
    ShapeSpace.fit(meshes[0], meshes[1:], components=2, points=100, iterations=5).save(place / "space")
    save_network(UNet(("bottle",), width=2, levels=2, window=16), place / "unet")
    (place / "split.json").write_bytes((folder / "undisturbed" / "artifacts" / "dataset" / "split.json").read_bytes())
    (place / "mesh.ply").write_bytes(expected["box/a.ply"])
    (place / "camera.json").write_text(json.dumps({"width": 8, "height": 8, "fx": 9.0, "fy": 9.0, "cx": 4.0, "cy": 4.0}))
    (place / "pose.json").write_text(json.dumps({"object_to_camera": np.eye(4).tolist()}))
    readers = [(path, lambda _path: ShapeSpace.load(place / "space")) for path in sorted((place / "space").iterdir())]
    readers += [(path, lambda _path: load_network(place / "unet")) for path in sorted((place / "unet").iterdir())]
    readers += [(place / "split.json", load_split), (place / "mesh.ply", load_mesh)]
    readers += [(place / "camera.json", Camera.load), (place / "pose.json", Pose.load)]
    rng, problems, count, message = np.random.default_rng(2), [], 0, ""
    for path, read in readers:
        whole = path.read_bytes()
        for _ in range(times):
            data, kind = damaged(whole, rng)
            path.write_bytes(data)
            count += 1
            try:
                read(path)
            except RenderFitError as problem:
                message = str(problem).replace(str(place), "ROOT")
                if path.name not in message and path.parent.name not in message:
                    problems.append(f"{path.name}, {kind}: the message does not name the file: {message}")
            except Exception as problem:
                problems.append(f"{path.name}, {kind}: {type(problem).__name__}: {problem}")
        path.write_bytes(whole)
        path.unlink()
        count += 1
        try:
            read(path)
            problems.append(f"{path.name}: missing, and nobody noticed")
        except RenderFitError:
            pass
        except Exception as problem:
            problems.append(f"{path.name}, missing: {type(problem).__name__}: {problem}")
        path.write_bytes(whole)
    shutil.rmtree(place)
    return row(count, sorted(set(problems)), message)
