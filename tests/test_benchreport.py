"""A report reads the same for programs, for people and as a picture."""

import io
import json

import pytest
from rich.console import Console

from serve.benchreport import Report, Utilisation, tables, write_report
from serve.comparison import Comparison
from serve.driver import Failures
from serve.footprint import Footprint
from serve.loadgen import Measured, Scenario
from serve.machine import Machine
from serve.workload import Accuracy, Lengths

WRONG = Failures(errors=1, timeouts=2, wrong=3, example="what went wrong")
GOOD = Measured(Scenario.SERVER, 30.0, 300, 29.5, 5.0, 7.0, 9.0, valid=True, reasons=(), failures=Failures(), steal=0.0)
LATE = Measured(
    Scenario.SERVER, 60.0, 600, 58.5, 15.0, 70.0, 90.0, valid=False, reasons=("over",), failures=WRONG, steal=None
)
BULK = Measured(
    Scenario.OFFLINE, None, 900, 81.5, None, None, None, valid=True, reasons=(), failures=Failures(), steal=0.125
)


@pytest.fixture
def report():
    return Report(
        subject="minilm in process",
        bundle="ab" * 32,
        threads=2,
        cores=2,
        machine=Machine("Linux", "Fast One", ("avx2",), 2, 3.5, {"python": "3.11.7"}),
        lengths=Lengths(300, 38.25, 34.0, 58.0, 98),
        accuracy=Accuracy(300, 0.92, 0.9),
        runs=(BULK, LATE, GOOD),
        bound_ms=50.0,
        swept=True,
        highest_rate=30.0,
        utilisation=Utilisation(411.0, 81.5, 67.0, 180.0, 0.372),
        comparisons=(Comparison("minilm", "pipeline", 32, 5, 80.0, 20.0, 4.0, 3.5, 4.5, 0.99),),
        footprint=Footprint(
            0.6, 170.0, (1000, 10000), (180.0, None), 16, 365.0, 369.0, 0.99, 0.03, 1000, 12.8, 25.6, 2.0
        ),
    )


def text_of(report):
    written = io.StringIO()
    Console(file=written, width=200).print(*tables(report))
    return written.getvalue()


@pytest.mark.parametrize(
    "told",
    [
        "1 errors, 2 timeouts, 3 wrong",
        "what went wrong",
        "invalid: over",
        "12.5%",
        "mean 38.2, p50 34, p90 58, max 98",
        "macro-F1 0.900",
        "p99 within 50 ms",
        "67 of 180 GOP/s, 37%",
        "Fast One: avx2",
        "3.50 (busy: the figures are too low)",
        "4.00 (3.50 to 4.50)",
        "180.00, unknown",
    ],
)
def test_people_are_told(report, told):
    """Failures, verdicts, lengths, share of the machine, load and spread stand in the tables."""
    assert told in text_of(report)


def test_what_was_not_measured_is_not_told(report):
    """No rows of labels, sweep, int8 rate, comparison or process where there are none."""
    bare = {"accuracy": None, "swept": False, "utilisation": None, "comparisons": (), "footprint": None}
    full, text = text_of(report), text_of(report.model_copy(update=bare))
    for told in ("accuracy", "p99 within", "int8 rate", "beside", "server process"):
        assert told in full
        assert told not in text


def test_failures_are_summed(report):
    """Over all kinds and runs."""
    assert report.failures == 6


def test_json_reads_back_and_the_picture_is_a_png(report, tmp_path):
    """bench.json holds every figure; latency.png is drawn for server runs."""
    write_report(report, tmp_path / "out")
    text = (tmp_path / "out" / "bench.json").read_text()
    assert Report.model_validate_json(text) == report
    assert json.loads(text)["runs"][1]["failures"]["wrong"] == 3
    assert (tmp_path / "out" / "latency.png").read_bytes().startswith(b"\x89PNG")


def test_no_picture_without_a_server_run(report, tmp_path):
    """There is no offered load to draw against."""
    write_report(report.model_copy(update={"runs": (BULK,)}), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["bench.json"]
