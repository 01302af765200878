"""Notebook kernels forked from a server that has imported the libraries once: a clean process each, in a tenth of the time.

The server imports other people's libraries only: nothing of this package, whose paths depend on the
environment of the kernel. It touches neither OpenGL nor threads, which would not survive a fork.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from multiprocessing.context import ForkServerProcess
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from renderfit import collector

NAME = "renderfit-forked"
LIBRARIES = (
    "ipykernel.kernelapp", "matplotlib.pyplot", "mpl_toolkits.mplot3d", "numba", "PIL.Image",
    "scipy.ndimage", "scipy.optimize", "scipy.spatial", "torch", "trimesh", "yaml",
)  # fmt: skip
BACKEND = {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}
"""What a kernel tells Matplotlib before it is imported: figures go into the notebook."""


def _serve(argv: list[str], directory: str | None, environment: dict[str, str]) -> None:
    """Be a kernel (in the forked process)."""
    gc.freeze()  # what the server had imported stays: it is neither looked through nor copied
    collector.relax()
    os.setsid()
    os.environ.clear()
    os.environ |= environment | BACKEND
    if directory is not None:
        os.chdir(directory)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    logging.getLogger("IPKernelApp").addFilter(_of_interest)
    from ipykernel.kernelapp import IPKernelApp

    IPKernelApp.launch_instance(argv=[*argv, f"--IPKernelApp.parent_handle={os.getppid()}"])


def _of_interest(record: logging.LogRecord) -> bool:
    """Tell whether a kernel's message is more than that it was interrupted: every kernel is, when it has done its work."""
    return "KeyboardInterrupt" not in record.getMessage()


def _end_with_parent() -> None:
    """End this process when the one that asked for the kernel is no more."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


class _Popen:
    """What Jupyter asks of a kernel's process, for one that is forked."""

    stdin = stdout = stderr = None

    def __init__(self, process: ForkServerProcess) -> None:
        self._process = process
        self.pid = process.pid

    def poll(self) -> int | None:
        """Return the exit status, None while it runs."""
        return self._process.exitcode

    def wait(self) -> int | None:
        """Wait for its end and return the exit status."""
        self._process.join()
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None and self.pid is not None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)


class ForkProvisioner(LocalProvisioner):
    """Start Python kernels by a fork."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Start a kernel and return how to reach it; `cmd` is that of an ``ipykernel`` of this interpreter."""
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(list(LIBRARIES))
        environment = dict(kwargs.get("env") or os.environ)
        directory = kwargs.get("cwd")
        arguments = cmd[cmd.index("ipykernel_launcher") + 1 :]
        process = context.Process(target=_serve, args=(arguments, None if directory is None else str(directory), environment))
        with _as_a_kernel_is_started():
            process.start()
        self.process = _Popen(process)  # type: ignore[assignment]
        self.pid = process.pid
        return self.connection_info


@contextlib.contextmanager
def _as_a_kernel_is_started() -> Iterator[None]:
    """Set, for the server that the first kernel starts and for the kernel itself, what both take over from this process."""
    backend, method = os.environ.get("MPLBACKEND"), multiprocessing.get_start_method(allow_none=True)
    settings = multiprocessing.current_process()._config  # type: ignore[attr-defined]
    daemon = settings.pop("daemon", None)  # a worker that Dask watches over is one, and such processes may start none
    os.environ |= BACKEND
    multiprocessing.set_start_method("forkserver", force=True)  # a worker of joblib has a method of its own, unknown to the kernel
    try:
        yield
    finally:
        os.environ.pop("MPLBACKEND")
        os.environ |= {} if backend is None else {"MPLBACKEND": backend}
        multiprocessing.set_start_method(method, force=True)
        settings |= {} if daemon is None else {"daemon": daemon}


def use() -> None:
    """Let this process start its kernels by fork, where that is safe: on Linux."""
    if sys.platform == "linux":
        factory = KernelProvisionerFactory.instance()
        factory.provisioners[NAME] = EntryPoint(NAME, f"{__name__}:ForkProvisioner", factory.GROUP_NAME)
        factory.default_provisioner_name = NAME
