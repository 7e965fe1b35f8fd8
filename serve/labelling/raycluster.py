"""The Ray cluster that a run is on: the one at RAY_ADDRESS, or one of this machine alone that ends with the run."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from model.untrusted import told
from serve.labelling.faults import LabelError

_LOCAL = "local"  # Ray's own word for it
# Or Ray would ask the addresses at which clouds tell a machine that it is theirs.
_NO_CLOUD = "cluster_name: detente\nprovider: {type: local}\n"


@contextmanager
def cluster() -> Iterator[Any]:
    """Yield the module ray, connected; a connection that was there before stays.

    Raises LabelError when Ray is not installed or no cluster answers at RAY_ADDRESS.
    """
    try:
        import ray  # noqa: PLC0415, an extra
    except ModuleNotFoundError as error:
        setup = "pip install --constraint constraints.txt --editable '.[cluster]'"
        raise LabelError(f"{error.name} is not installed; --engine ray needs the extra `cluster`: {setup}") from error
    address = os.environ.get("RAY_ADDRESS", _LOCAL)
    with redirect_stdout(sys.stderr):  # Ray prints there when a worker dies
        if ray.is_initialized():
            yield ray
        elif address == _LOCAL:
            with TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder, _ended(ray):
                start(Path(folder))
                yield ray
        else:
            with _ended(ray):
                _connect(ray, address)
                yield ray


def start(folder: Path, cpus: int | None = None) -> None:
    """Start Ray on this machine alone, with so many CPUs or all; it tells nobody, and writes into the folder only.

    Its ports want a token, which Ray makes once a process: whoever starts it again names the same folder.
    """
    import ray  # noqa: PLC0415, an extra

    (folder / "ray_bootstrap_config.yaml").write_text(_NO_CLOUD)
    with _environment(HOME=str(folder), RAY_USAGE_STATS_ENABLED="0"):
        ray.init(
            address=_LOCAL,
            num_cpus=cpus,
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.ERROR,
            _temp_dir=str(folder / "ray"),
        )


@contextmanager
def _ended(ray: Any) -> Iterator[None]:
    """Leave the cluster at the end, and end it if it was started here."""
    try:
        yield
    finally:
        ray.shutdown()


def _connect(ray: Any, address: str) -> None:
    try:
        ray.init(log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        way_out = "is it up, and does it want RAY_AUTH_MODE=token?"
        raise LabelError(f"RAY_ADDRESS={address}: no Ray cluster answers ({told(error)}): {way_out}") from error


@contextmanager
def _environment(**variables: str) -> Iterator[None]:
    """Set variables of the environment for what is started in the block."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
