"""The benchmark: MLPerf LoadGen's scenarios over one subject, with the machine's own rate measured in the same run."""

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

from model.bundle import Bundle
from model.stance import Prediction
from serve.benchreport import Report, Utilisation
from serve.comparison import Comparison, compare
from serve.footprint import measure_footprint
from serve.loadgen import Load, Measured, Scenario, measure
from serve.machine import describe_machine, int8_rate
from serve.subjects import HttpSubject, InProcess, Subject
from serve.workload import Workload, draw_workload, read_texts, score

_SHARES = (0.3, 0.5, 0.7, 0.9)  # of the offline rate: the loads that a server is offered
_SWEEP_FROM = 0.9  # of the offline rate: a queue would hold no bound much beyond it
_SWEEP_RUNS = 12
_STEP = 1.5  # on the way up or down to the first pair of rates
_GIVE_UP = 0.1  # of where a sweep starts: a rate below it would take minutes a run
_CLOSE = 1.03  # a rate that holds and one this much higher that doesn't end the sweep
_BATCHES = (1, 32)  # quotes a call, of the comparison


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure.

    scenarios: in this order. seconds, queries: the least that a run has; of fewer than 459 queries LoadGen can't call
    a server's 99th percentile valid. bound_ms: of the server's 99th percentile.
    rate: texts a second offered to the server; four shares of its offline rate when None. sweep: look for the highest
    rate that holds the bound. rounds, segment: of the comparison, the latter in quotes. int8_seconds: a shape.
    """

    scenarios: Sequence[Scenario] = tuple(Scenario)
    seconds: float = 10
    queries: int = 1024
    bound_ms: float = 50
    rate: float | None = None
    sweep: bool = False
    rounds: int = 5
    segment: int = 128
    int8_seconds: float = 0.3


def bench(
    subject: Subject,
    bundle: Bundle,
    workload: Workload,
    plan: Plan,
    logs: Path,
    *,
    baseline: Subject | None = None,
    note: Callable[[str], None] = lambda _: None,
) -> Report:
    """Measure a subject; LoadGen's logs go to folders in `logs`; `note` is told what is done next.

    bundle: what the subject serves. baseline: measured beside the subject, in turns, after the scenarios. Raises
    DetenteError without the extra `bench`, and when the subject does not answer a quote asked alone.
    """
    machine = describe_machine()
    cores = subject.cores
    note(f"asking {len(workload.texts):,} quotes alone")
    alone, rate = _ask_alone(subject, workload)
    products = [int8_rate(cores, plan.int8_seconds)] if cores else []
    runs = _Runs(subject, workload, alone, plan, logs=logs, note=note)
    offline = runs.scenarios(rate * (cores or 1))
    highest = runs.sweep(offline.rate) if plan.sweep else None
    comparisons = _compare(subject, baseline, workload, plan, note) if baseline else ()
    if cores:
        products.append(int8_rate(cores, plan.int8_seconds))
    return Report(
        subject=subject.name,
        bundle=bundle.digest,
        threads=subject.threads,
        cores=cores,
        machine=machine,
        lengths=workload.lengths,
        accuracy=score(workload.texts, alone),
        runs=tuple(runs.done),
        bound_ms=plan.bound_ms,
        swept=plan.sweep,
        highest_rate=highest,
        utilisation=_utilisation(workload, offline, products),
        comparisons=tuple(comparisons),
    )


def bench_file(
    texts: Path,
    bundle: Bundle,
    plan: Plan,
    *,
    most: int | None = None,
    url: str | None = None,
    out: Path | None = None,
    footprint: bool = False,
    baseline: Subject | None = None,
    note: Callable[[str], None] = lambda _: None,
) -> Report:
    """Measure a bundle in this process, or the server at a URL that serves it, on at most so many texts of a file.

    LoadGen's logs are kept in out/loadgen. footprint: measure a server process of the bundle, too. Raises DetenteError.
    """
    workload = draw_workload(read_texts(texts), bundle, most)
    asked = HttpSubject(url, bundle) if url else InProcess(bundle)
    with asked as subject, tempfile.TemporaryDirectory() as temporary:
        logs = out / "loadgen" if out else Path(temporary)
        report = bench(subject, bundle, workload, plan, logs, baseline=baseline, note=note)
    if not footprint:
        return report
    return report.model_copy(update={"footprint": measure_footprint(bundle, workload.quotes, note=note)})


def find_highest(run: Callable[[float], Measured], start: float) -> float | None:
    """Return the highest rate found whose run holds, in texts a second; None when none does.

    Goes up or down from `start` until one rate holds and a higher one doesn't, then halves their ratio until they
    lie within 3 %; at most 12 runs, and none below a tenth of `start`.
    """
    holding, failing, rate = None, None, start
    for _ in range(_SWEEP_RUNS):
        if run(rate).holds:
            holding = rate
        else:
            failing = rate
        if holding is None:
            rate /= _STEP
            if rate < _GIVE_UP * start:
                break
        elif failing is None:
            rate *= _STEP
        elif failing / holding <= _CLOSE:
            break
        else:
            rate = sqrt(holding * failing)
    return holding


class _Runs:
    """The runs of one benchmark, in their order."""

    def __init__(
        self,
        subject: Subject,
        workload: Workload,
        alone: Sequence[Prediction],
        plan: Plan,
        *,
        logs: Path,
        note: Callable[[str], None],
    ) -> None:
        self.done: list[Measured] = []
        self._subject, self._quotes, self._alone = subject, workload.quotes, alone
        self._plan, self._logs, self._note = plan, logs, note

    def scenarios(self, expected: float) -> Measured:
        """Run the plan's scenarios and return an offline run, a short one when the plan has none."""
        offline = self._measure(Scenario.OFFLINE, expected, min(1.0, self._plan.seconds), "warm-up")
        for scenario in self._plan.scenarios:
            if scenario is Scenario.SERVER:
                for rate in self._rates(offline.rate):
                    self.server(rate)
            else:
                measured = self._measure(scenario, offline.rate, self._plan.seconds, scenario)
                self.done.append(measured)
                offline = measured if scenario is Scenario.OFFLINE else offline
        return offline

    def server(self, rate: float) -> Measured:
        """Offer a rate in Poisson arrivals."""
        measured = self._measure(Scenario.SERVER, rate, self._plan.seconds, f"server-{len(self.done):02}")
        self.done.append(measured)
        return measured

    def sweep(self, offline: float) -> float | None:
        """Return the highest rate found that holds the plan's bound."""
        return find_highest(self.server, self._plan.rate or _SWEEP_FROM * offline)

    def _rates(self, offline: float) -> Sequence[float]:
        if self._plan.rate is not None:
            # The sweep starts there by itself.
            return () if self._plan.sweep else (self._plan.rate,)
        return [share * offline for share in _SHARES]

    def _measure(self, scenario: Scenario, rate: float, seconds: float, name: str) -> Measured:
        self._note(f"{scenario}, {seconds:g} s" + (f", {rate:,.0f} texts/s" if scenario is Scenario.SERVER else ""))
        load = Load(scenario, rate, seconds, self._plan.queries, self._plan.bound_ms)
        return measure(self._subject, self._quotes, self._alone, load, self._logs / name)


def _ask_alone(subject: Subject, workload: Workload) -> tuple[list[Prediction], float]:
    """Return each quote's answer, asked one after the other, and the rate in texts a second."""
    started = time.perf_counter()
    alone = [subject.answer([quote])[0] for quote in workload.quotes]
    return alone, len(alone) / (time.perf_counter() - started)


def _compare(
    subject: Subject, baseline: Subject, workload: Workload, plan: Plan, note: Callable[[str], None]
) -> list[Comparison]:
    compared = []
    for batch in _BATCHES:
        note(f"beside {baseline.name}, batch {batch}")
        compared.append(
            compare(subject, baseline, workload.quotes, batch=batch, rounds=plan.rounds, segment=plan.segment)
        )
    return compared


def _utilisation(workload: Workload, offline: Measured, products: Sequence[float]) -> Utilisation | None:
    if not products or workload.multiply_adds is None:
        return None
    reached = 2e-3 * workload.multiply_adds * offline.rate
    best = max(products)
    return Utilisation(workload.multiply_adds, offline.rate, reached, best, reached / best)
