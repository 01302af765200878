"""Inputs nobody asked for: damaged mesh and image files, senseless triangles, arrays of the wrong kind.

Each generator yields (kind, function): calling the function either gives a result that is checked, or must raise an
error of renderfit that says what is wrong. Everything follows from one seed.
"""

import io

import imageio.v3 as iio
import numpy as np
import torch
import trimesh

from renderfit.geometry import Camera, Mesh, Pose, load_mesh
from renderfit.geometry.topology import topology
from renderfit.registration import files, register
from renderfit.shapes.model import LinearModel
from renderfit.vision import segment
from renderfit.vision.unet import UNet
from renderfit.watertight import make_watertight

WRONG_NUMBERS = [b"nan", b"-1", b"1e400", b"99999999999", b"inf", b"2147483648", b"0", b"", b"0x10", b"1,5"]


def damaged(content, rng):
    """Return `content` with one kind of damage, and its name."""
    data, kind = bytearray(content), rng.choice(["cut", "flipped bits", "zeros", "inserted", "repeated", "wrong number", "noise"])
    at = int(rng.integers(len(data)))
    span = int(rng.integers(1, max(2, len(data) // 4)))
    if kind == "cut":
        del data[at:]
    elif kind == "flipped bits":
        for place in rng.integers(0, len(data), rng.integers(1, 20)):
            data[place] ^= 1 << int(rng.integers(8))
    elif kind == "zeros":
        data[at : at + span] = bytes(len(data[at : at + span]))
    elif kind == "inserted":
        data[at:at] = rng.bytes(span)
    elif kind == "repeated":
        data[at:at] = data[at : at + span]
    elif kind == "wrong number":
        words = bytes(data).split(b" ")
        words[int(rng.integers(len(words)))] = WRONG_NUMBERS[rng.integers(len(WRONG_NUMBERS))]
        data = bytearray(b" ".join(words))
    else:
        data = bytearray(rng.bytes(len(data)))
    return bytes(data), str(kind)


def mesh_files(count, rng, folder):
    """Damaged PLY, OBJ, STL, OFF and GLB files for `load_mesh`."""
    shapes = [trimesh.creation.box([0.1, 0.2, 0.3]), trimesh.creation.icosphere(1, 0.1)]
    kinds = [("ply", {}), ("ply", {"encoding": "ascii"}), ("obj", {}), ("stl", {}), ("off", {}), ("glb", {})]
    whole = [(kind, shape.export(file_type=kind, **options)) for kind, options in kinds for shape in shapes]
    for number in range(count):
        suffix, content = whole[number % len(whole)]
        data, kind = damaged(content.encode() if isinstance(content, str) else content, rng)
        path = folder / f"mesh.{suffix}"

        def run(path=path, data=data):
            path.write_bytes(data)
            mesh = load_mesh(path)
            return bool(torch.isfinite(mesh.vertices).all()) and (not len(mesh.faces) or 0 <= int(mesh.faces.max()) < len(mesh.vertices))

        yield f"{suffix}, {kind}", run


def soups(count, rng):
    """Triangles without sense for `Mesh` and `make_watertight`."""
    kinds = ["random", "shared", "flat", "one point", "huge", "tiny", "far away"]
    kinds += ["nan", "infinite", "wrong index", "no faces", "two scales"]
    for number in range(count):
        kind, size = kinds[number % len(kinds)], int(rng.integers(1, 13))
        vertices, faces = rng.normal(size=(3 * size, 3)), np.arange(3 * size).reshape(-1, 3)
        if kind == "shared":
            faces = rng.integers(0, 3 * size, (2 * size, 3))
        elif kind == "flat":
            vertices[:, int(rng.integers(3))] *= rng.choice([0.0, 1e-300, 1e-9])
        elif kind == "one point":
            vertices[:] = vertices[0]
        elif kind in ("huge", "tiny"):
            vertices *= rng.choice([1e6, 1e30, 1e200] if kind == "huge" else [1e-6, 1e-30, 1e-200])
        elif kind == "far away":
            vertices += rng.choice([1e3, 1e9, 1e15])
        elif kind in ("nan", "infinite"):
            vertices[rng.integers(len(vertices)), rng.integers(3)] = np.nan if kind == "nan" else -np.inf
        elif kind == "wrong index":
            faces[rng.integers(len(faces)), rng.integers(3)] = rng.choice([-1, 3 * size, 2**40])
        elif kind == "no faces":
            faces = faces[:0]
        elif kind == "two scales":
            vertices[: len(vertices) // 2] *= 1e-7

        def run(vertices=vertices, faces=faces):
            return topology(make_watertight(Mesh(vertices, faces), depth=4, ratio=0.05).faces).solid

        yield kind, run


def image_files(count, rng, folder):
    """Damaged PNG, JPEG, TIFF and BMP files for `read_image`."""
    picture = rng.integers(0, 256, (24, 32, 3)).astype(np.uint8)
    whole = []
    for suffix in (".png", ".jpg", ".tiff", ".bmp"):
        stream = io.BytesIO()
        iio.imwrite(stream, picture, extension=suffix)
        whole.append((suffix, stream.getvalue()))
    for number in range(count):
        suffix, content = whole[number % len(whole)]
        data, kind = damaged(content, rng)
        path = folder / f"image{suffix}"

        def run(path=path, data=data):
            path.write_bytes(data)
            image = files.read_image(path)
            return image.ndim == 3 and image.shape[2] == 3 and image.dtype == np.uint8

        yield f"{suffix[1:]}, {kind}", run


def _array(rng):
    """Return an array that may or may not be a photograph, and what it is."""
    height, width = (int(n) for n in rng.integers(1, 48, 2))
    made = {
        "photograph": lambda: rng.integers(0, 256, (height, width, 3)).astype(np.uint8),
        "black": lambda: np.zeros((height, width, 3), np.uint8),
        "white floats": lambda: np.ones((height, width, 3)),
        "grey": lambda: rng.random((height, width)),
        "with alpha": lambda: rng.random((height, width, 4)),
        "not a number": lambda: np.full((height, width, 3), np.nan),
        "out of range": lambda: 1e6 * rng.normal(size=(height, width, 3)),
        "empty": lambda: np.zeros((0, width, 3)),
        "two channels": lambda: rng.random((height, width, 2)),
        "four axes": lambda: rng.random((1, height, width, 3)),
        "integers": lambda: rng.integers(-5, 300, (height, width, 3)),
        "words": lambda: np.full((height, width, 3), "red"),
        "16 bits": lambda: rng.integers(0, 65536, (height, width, 3)).astype(np.uint16),
    }
    kind = str(rng.choice(list(made)))
    return kind, made[kind]()


def segmentations(count, rng):
    """Arrays of all kinds for `segment` with a tiny network."""
    torch.manual_seed(0)
    network = UNet(("bottle", "drill"), width=2, levels=2, window=16)
    with torch.no_grad():
        network.output.bias[2] += 3.0  # untrained, it would see nothing but background
    for _ in range(count):
        kind, image = _array(rng)

        def run(image=image):
            found = segment(image, network, "drill")
            return found.shape == np.shape(image)[:2] and bool(((found >= 0) & (found <= 1)).all())

        yield kind, run


class ToySpace:
    """An ellipsoid with two modes: stands in for a fitted shape space."""

    def __init__(self):
        ball = trimesh.creation.icosphere(2)
        unit = np.asarray(ball.vertices)
        modes = np.stack([unit * [0.01, 0, 0], unit * [0, 0, 0.015]])
        mean = unit * [0.04, 0.04, 0.08]
        self.only = LinearModel(mean, modes, np.asarray(ball.faces, dtype=np.int64), {"global": slice(0, 2)})

    def model(self, _name="pca"):
        """Return the only model."""
        return self.only


def registrations(count, rng):
    """Pictures, masks, cameras and poses that do not fit together for `register`."""
    space, size = ToySpace(), 48
    good = Pose.look_at(torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64), torch.zeros(3, dtype=torch.float64))
    rows, columns = np.mgrid[:size, :size] - size / 2
    blob = (rows / 14) ** 2 + (columns / 8) ** 2 < 1
    image = rng.integers(0, 256, (size, size, 3)).astype(np.uint8)
    kinds = ["fits", "noise mask", "empty mask", "full mask", "wrong size", "nan mask"]
    kinds += ["behind", "far", "nan pose", "flat camera", "cut", "one pixel"]
    for number in range(count):
        kind, mask, pose, camera = kinds[number % len(kinds)], blob.copy(), good, Camera.centred(size, 80.0)

        def run(kind=kind, mask=mask, pose=pose, camera=camera, seed=number):
            own = np.random.default_rng(seed)
            if kind == "noise mask":
                mask = own.random((size, size)) < own.random()
            elif kind in ("empty mask", "full mask"):
                mask = np.full((size, size), kind == "full mask")
            elif kind == "wrong size":
                mask = mask[: int(own.integers(1, size))]
            elif kind == "nan mask":
                mask = np.where(mask, np.nan, 0.0)
            elif kind in ("behind", "far"):
                pose = Pose.from_parts(pose.rotation, pose.translation * (-1 if kind == "behind" else 10 ** own.uniform(1, 6)))
            elif kind == "nan pose":
                pose = Pose(torch.full((4, 4), float("nan")))
            elif kind == "flat camera":
                camera = Camera.centred(size, float(own.choice([1e-9, 0.0, -5.0, 1e9])))
            elif kind == "cut":
                mask = np.roll(mask, int(own.integers(10, 30)), axis=1)
            elif kind == "one pixel":
                mask = np.zeros((size, size), bool)
                mask[tuple(own.integers(0, size, 2))] = True
            found = register(image, space, camera, mask, pose, optimise_pose=bool(seed % 2), model="pca")
            finite = torch.isfinite(found.mesh.vertices).all() and torch.isfinite(found.pose.matrix).all()
            return bool(finite) and 0 <= found.confidence <= 1

        yield kind, run
