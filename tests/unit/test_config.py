import dataclasses

import pytest
import yaml

from renderfit import config, paths
from renderfit.errors import ConfigError


def test_the_committed_parameters_are_valid_and_complete():
    entries = yaml.safe_load((paths.ROOT / "params.yaml").read_text())
    config.load(paths.ROOT / "params.yaml")
    for name, kind in config.SECTIONS.items():
        assert set(entries[name]) == {field.name for field in dataclasses.fields(kind)}, name


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("views: {cuont: 4}", "unknown parameter views.cuont"),
        ("viws: {count: 4}", "unknown section viws"),
        ("views: {count: 0}", "views.count is 0"),
        ("views: {count: many}", "expected int"),
        ("paper: {gradient: best}", "expected one of paper, screen"),
        ("watertight: {depth: true}", "expected int"),
        ("views: [", "params.yaml"),
        ("views: 3", "views is 3; expected entries"),
        ("views: [1, 2]", r"views is \[1, 2\]; expected entries"),
        ("- views", r"is \['views'\]; expected entries"),
        ("1: {count: 4}", "unknown section 1;"),
        ("views: {1: 4}", "unknown parameter views.1;"),
        ("camera: {focal: .inf}", "camera.focal is inf px; expected at least 1"),
        ("camera: {focal: .nan}", "camera.focal is nan"),
        ("dataset: {categories: [bottle, 2]}", r"dataset.categories\[1\] is 2; expected str"),
        ("dataset: {licence: free}", "dataset.licence is 'free'; expected one of clear, stated, any"),
        ("unet: {small_size: 72}", "params.yaml: unet.small_size is 72 px; expected a multiple of 16"),
        ("refiner: {size: 80, levels: 6}", "refiner.size is 80 px; expected a multiple of 32"),
        ("caf\xe9: 1", "can't decode"),
    ],
)
def test_mistakes_are_named(tmp_path, text, message):
    path = tmp_path / "params.yaml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigError, match=message) as caught:
        config.load(path)
    assert "\n" not in str(caught.value)


def test_every_parameter_has_a_range_or_a_meaning():
    for name, kind in config.SECTIONS.items():
        for field in dataclasses.fields(kind):
            assert field.metadata, f"{name}.{field.name} is not declared with value()"


def test_replaced_values_are_checked_like_those_of_the_file():
    settings = config.replaced(config.Refiner(), size=96, steps=3)
    assert (settings.size, settings.steps, settings.width) == (96, 3, config.Refiner().width)
    for given, message in (({"rate": 7.0}, "^rate is 7.0; expected"), ({"size": 50}, "^size is 50 px; expected a multiple of 16")):
        with pytest.raises(ConfigError, match=message):
            config.replaced(config.Refiner(), **given)
