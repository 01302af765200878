"""A small trained network and two simple bodies that stand in for the data set."""

import dataclasses

import numpy as np
import pytest
import torch

from renderfit import config
from renderfit.geometry import Mesh, save_mesh
from renderfit.rendering.photo import Style, props
from renderfit.vision import stream, training


def can() -> Mesh:
    vertices, faces = props.lathe(np.array([0.0, 0.03, 0.03, 0.012, 0.012, 0.0]), np.array([0.0, 0, 0.12, 0.15, 0.18, 0.18]))
    colors = np.where(vertices[:, 2:] > 0.13, [[0.8, 0.1, 0.1]], [[0.1, 0.3, 0.7]])
    return Mesh(torch.as_tensor(vertices), torch.as_tensor(faces), torch.as_tensor(colors))


def crate() -> Mesh:
    vertices, faces = props.box()
    return Mesh(torch.as_tensor(vertices * [0.09, 0.04, 0.04]), torch.as_tensor(faces))


@pytest.fixture(scope="session")
def body():
    return can()


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("meshes")
    for name, mesh in (("can", can()), ("crate", crate())):
        save_mesh(mesh, root / name / "one.ply")
    return root


@pytest.fixture(scope="session")
def source(folder):
    easy = Style(backgrounds=("plain",), clutter=0, noise=0.3, dome=3, dome_size=24, shadow_size=48, defocus=0.0)
    return stream.Source(stream.meshes_of(folder)[1], easy, seed=3)


@pytest.fixture(scope="session")
def settings():
    base = config.UNet(size=32, width=8, levels=3, small_size=32, small_steps=100, steps=160, batch=16, rate=1e-2, reuse=4, painters=0)
    return dataclasses.replace(base, precision="float32")


@pytest.fixture(scope="session")
def network(source, settings):
    return training.train(source, ("can", "crate"), settings)[0]
