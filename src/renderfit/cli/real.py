"""``renderfit real``: registration of the real objects of a mirror; writes results/real.json and the page."""

from __future__ import annotations

from typing import Annotated

import typer


def command(
    views: Annotated[int, typer.Option(help="photographs of each test object", min=1)] = 4,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object on the last line")] = False,
) -> None:
    """Register photographs of real objects anew, where their meshes are at hand (RENDERFIT_MIRROR), and rewrite their page.

    Needs the stages dataset, shape_space and unet of the default data set. What the mirror lacks, or holds broken, is left out and named.

    How clear the licences of the meshes are is fixed for each study, whatever dataset.licence says.
    Clear: drill clouds. Clear or stated: bottle meshes, bottle transfer, spray transfer.
    Any, so that meshes without a licence are used too: camera meshes, drill meshes, camera transfer, drill transfer.
    """
    from renderfit import config, paths
    from renderfit.cli.output import emit
    from renderfit.datasets import mirror
    from renderfit.pipeline import guard, real, real_study
    from renderfit.vision import load_network

    config.load()
    mirror.required()
    load_network(paths.ARTIFACTS / "unet")  # what is missing is said before the work
    guard.one_thread_each()
    with guard.alone(paths.ROOT):
        found = real_study.study_all(views)
        real.run()
    emit(found, as_json)
