import dataclasses

import imageio.v3 as iio
import numpy as np
import pytest
import torch

from renderfit import config, paths
from renderfit.errors import DataError
from renderfit.evaluation import gallery, methods, records, runs, scoring
from renderfit.evaluation.instance import depth_cloud
from renderfit.plotting import table1 as pictures


def test_the_simulated_depth_lies_on_the_object_but_for_noise_and_holes(instance):
    view = instance.views[0]
    cloud = depth_cloud(view, 3)
    distance = np.linalg.norm(view.pose.inverse().apply(torch.as_tensor(cloud)).numpy(), axis=1)
    assert abs(distance - 0.08).mean() < 0.002
    assert len(cloud) == pytest.approx((1 - config.section(config.Cls).depth_holes) * view.mask.sum(), rel=0.05)
    assert np.array_equal(cloud, depth_cloud(view, 3))
    assert not np.array_equal(cloud[:10], depth_cloud(view, 4)[:10])


def test_a_scored_run_is_a_valid_record(instance, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "ARTIFACTS", tmp_path)
    view = instance.views[0]
    found = methods.METHODS["cls_pose"].run(instance, view, None, None, view.pose, False, 0)
    scored = scoring.scored(instance, "cls_pose", 0, False, found, view)
    scored.record["provenance"] = {}
    assert not scored.record["failed"]
    assert scored.record["placed_v2v_mm"] is None
    assert "cpu_seconds" in scored.timing
    assert "cpu_seconds" not in scored.record
    runs.write([scored], "ball", "t1")
    assert records.read_records(tmp_path / "records") == [scored.record]


def test_scores_are_in_millimetres_and_the_camera_frame_counts_the_pose(instance):
    view = instance.views[0]
    given_up = scoring.given_up(instance, view.noisy_pose, "ours", "no object")
    record = scoring.scored(instance, "ours", 0, True, given_up, view).record
    assert record["v2v_mm"] == pytest.approx(8.0, rel=1e-6)
    assert record["mean_square_mm2"] == pytest.approx(64.0, rel=1e-6)
    assert record["translation_left_mm"] == pytest.approx(30.0, rel=1e-6)
    assert record["rotation_left_deg"] == pytest.approx(0.0, abs=1e-6)
    assert record["placed_v2v_mm"] > record["v2v_mm"]
    assert record["failed"]
    assert record["warnings"] == ["no object"]


def test_an_image_method_without_a_mask_gives_up_with_the_reason(instance):
    view = dataclasses.replace(instance.views[0])
    with pytest.raises(DataError, match=r"neither mask nor network|found no"):
        methods.METHODS["ours"].run(instance, view, None, None, view.pose, False, 0)


def test_the_worst_run_of_a_cell_is_kept_as_a_picture_and_shown_when_it_failed(instance, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "ARTIFACTS", tmp_path)
    view = instance.views[0]
    given_up = scoring.scored(instance, "ours", 0, True, scoring.given_up(instance, view.noisy_pose, "ours", "no object"), view)
    found = methods.METHODS["cls_pose"].run(instance, view, None, None, view.pose, False, 0)
    fitted = scoring.scored(instance, "cls_pose", 0, False, found, view)
    written = gallery.save(instance, [given_up, fitted])
    assert [path.name for path in written] == ["ball-t1-ours-noise.png", "ball-t1-cls_pose-known.png"]
    assert iio.imread(written[0]).shape[2] == 3
    floor = {"category": "ball", "instance": "t1", "method": "latent_floor", "v2v_mm": {"mean": 2.0}}
    table = {"cells": [floor], "records": [given_up.record, fitted.record]}
    ((record, ratio, path),) = gallery.worst_failures(table)
    assert (record["method"], path) == ("ours", written[0])
    assert ratio == pytest.approx(4.0)
    assert pictures.failures({"cells": [floor], "records": [fitted.record]}) is None
    assert len(pictures.failures(table).axes) >= 1


def test_pictures_of_instances_written_at_the_same_time_do_not_disturb_each_other(instance, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "ARTIFACTS", tmp_path)
    other = dataclasses.replace(instance, test="t2")
    view, run = instance.views[0], methods.METHODS["cls_pose"].run
    fitted = [scoring.scored(one, "cls_pose", 0, False, run(one, view, None, None, view.pose, False, 0), view) for one in (instance, other)]
    write, nested = iio.imwrite, []

    def interrupted(path, picture):
        write(path, picture)
        if not nested:  # between writing and renaming, the notebook of the other instance runs from start to end
            nested.append(path)
            gallery.save(other, fitted[1:])

    monkeypatch.setattr(gallery.iio, "imwrite", interrupted)
    written = gallery.save(instance, fitted[:1])
    assert sorted(path.name for path in written[0].parent.iterdir()) == ["ball-t1-cls_pose-known.png", "ball-t2-cls_pose-known.png"]
