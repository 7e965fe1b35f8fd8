"""What a benchmark found: for programs, for people, and as a picture."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict
from rich.table import Table

from model.files import to_json
from serve.comparison import Comparison
from serve.driver import Failures
from serve.footprint import Footprint
from serve.loadgen import Measured, Scenario
from serve.machine import Machine, from_extra
from serve.workload import Accuracy, Lengths

REPORT = "bench.json"
PICTURE = "latency.png"

_BUSY = 0.3  # load average a core: above it the figures are too low


@dataclass(frozen=True, slots=True)
class Utilisation:
    """How much of the machine's own int8 matrix-product rate the model reaches.

    multiply_adds: of the encoder's matrix products for a text, mean, in 10^6. rate: texts a second, offline.
    model_gops: what both come to, in 10^9 operations a second, two a multiply-add. machine_gops: what plain int8
    products reach on as many threads, best before and after the runs. share: of it, in [0, 1].
    """

    multiply_adds: float
    rate: float
    model_gops: float
    machine_gops: float
    share: float


class Report(BaseModel):
    """What was measured, and on what.

    subject: what was asked. bundle: digest. threads: that asked it at once. cores: it computes on; None on another
    machine. accuracy: of the answers given alone, None without labels. bound_ms: of the 99th percentile in the server
    scenario. highest_rate: the highest offered one, in texts a second, that a sweep found to hold it.
    """

    model_config = ConfigDict(frozen=True)

    subject: str
    bundle: str
    threads: int
    cores: int | None
    machine: Machine
    lengths: Lengths
    accuracy: Accuracy | None
    runs: tuple[Measured, ...]
    bound_ms: float
    swept: bool
    highest_rate: float | None
    utilisation: Utilisation | None
    comparisons: tuple[Comparison, ...]
    footprint: Footprint | None = None

    @property
    def failures(self) -> int:
        """How many texts got an error, no answer in time or a wrong one, in all runs."""
        return sum(run.failures.count for run in self.runs)


def write_report(report: Report, folder: Path) -> None:
    """Write bench.json and, when a server was offered loads, latency.png. Raises DetenteError, OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / REPORT).write_bytes(to_json(report.model_dump(mode="json")))
    if any(run.scenario is Scenario.SERVER for run in report.runs):
        draw_latency(report, folder / PICTURE)


def draw_latency(report: Report, path: Path) -> None:
    """Draw p50, p90 and p99 of the server scenario against the offered rate; hollow where a run does not hold."""
    figure = from_extra("matplotlib.figure").Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.add_subplot()
    runs = [run for run in report.runs if run.scenario is Scenario.SERVER]
    runs.sort(key=lambda run: run.offered or 0)
    for name, colour in (("p50", "tab:green"), ("p90", "tab:orange"), ("p99", "tab:red")):
        points = [(run.offered, getattr(run, f"{name}_ms"), run.holds) for run in runs]
        axes.plot([x for x, _, _ in points], [y for _, y, _ in points], color=colour, label=name)
        for x, y, holds in points:
            axes.plot(x, y, "o", color=colour, fillstyle="full" if holds else "none")
    axes.axhline(report.bound_ms, color="grey", linestyle="--", linewidth=1, label=f"bound {report.bound_ms:g} ms")
    axes.set_yscale("log")
    for ticks in (axes.yaxis.set_major_formatter, axes.yaxis.set_minor_formatter):
        ticks("{x:g}")
    axes.set(xlabel="offered load, texts/s (Poisson)", ylabel="latency, ms", xlim=(0, None))
    where = f"{report.cores} cores, " if report.cores else ""
    axes.set_title(f"{report.subject}: {where}{report.lengths.mean:.0f} tokens a text", fontsize=10)
    axes.legend()
    figure.savefig(path, dpi=150)


def tables(report: Report) -> Iterator[Table]:
    """Yield the figures for people."""
    yield _runs(report)
    if report.comparisons:
        yield _comparisons(report)
    if report.footprint is not None:
        yield report.footprint.table()
    yield _conditions(report)


def _runs(report: Report) -> Table:
    table = Table("scenario", title=report.subject)
    for name in ("offered/s", "texts/s", "p50 ms", "p90 ms", "p99 ms", "failures", "steal"):
        table.add_column(name, justify="right")
    table.add_column("LoadGen")
    for run in report.runs:
        times = (f"{ms:,.1f}" if ms is not None else "-" for ms in (run.p50_ms, run.p90_ms, run.p99_ms))
        offered = "-" if run.offered is None else f"{run.offered:,.1f}"
        verdict = "valid" if run.valid else "invalid"
        stolen = "-" if run.steal is None else f"{run.steal:.1%}"
        table.add_row(run.scenario, offered, f"{run.rate:,.1f}", *times, _failures(run.failures), stolen, verdict)
    reasons = dict.fromkeys(reason for run in report.runs for reason in run.reasons)
    table.caption = f"invalid: {'; '.join(reasons)}" if reasons else None
    return table


def _comparisons(report: Report) -> Table:
    table = Table("batch", "texts/s", "baseline/s", "ratio (lowest to highest)", "same label")
    table.title = f"beside {report.comparisons[0].baseline}"
    for found in report.comparisons:
        spread = f"{found.ratio:.2f} ({found.lowest:.2f} to {found.highest:.2f})"
        rates = (f"{found.rate:,.1f}", f"{found.baseline_rate:,.1f}")
        table.add_row(str(found.batch), *rates, spread, f"{found.same_label:.1%}")
    return table


def _conditions(report: Report) -> Table:
    machine, lengths = report.machine, report.lengths
    table = Table("condition", "value")
    tokens = f"mean {lengths.mean:.1f}, p50 {lengths.p50:.0f}, p90 {lengths.p90:.0f}, max {lengths.max}"
    table.add_row("distinct texts", f"{lengths.texts:,}")
    table.add_row("tokens a text", tokens)
    if report.accuracy is not None:
        found = report.accuracy
        table.add_row("accuracy", f"{found.accuracy:.3f}, macro-F1 {found.macro_f1:.3f} on {found.texts:,} labelled")
    if report.swept:
        found_rate = "none" if report.highest_rate is None else f"{report.highest_rate:,.1f} texts/s"
        table.add_row(f"highest rate, p99 within {report.bound_ms:g} ms", found_rate)
    if report.utilisation is not None:
        table.add_row("int8 rate", _share(report.utilisation))
    table.add_row("processor", f"{machine.cpu}: {', '.join(machine.flags) or 'no flags known'}")
    table.add_row("threads, cores used, cores", f"{report.threads}, {report.cores or 'unknown'}, {machine.cores}")
    table.add_row("load average at the start", _load(machine))
    table.add_row("system", machine.system)
    table.add_row("versions", ", ".join(f"{name} {version}" for name, version in machine.versions.items()))
    if report.failures:
        example = next(run.failures.example for run in report.runs if run.failures.count)
        table.add_row("first failure", str(example))
    return table


def _failures(failures: Failures) -> str:
    parts = f"{failures.errors} errors, {failures.timeouts} timeouts, {failures.wrong} wrong"
    return parts if failures.count else "0"


def _share(used: Utilisation) -> str:
    return (
        f"{used.model_gops:,.0f} of {used.machine_gops:,.0f} GOP/s, {used.share:.0%} "
        f"({used.multiply_adds:,.0f} million multiply-adds a text)"
    )


def _load(machine: Machine) -> str:
    if machine.load is None:
        return "unknown"
    busy = " (busy: the figures are too low)" if machine.load > _BUSY * machine.cores else ""
    return f"{machine.load:.2f}{busy}"
