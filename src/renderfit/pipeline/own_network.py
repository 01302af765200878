"""``renderfit train unet``: a segmentation network for the categories of anybody's folder of meshes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from renderfit import config
from renderfit.datasets import load_split
from renderfit.whole import require_apart, require_folder

if TYPE_CHECKING:
    from renderfit.vision import UNet

STATE = "training-state.safetensors"
"""Beside the weights: what an interrupted training goes on from."""


def train(
    meshes: Path, out: Path, initial: Path | None = None, *, size: int = 0, rate: float = 0.0, steps: int = 0, seed: int = 0
) -> dict[str, Any]:
    """Train a network on photographs painted of the meshes in a folder, or go on with it, and write it to `out`.

    Parameters
    ----------
    meshes : Path
        One sub-folder a category (metres, z up); the test instances of a ``split.json`` in it are left out.
    out : Path
        Folder for weights and description.
    initial : Path, optional
        Folder of a network of the same categories to start from.
    size, rate, steps : number
        Side of the windows [px], highest rate, training steps; 0: as params.yaml says.
    seed : int
        Of pictures and weights.

    Returns
    -------
    dict
        categories, meshes (their number in each), steps, scores (the last ones).
    """
    from renderfit.vision import fitting, load_network, stream

    require_folder(out)
    require_apart(out, [one for one in (meshes, initial) if one], below=True)
    start = load_network(initial) if initial else None
    settings = settings_of(start, size=size, rate=rate, steps=steps, seed=seed)
    categories, found = instances(meshes)
    out.mkdir(parents=True, exist_ok=True)
    command = (
        f"renderfit train unet {meshes.name} OUT --size {settings.window} --rate {settings.rate:g} --steps {settings.steps} --seed {seed}"
    )
    source = stream.Source(found, seed=seed)
    log = fitting.fit(
        source, categories, settings, out / STATE, out, start, command=command + (" --initial INITIAL" if initial else ""), origin=initial
    )
    (out / STATE).unlink(missing_ok=True)
    return {"categories": list(categories), "meshes": [len(names) for names in found], "steps": settings.steps, "scores": log.scores[-1:]}


def settings_of(start: UNet | None, *, size: int, rate: float, steps: int, seed: int) -> config.UNet:
    """Return section ``unet`` of params.yaml with what was asked for in its place; 0 asks for nothing.

    Other numbers of steps keep the shares of the window sizes. A `size` is that of all windows but the first small ones, and a
    network to start from has seen smaller ones already.
    """
    section = config.section(config.UNet)
    settings = config.replaced(section, seed=seed, rate=rate or section.rate, size=size or section.size)
    wanted = steps or section.steps
    small, fine = (round(wanted * part / section.steps) for part in (section.small_steps, section.fine_steps))
    if size:  # the windows to end with
        fine = 0
    if start is not None:  # it has seen smaller windows
        small, fine, settings = 0, 0, config.replaced(settings, width=start.width, levels=start.levels, size=size or start.window)
    return config.replaced(settings, steps=wanted, small_steps=small, fine_steps=fine)


def instances(meshes: Path) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return the categories of a folder and the paths of their training meshes: all, or those that its ``split.json`` names."""
    from renderfit.vision import stream

    if not (meshes / "split.json").is_file():
        return stream.meshes_of(meshes)
    splits = load_split(meshes / "split.json")
    found = (tuple(str(meshes / category / f"{name}.ply") for name in (one.canonical, *one.train)) for category, one in splits.items())
    return tuple(splits), tuple(found)
