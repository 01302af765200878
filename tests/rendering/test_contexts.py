import multiprocessing
import os
import threading

import numpy as np
import psutil
import pytest
from scenes import AWAY, camera, sphere

from renderfit.errors import ConfigError, ContextError
from renderfit.geometry import Camera
from renderfit.rendering import rasterize, render_scene
from renderfit.rendering.gl import context as gl


def _ids(size: int = 48) -> np.ndarray:
    mesh = sphere()
    return rasterize(AWAY.apply(mesh.vertices), mesh.faces, camera(size), "gl").face_id


def test_each_thread_has_its_own_context():
    expected, found = _ids(), {}

    def work(name: int) -> None:
        for _ in range(5):
            found[name] = _ids()
        gl.release()

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert all(np.array_equal(ids, expected) for ids in found.values())


def test_a_thread_that_ends_lets_go_of_its_context():
    expected, wrong = _ids(), []

    def work() -> None:
        if not np.array_equal(_ids(), expected):
            wrong.append(threading.get_ident())

    def run(count: int) -> int:
        for _ in range(count):
            threads = [threading.Thread(target=work) for _ in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        return psutil.Process().memory_info().rss

    settled = run(5)
    assert run(15) - settled < 3e7  # 30 contexts that stay would be four times as much
    assert wrong == []
    assert np.array_equal(_ids(), expected)


def test_threads_share_what_is_kept_of_scenes():
    mesh, failures = sphere(4), []

    def work(name: int) -> None:
        try:
            for k in range(12):  # more scenes than are kept
                parts = [(mesh, AWAY)] * (2 + (k + name) % 11)
                assert render_scene(parts, camera(16), backend="cpu").instance_id.max() >= 0
        except Exception as problem:
            failures.append(problem)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def _child(queue: "multiprocessing.Queue[object]") -> None:
    try:
        queue.put(int((_ids() >= 0).sum()))
    except ContextError as problem:
        queue.put(str(problem))


def test_spawned_processes_render_and_forked_ones_get_an_error():
    count = int((_ids() >= 0).sum())
    for method in ("spawn", "fork"):
        kind = multiprocessing.get_context(method)
        queue = kind.Queue()
        process = kind.Process(target=_child, args=(queue,))
        process.start()
        answer = queue.get(timeout=400)
        process.join(timeout=30)
        assert process.exitcode == 0
        if method == "spawn":
            assert answer == count
        else:
            assert "spawn" in answer


def test_no_error_state_is_left_and_a_released_context_comes_back():
    first = _ids()
    with gl.device() as device:
        assert device.context.error == "GL_NO_ERROR"
    gl.release()
    assert np.array_equal(first, _ids())


def test_changing_sizes_do_not_grow_memory():
    mesh = sphere(6)
    points = AWAY.apply(mesh.vertices).numpy()
    process = psutil.Process(os.getpid())

    def loop(count: int) -> int:
        for k in range(count):
            size = 16 + (k * 7) % 48
            for backend in ("gl", "cpu"):
                faces = mesh.faces.numpy().copy()
                assert (rasterize(points, faces, camera(size), backend).face_id >= 0).any()
        return process.memory_info().rss

    settled = loop(300)
    assert loop(700) - settled < 8e6
    with gl.device() as device:
        assert all(len(store) <= gl.SIZES for store in device._stores.values())


@pytest.mark.parametrize("orthographic", [False, True])
def test_the_papers_channels_agree_with_the_derived_ones(orthographic):
    mesh, view = sphere(), camera(96, orthographic=orthographic)
    points = AWAY.apply(mesh.vertices)
    written, derived = rasterize(points, mesh.faces, view, layout="paper"), rasterize(points, mesh.faces, view, "gl")
    assert np.array_equal(written.face_id, derived.face_id)
    assert derived.mask.sum() > 1000
    assert np.abs(written.barycentrics - derived.barycentrics).max() < 5e-3
    assert np.abs(written.barycentrics - derived.barycentrics).mean() < 1e-4
    with pytest.raises(ConfigError, match="shader"):
        rasterize(points, mesh.faces, view, "cpu", layout="paper")


def test_missing_opengl_is_explained(monkeypatch):
    def fail(**_: object) -> None:
        raise RuntimeError("libEGL.so: cannot open")

    gl.release()
    monkeypatch.setattr(gl.moderngl, "create_context", fail)
    with pytest.raises(ContextError, match="apt-get install libegl1"):
        rasterize([[0.0, 0, 1], [1, 0, 1], [0, 1, 1]], [[0, 1, 2]], Camera.centred(8, 8.0), "gl")
