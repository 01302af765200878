"""Pictures of real meshes by another renderer, for benchmarks/real_masks.py --images FOLDER.

    pip install --target PEERS mitsuba==3.6.4          # outside the repository
    PYTHONPATH=src:PEERS python benchmarks/other_renderer.py FOLDER

Mitsuba 3 traces paths: rough plastic, an area light and a dim sky; table and wall show photographs that scikit-image brings
along (brick, gravel, grass, coffee). No line of our own painter takes part, but for poses and the true mask.
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import imageio.v3 as iio
import mitsuba as mi
import numpy as np
import skimage
from real_masks import subjects

from renderfit import config
from renderfit.geometry import Camera
from renderfit.rendering import rasterize
from renderfit.rendering.photo import Subject
from renderfit.vision.examination import _poses

TEXTURES = ("brick", "gravel", "grass", "coffee")


def plane(matrix, texture, repeat):
    """Return a rectangle (2 x 2 units before `matrix`, camera frame) with a photograph on it."""
    path = str(Path(skimage.__file__).parent / "data" / f"{texture}.png")
    picture = {"type": "bitmap", "filename": path, "to_uv": mi.ScalarTransform4f().scale([repeat, repeat, 1])}
    return {
        "type": "rectangle",
        "to_world": mi.ScalarTransform4f(matrix),
        "bsdf": {"type": "twosided", "bsdf": {"type": "diffuse", "reflectance": picture}},
    }


def scene(mesh, pose, camera, generator):
    """Return the Mitsuba scene of a mesh on a table before a wall."""
    matrix = pose.matrix.numpy()
    vertices = mesh.vertices.numpy()
    low, high = vertices.min(0), vertices.max(0)
    props = mi.Properties()
    finish = {
        "type": "roughplastic",
        "diffuse_reflectance": {"type": "rgb", "value": generator.uniform(0.05, 0.9, 3).tolist()},
        "alpha": float(generator.uniform(0.05, 0.4)),
    }
    props["bsdf"] = mi.load_dict({"type": "twosided", "bsdf": finish})
    body = mi.Mesh("object", len(vertices), len(mesh.faces), props=props)
    entries = mi.traverse(body)
    entries["vertex_positions"] = mi.Float(np.ascontiguousarray(pose.apply(mesh.vertices).numpy(), np.float32).ravel())
    entries["faces"] = mi.UInt32(np.ascontiguousarray(mesh.faces.numpy(), np.uint32).ravel())
    entries.update()
    table = matrix @ np.diag([1.5, 1.5, 1.0, 1.0])
    table[:3, 3] = (matrix @ np.append([*(low[:2] + high[:2]) / 2, low[2]], 1.0))[:3]
    wall = np.eye(4)
    wall[:3, :3] = np.diag([2.0, 2.0, 1.0])
    wall[2, 3] = float(pose.translation[2]) + generator.uniform(0.4, 1.0)
    up = matrix[:3, 2]
    lamp = up * generator.uniform(0.6, 1.2) + generator.normal(0, 0.4, 3)
    towards = pose.translation.numpy()
    light = (
        mi.ScalarTransform4f()
        .look_at(origin=(towards + lamp).tolist(), target=towards.tolist(), up=[0.1, 1, 0.2])
        .scale(generator.uniform(0.05, 0.3))
    )
    film = {"type": "hdrfilm", "width": camera.width, "height": camera.height, "rfilter": {"type": "gaussian"}, "pixel_format": "rgb"}
    fov = float(np.degrees(2 * np.arctan(camera.width / (2 * camera.fx))))
    sensor = {"type": "perspective", "fov": fov, "fov_axis": "x", "film": film, "near_clip": 0.01}
    sensor["to_world"] = mi.ScalarTransform4f().look_at(origin=[0, 0, 0], target=[0, 0, 1], up=[0, -1, 0])
    power = float(generator.uniform(15, 60))
    first, second = generator.choice(TEXTURES, 2, replace=False)
    return mi.load_dict({
        "type": "scene", "integrator": {"type": "path", "max_depth": 5}, "sensor": sensor, "object": body,
        "table": plane(table, first, float(generator.uniform(1, 6))), "wall": plane(wall, second, float(generator.uniform(1, 4))),
        "lamp": {"type": "rectangle", "to_world": light, "emitter": {"type": "area", "radiance": {"type": "rgb", "value": power}}},
        "sky": {"type": "constant", "radiance": {"type": "rgb", "value": float(generator.uniform(0.1, 0.6))}},
    })  # fmt: skip


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", type=Path)
    options.add_argument("--samples", type=int, default=96)
    chosen = options.parse_args()
    mi.set_variant("llvm_ad_rgb")
    chosen.folder.mkdir(parents=True, exist_ok=True)
    lens = config.section(config.CameraSection)
    camera = Camera.centred(lens.size, lens.focal)
    for number, (category, name, mesh, distance) in enumerate(subjects(camera)):
        generator = np.random.default_rng((23, number))
        pose, start = _poses(generator, Subject.of(mesh), distance)
        linear = np.asarray(mi.render(scene(mesh, pose, camera, generator), spp=chosen.samples, seed=number))
        exposed = np.clip(linear * 0.45 / max(float(np.median(linear)), 1e-6) * generator.uniform(0.5, 1.2), 0, None)
        image = np.where(exposed < 0.0031308, 12.92 * exposed, 1.055 * np.clip(exposed, 0, 1) ** (1 / 2.4) - 0.055)
        mask = rasterize(pose.apply(mesh.vertices), mesh.faces, camera, backend="cpu").mask
        stem = f"{category}-{name}"
        iio.imwrite(chosen.folder / f"{stem}.png", (255 * np.clip(image, 0, 1)).round().astype(np.uint8))
        iio.imwrite(chosen.folder / f"{stem}-mask.png", np.where(mask, 255, 0).astype(np.uint8))
        about = {"category": category, "camera": asdict(camera), "start": start.matrix.tolist()}
        (chosen.folder / f"{stem}.json").write_text(json.dumps(about))
        print(stem, flush=True)


if __name__ == "__main__":
    main()
