"""Photograph-like pictures of meshes, with labels."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from renderfit.geometry import Camera, Mesh, Pose
from renderfit.rendering.photo import backdrop, effects, lighting, materials, props, shadows
from renderfit.rendering.photo.resolve import resolve
from renderfit.rendering.photo.style import Style
from renderfit.rendering.photo.subject import Subject
from renderfit.rendering.raster import rasterize


@dataclass(frozen=True, eq=False)
class Photograph:
    """A picture with its labels.

    Attributes
    ----------
    image : (H, W, 3) uint8
        sRGB.
    mask : (H, W) bool
        Pixels whose centre shows the object (occluders removed).
    depth : (H, W) float32
        [m], 0 outside the mask.
    normals : (H, W, 3) float32
        Unit, camera frame, zero outside the mask.
    coordinates : (H, W, 3) float32
        Object frame [m], zero outside the mask.
    """

    image: NDArray[np.uint8]
    mask: NDArray[np.bool_]
    depth: NDArray[np.float32]
    normals: NDArray[np.float32]
    coordinates: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Shot:
    """A picture and what it shows, before exact labels are made.

    Attributes
    ----------
    image : (H, W, 3) uint8
        sRGB.
    coverage : (H, W) float64
        Part of each pixel that shows the object.
    subject : Subject
    vertices, faces, normals : arrays
        Everything that was drawn, object frame; the subject's faces come first.
    camera, pose : Camera and (4, 4) array
    """

    image: NDArray[np.uint8]
    coverage: NDArray[np.float64]
    subject: Subject
    vertices: NDArray[np.float64]
    faces: NDArray[np.int64]
    normals: NDArray[np.float64]
    camera: Camera
    pose: NDArray[np.float64]

    def labelled(self) -> Photograph:
        """Return the picture with labels at pixel centres."""
        rotation = self.pose[:3, :3]
        inside = self.vertices @ rotation.T + self.pose[:3, 3]
        fragments = rasterize(inside, self.faces, self.camera, backend="cpu")
        mask = (fragments.face_id >= 0) & (fragments.face_id < len(self.subject.faces))
        face, weights = fragments.face_id[mask], fragments.barycentrics[mask]
        coordinates, normals = np.zeros((*mask.shape, 3), np.float32), np.zeros((*mask.shape, 3), np.float32)
        coordinates[mask] = np.einsum("nk,nkd->nd", weights, self.vertices[self.faces[face]])
        directions = np.einsum("nk,nkd->nd", weights, self.normals[face]) @ rotation.T
        towards = inside[self.faces[face]].mean(1)
        flip = np.where((directions * towards).sum(1, keepdims=True) > 0, -1.0, 1.0)
        normals[mask] = flip * directions / np.maximum(np.linalg.norm(directions, axis=1, keepdims=True), 1e-12)
        return Photograph(self.image, mask, np.where(mask, fragments.depth, 0).astype(np.float32), normals, coordinates)


def photograph(mesh: Mesh | Subject, camera: Camera, pose: Pose, seed: int, style: Style | None = None) -> Photograph:
    """Photograph a mesh in a random scene.

    GGX materials under soft boxes and a sky, one soft shadow, ambient occlusion, a procedural
    table and wall with clutter, and a camera with blur, colour shift, Poisson-Gaussian noise and
    a tone curve. Always drawn by the CPU rasteriser: the same seed gives the same bytes anywhere.

    Parameters
    ----------
    mesh : Mesh or Subject
        Object frame [m], z up; unique vertex colours are its parts. A `Subject` saves the preparation.
    camera : Camera
        Pinhole.
    pose : Pose
        Object to camera.
    seed : int
        Everything random.
    style : Style, optional
        Ranges; the default keeps the object's own colours.

    Returns
    -------
    Photograph

    References
    ----------
    Section 4.1 (data); Schwarz and Behnke, Stillleben (ICRA 2020), for the idea.

    Examples
    --------
    >>> import torch, trimesh
    >>> import renderfit as rf
    >>> ball = trimesh.creation.icosphere(2, 0.05)
    >>> mesh = rf.Mesh(ball.vertices, ball.faces, colors=[[0.8, 0.1, 0.1]] * len(ball.vertices))
    >>> pose = rf.Pose.look_at(eye=torch.tensor([0.3, 0.2, 0.2]), target=torch.zeros(3))
    >>> taken = rf.photograph(mesh, rf.Camera.centred(32, 60.0), pose, seed=1)
    >>> taken.image.shape, taken.image.dtype, bool(taken.mask[16, 16])
    ((32, 32, 3), dtype('uint8'), True)
    >>> bool(abs(taken.depth[16, 16] - 0.362) < 0.002)  # to the near side of the ball [m]
    True
    """
    return take(mesh, camera, pose, seed, style).labelled()


def take(mesh: Mesh | Subject, camera: Camera, pose: Pose, seed: int, style: Style | None = None) -> Shot:
    """Take a picture as `photograph` does, exact labels left to `Shot.labelled`."""
    style = style or Style()
    subject, generator = Subject.of(mesh), np.random.default_rng(seed)
    matrix = pose.matrix.detach().cpu().numpy().astype(np.float64)
    rotation, eye = matrix[:3, :3], -matrix[:3, :3].T @ matrix[:3, 3]
    forward = rotation[2]
    low, high = subject.bounds
    floor, radius = float(low[2]), float(np.linalg.norm(high[:2] - low[:2])) / 2
    table = bool(forward[2] < -0.02 and generator.random() < style.table)

    parts = materials.part_materials(subject.colors, subject.diagonal, generator, style.keep_colors)
    if style.moulded and generator.random() < style.moulded:
        parts[:] = parts[0]
    bodies: list[Subject] = []
    if table:
        count, hiding = int(generator.integers(style.clutter + 1)), int(generator.integers(style.occluders + 1))
        centre = np.append((low[:2] + high[:2]) / 2, 0.0)
        drawn = props.draw_props(generator, count, hiding, radius, float(high[2] - low[2]), floor, forward)
        bodies = [replace(body, vertices=body.vertices + centre) for body in drawn]
    patches, wall, surfaces = backdrop.draw_backdrop(generator, forward, subject.diagonal, style.backgrounds)
    wall[3] += float(wall[:3] @ ((low + high) / 2))
    prop_parts = materials.surface_materials(generator, style.backgrounds, len(bodies))
    sky, lamps = lighting.draw_lights(generator)

    vertices, faces, face_material, normals, points = _assemble(subject, bodies)
    boxes = [subject.bounds, *(body.bounds for body in bodies)]
    bounds = np.stack([np.min([box[0] for box in boxes], axis=0), np.max([box[1] for box in boxes], axis=0)])
    inside = vertices @ rotation.T + matrix[:3, 3]
    double = camera.scaled(2.0)
    fragments = rasterize(inside, faces, double, backend="cpu")
    reach = int(np.ceil(shadows.search_radius(style.shadow_size, float(lamps["width"][0])))) + 1
    key = shadows.lamp_map(vertices, faces, bounds, lamps["direction"][0], style.shadow_size, reach)
    directions = shadows.dome(style.dome, generator.uniform(0, 6.28))
    dome = shadows.dome_maps(points, bounds, directions, style.dome_size, 2)
    bias = 1.2 * float(np.linalg.norm(bounds[1] - bounds[0])) / style.shadow_size
    image, coverage, distance = resolve(
        fragments.face_id, np.asarray(fragments.barycentrics, np.float64), np.asarray(fragments.depth, np.float64), normals, face_material,
        len(subject.faces), materials.joined(parts, prop_parts, surfaces), len(parts) + len(bodies), eye, rotation,
        (camera.fx, camera.fy, camera.cx, camera.cy), table, floor, wall, patches, sky, lamps, *key,
        *dome, directions, bias, 0.25 * subject.diagonal,
    )  # fmt: skip
    unit = max(camera.width, camera.height) / 256
    if generator.random() < style.defocus:
        middle = float(np.linalg.norm(eye - (low + high) / 2))
        near = np.clip(1 - (np.abs(distance - middle) - 0.6 * subject.diagonal) / subject.diagonal, 0, 1) * (distance > 0)
        image = effects.defocus(image, np.maximum(near, coverage), generator.uniform(0.8, 3.0) * unit)
    picture = effects.expose(image, generator, unit, style.noise)
    return Shot(picture, coverage, subject, vertices, faces, normals, camera, matrix)


def _assemble(
    subject: Subject, bodies: list[Subject]
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    everything = [subject, *bodies]
    first = np.cumsum([0, *(len(one.vertices) for one in everything)])
    parts = [subject.parts, *(np.full(len(body.faces), len(subject.colors) + index) for index, body in enumerate(bodies))]
    return (
        np.concatenate([one.vertices for one in everything]),
        np.concatenate([one.faces + offset for one, offset in zip(everything, first, strict=False)]),
        np.concatenate(parts),
        np.concatenate([one.normals for one in everything]),
        np.concatenate([one.points for one in everything]),
    )
