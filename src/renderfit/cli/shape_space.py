"""``renderfit shape-space``: Coherent Point Drift to every mesh of a folder, and their latent space."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

AUTO = "auto"
SUFFIXES = (".ply", ".obj", ".stl", ".off", ".glb", ".gltf", ".xyz")


def command(
    canonical: Annotated[
        Path, typer.Argument(help='mesh that is deformed: metres, z up, front +y, watertight; or "auto": the one of the lowest energy')
    ],
    instances_dir: Annotated[Path, typer.Argument(help="folder of training meshes or clouds in the same frame")],
    out_dir: Annotated[Path, typer.Argument(help="folder for the shape space, which `renderfit register` takes")],
    components: Annotated[int, typer.Option(min=1, help="latent dimensions of the paper's model")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object on the last line")] = False,
) -> None:
    """Fit the latent shape space of a category (section 3.2)."""
    import time

    from renderfit.cli.output import emit
    from renderfit.errors import DataError
    from renderfit.geometry import load_mesh
    from renderfit.shapes import ShapeSpace, choose_canonical, matching_canonical
    from renderfit.shapes.report import describe
    from renderfit.shapes.settings import configured
    from renderfit.whole import require_apart, require_folder

    require_folder(out_dir)
    require_apart(out_dir, [instances_dir], below=True)
    auto = str(canonical) == AUTO and not canonical.exists()
    if not instances_dir.is_dir():
        raise DataError(f"{instances_dir}: no such folder; expected one with training meshes ({', '.join(SUFFIXES)})")
    there = (f for f in instances_dir.iterdir() if f.suffix.lower() in SUFFIXES and not f.name.startswith("."))
    files = sorted(f for f in there if auto or f.resolve() != canonical.resolve())
    if len(files) < 2 + auto:
        raise DataError(f"{instances_dir}: {len(files)} meshes; expected at least 2 besides the canonical ({' '.join(SUFFIXES)})")
    start = time.process_time()
    meshes = [load_mesh(file, check_unit=True) for file in files]
    names = [file.stem for file in files]
    if len(set(names)) < len(names):
        names = [file.name for file in files]
    if auto:
        found = dict(zip(names, meshes, strict=True))
        chosen = matching_canonical(found, choose_canonical(found))
        template = meshes.pop(names.index(chosen.name))
        names.remove(chosen.name)
    else:
        template = load_mesh(canonical, check_unit=True)
    space = ShapeSpace.fit(template, meshes, components, names=names, **configured())
    space.save(out_dir)
    picked = {"canonical": chosen.name, "energies": chosen.energies} if auto else {"canonical": canonical.stem}
    emit({**picked, **describe(space, meshes), "cpu_seconds": round(time.process_time() - start, 2)}, as_json)
