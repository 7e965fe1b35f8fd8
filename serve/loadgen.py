"""One run of MLPerf LoadGen over a subject: its settings, the run, and what its log says."""

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from model.errors import DetenteError
from model.quote import Quote
from model.stance import Prediction
from serve.driver import Driver, Failures
from serve.machine import cpu_times, from_extra, steal
from serve.subjects import Subject

_DETAIL = "mlperf_log_detail.txt"
_MARK = ":::MLLOG "
_EXPECTED_NS = 5_000_000  # LoadGen sizes its list of single-stream queries by it
_MARGIN = 1.2  # offline asks for this much more than the expected rate fills, so that the run is long enough
_RATES = ("result_samples_per_second", "result_qps_with_loadgen_overhead", "result_completed_samples_per_sec")
_REASONS = {
    "result_perf_constraints_met": "the 99th percentile is over the bound",
    "result_min_duration_met": "shorter than the minimum duration",
    "result_min_queries_met": "fewer than the minimum number of queries",
    "early_stopping_met": "too few queries to be sure of the percentile (early stopping)",
}


class Scenario(StrEnum):
    """How LoadGen asks: one after the other, all at once, or at the times of a Poisson process."""

    SINGLE_STREAM = "single-stream"
    OFFLINE = "offline"
    SERVER = "server"


@dataclass(frozen=True, slots=True)
class Load:
    """What LoadGen is told.

    rate: texts a second, expected (offline) or offered (server). seconds, queries: the least that a valid run has;
    queries is for single-stream and server. bound_ms: what the 99th percentile of a server's latency must hold.
    """

    scenario: Scenario
    rate: float
    seconds: float
    queries: int
    bound_ms: float


@dataclass(frozen=True, slots=True)
class Measured:
    """One run. Rates in texts a second; latencies in ms, from the scheduled time, None offline; steal in [0, 1].

    offered: the rate that LoadGen was told, None but for the server scenario. texts: how many were asked. valid:
    whether LoadGen calls the run VALID; reasons: why it does not. steal: None off Linux.
    """

    scenario: Scenario
    offered: float | None
    texts: int
    rate: float
    p50_ms: float | None
    p90_ms: float | None
    p99_ms: float | None
    valid: bool
    reasons: tuple[str, ...]
    failures: Failures
    steal: float | None

    @property
    def holds(self) -> bool:
        """LoadGen calls it valid and every answer was right."""
        return self.valid and not self.failures.count


def measure(
    subject: Subject, quotes: Sequence[Quote], alone: Sequence[Prediction], load: Load, log: Path
) -> Measured:  # fmt: skip
    """Run LoadGen's performance mode and compare every answer with `alone`, the answer to each quote by itself.

    LoadGen's logs go to the folder `log`, which is made. Ctrl-C is heeded. Raises DetenteError without the extra
    `bench` and when LoadGen reports no result.
    """
    loadgen = from_extra("mlperf_loadgen")
    log.mkdir(parents=True, exist_ok=True)
    driver = Driver(loadgen, subject, quotes, alone, subject.batch if load.scenario is Scenario.OFFLINE else 1)
    before = cpu_times()
    with driver.working():
        _run(loadgen, driver, len(quotes), load, log)
    detail = read_detail(log / _DETAIL)
    return summarise(load, detail, driver.completed, driver.failures(), steal(before, cpu_times()))


def read_detail(path: Path) -> Mapping[str, Any]:
    """Return the entries of LoadGen's detailed log by key. Raises DetenteError when it holds no result."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []
    entries = [json.loads(line.removeprefix(_MARK)) for line in lines if line.startswith(_MARK)]
    detail = {entry["key"]: entry["value"] for entry in entries}
    if "result_validity" not in detail:
        faults = [str(entry["value"]) for entry in entries if entry["metadata"].get("is_error")]
        raise DetenteError(f"{path}: LoadGen reports no result: {'; '.join(faults) or 'it ended early'}")
    return detail


def summarise(
    load: Load, detail: Mapping[str, Any], texts: int, failures: Failures, stolen: float | None
) -> Measured:  # fmt: skip
    """Return what a run came to, from the entries of LoadGen's detailed log."""
    reasons = [text for key, text in _REASONS.items() if detail.get(key) is False]
    if said := str(detail.get("result_invalid_reason", "")).strip():
        reasons.append(said)
    offline = load.scenario is Scenario.OFFLINE  # all texts are scheduled at once: a latency is a place in the queue
    p50, p90, p99 = (
        None if offline else detail[f"result_{percent}.00_percentile_latency_ns"] / 1e6 for percent in (50, 90, 99)
    )
    return Measured(
        scenario=load.scenario,
        offered=load.rate if load.scenario is Scenario.SERVER else None,
        texts=texts,
        rate=float(next(detail[key] for key in _RATES if key in detail)),
        p50_ms=p50,
        p90_ms=p90,
        p99_ms=p99,
        valid=detail["result_validity"] == "VALID",
        reasons=tuple(reasons),
        failures=failures,
        steal=stolen,
    )


def _run(loadgen: Any, driver: Driver, quotes: int, load: Load, log: Path) -> None:
    """Run a test to its end in a thread of its own: it blocks in C++, where no Ctrl-C is seen."""
    sut = loadgen.ConstructSUT(driver.issue, _flush)
    library = loadgen.ConstructQSL(quotes, quotes, _hold, _hold)
    # LoadGen looks for audit.config in the working directory unless it is told another place.
    arguments = (sut, library, _settings(loadgen, load), _log_settings(loadgen, log), str(log / "audit.config"))
    test = threading.Thread(target=loadgen.StartTestWithLogSettings, args=arguments, name="loadgen", daemon=True)
    test.start()
    while test.is_alive():
        test.join(0.1)
    loadgen.DestroyQSL(library)
    loadgen.DestroySUT(sut)


def _settings(loadgen: Any, load: Load) -> Any:
    settings = loadgen.TestSettings()
    settings.mode = loadgen.TestMode.PerformanceOnly
    settings.min_duration_ms = round(1000 * load.seconds)
    settings.min_query_count = 1 if load.scenario is Scenario.OFFLINE else load.queries
    if load.scenario is Scenario.SINGLE_STREAM:
        settings.scenario = loadgen.TestScenario.SingleStream
        settings.single_stream_expected_latency_ns = _EXPECTED_NS
    elif load.scenario is Scenario.OFFLINE:
        settings.scenario = loadgen.TestScenario.Offline
        settings.offline_expected_qps = _MARGIN * load.rate
    else:
        settings.scenario = loadgen.TestScenario.Server
        settings.server_target_qps = load.rate
        settings.server_target_latency_ns = round(1e6 * load.bound_ms)
        settings.server_target_latency_percentile = 0.99
    return settings


def _log_settings(loadgen: Any, log: Path) -> Any:
    settings = loadgen.LogSettings()
    settings.enable_trace = False
    settings.log_output.outdir = str(log)
    settings.log_output.copy_summary_to_stdout = False
    return settings


def _flush() -> None:
    """Do nothing: the driver holds nothing back."""


def _hold(indexes: Sequence[int]) -> None:
    """Do nothing: all quotes lie in memory, before the run and after it."""
