"""What a training of the refiner writes beside the weights."""

import json

import pytest

from renderfit import config
from renderfit.errors import DataError
from renderfit.pipeline import refiner
from renderfit.vision import Refiner, refiner_files, refiner_training
from renderfit.vision.refiner_pictures import Pictures


def test_the_description_names_the_categories(tmp_path, monkeypatch):
    monkeypatch.setattr(refiner, "sources", lambda folder, seed: Pictures((str(folder / "can.npz"), str(folder / "crate.npz")), seed=seed))
    monkeypatch.setattr(refiner_training, "train", lambda *_, **__: (Refiner(8, 3, 32), {"scores": [{"turn": 1.0}]}))
    monkeypatch.setattr(refiner_training, "data_hash", lambda _: "of nothing")
    refiner.train(tmp_path, config.Refiner(fits=0.0), "renderfit train refiner OUT")
    assert json.loads((tmp_path / "refiner.json").read_text())["categories"] == ["can", "crate"]
    assert refiner_files.doubt("can", tmp_path) == ""


def test_a_start_of_another_size_is_refused_before_anything_is_painted(tmp_path, monkeypatch):
    refiner_files.save_refiner(Refiner(8, 3, 32), tmp_path / "initial", seed=0)
    monkeypatch.setattr(refiner, "sources", lambda *_: pytest.fail("the shape models were made"))
    with pytest.raises(DataError, match="has 8 channels and 3 levels; expected the 16 and 5"):
        refiner.train(tmp_path / "out", config.Refiner(), "renderfit train refiner OUT", tmp_path / "initial")
