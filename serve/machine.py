"""The machine that a benchmark ran on: processor, versions, load, stolen time, and its own int8 matrix-product rate."""

import importlib
import os
import platform
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from threading import Barrier
from typing import Any

import numpy as np

from model.cores import usable_cores
from model.errors import DetenteError
from model.session import open_graph

_PROC = Path("/proc")
_PACKAGES = ("detente", "onnxruntime", "numpy", "tokenizers", "mlcommons-loadgen")
_FLAGS = ("avx2", "avx512", "avx_vnni", "amx", "asimddp", "i8mm", "sve")
_SHAPES = ((256, 384, 1536), (256, 1536, 384), (1024, 1024, 1024))
_SEED = 0


@dataclass(frozen=True, slots=True)
class Machine:
    """What ran the benchmark.

    flags: the processor's vector extensions that matter here. cores: how many this process may use. load: the load
    average over the minute before the start; None where the system has none.
    """

    system: str
    cpu: str
    flags: tuple[str, ...]
    cores: int
    load: float | None
    versions: dict[str, str]


@dataclass(frozen=True, slots=True)
class CpuTimes:
    """Processor time of the whole machine since it started, in ticks."""

    total: int
    stolen: int


def describe_machine(proc: Path = _PROC) -> Machine:
    """Describe the machine as it is now."""
    fields = _cpu_fields(proc)
    flags = fields.get("flags", fields.get("Features", "")).split()
    return Machine(
        system=platform.platform(),
        cpu=fields.get("model name") or platform.processor() or platform.machine(),
        flags=tuple(sorted(flag for flag in flags if flag.startswith(_FLAGS))),
        cores=usable_cores(),
        load=os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        versions={"python": platform.python_version(), **{name: _version(name) for name in _PACKAGES}},
    )


def cpu_times(proc: Path = _PROC) -> CpuTimes | None:
    """Return the machine's processor times; None off Linux."""
    try:
        ticks = [int(field) for field in (proc / "stat").read_text().split("\n", 1)[0].split()[1:9]]
    except (OSError, ValueError):
        return None
    # The first eight fields; guest time, which follows, is counted in user time already.
    return CpuTimes(total=sum(ticks), stolen=ticks[7]) if len(ticks) == 8 else None  # noqa: PLR2004


def steal(before: CpuTimes | None, after: CpuTimes | None) -> float | None:
    """Return the share of processor time, in [0, 1], that the hypervisor gave to others; None where it is unknown."""
    if before is None or after is None or after.total <= before.total:
        return None
    return (after.stolen - before.stolen) / (after.total - before.total)


def from_extra(module: str) -> Any:
    """Import a module of the extra `bench`. Raises DetenteError when it is not installed."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        setup = "pip install --constraint constraints.txt --editable '.[bench]'"
        raise DetenteError(f"{error.name} is not installed; the benchmark needs the extra `bench`: {setup}") from error


def int8_rate(threads: int, seconds: float, shapes: Sequence[tuple[int, int, int]] = _SHAPES) -> float:
    """Return the best rate of uint8 x int8 matrix products, in 10^9 operations a second, over shapes (m, k, n).

    Each of the threads runs a session of its own with one intra-op thread, for `seconds` a shape, against a constant
    right-hand side, as a layer's weights are. A multiply-add counts as two operations. Raises DetenteError without
    the extra `bench`.
    """
    return max(_rate(shape, threads, seconds) for shape in shapes)


def _rate(shape: tuple[int, int, int], threads: int, seconds: float) -> float:
    rows, inner, columns = shape
    graph = _product_graph(inner, columns)
    left = np.random.default_rng(_SEED).integers(0, 256, (rows, inner), dtype=np.uint8)
    barrier = Barrier(threads)

    def work() -> float:
        session = open_graph(graph)
        session.run(None, {"left": left})
        barrier.wait()
        started, runs = time.perf_counter(), 0
        while time.perf_counter() - started < seconds:
            session.run(None, {"left": left})
            runs += 1
        return runs / (time.perf_counter() - started)

    with ThreadPoolExecutor(threads, thread_name_prefix="int8-rate") as pool:
        runs = sum(future.result() for future in [pool.submit(work) for _ in range(threads)])
    return 2e-9 * rows * inner * columns * runs


def _product_graph(inner: int, columns: int) -> bytes:
    """Return a graph that multiplies `left`, uint8 of shape (rows, inner), by constant int8 weights."""
    onnx = from_extra("onnx")
    helper, kinds = onnx.helper, onnx.TensorProto
    weights = np.random.default_rng(_SEED).integers(-127, 128, (inner, columns), dtype=np.int8)
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger", ["left", "weights"], ["product"])],
        "int8-rate",
        [helper.make_tensor_value_info("left", kinds.UINT8, ["rows", inner])],
        [helper.make_tensor_value_info("product", kinds.INT32, ["rows", columns])],
        [onnx.numpy_helper.from_array(weights, "weights")],
    )
    opset = helper.make_opsetid("", 18)
    return bytes(helper.make_model(graph, opset_imports=[opset], ir_version=8).SerializeToString())


def _cpu_fields(proc: Path) -> dict[str, str]:
    """Return the fields of the first processor in cpuinfo."""
    try:
        first = (proc / "cpuinfo").read_text().split("\n\n", 1)[0]
    except OSError:
        return {}
    pairs = (line.partition(":") for line in first.splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
