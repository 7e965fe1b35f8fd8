"""The benchmark measures what is there, with the real LoadGen, and finds the highest rate that holds."""

import subprocess
import sys
from dataclasses import replace

import pytest

from model.quote import Quote
from serve.bench import Plan, bench, find_highest
from serve.driver import Failures
from serve.loadgen import Measured, Scenario
from serve.subjects import InProcess
from serve.workload import Text, draw_workload

TEXTS = [Text(Quote(f"We met on day {i}."), "neutral") for i in range(100)]
RUN = Measured(Scenario.SERVER, 1.0, 1, 1.0, 1.0, 1.0, 1.0, valid=True, reasons=(), failures=Failures(), steal=None)
SHORT = Plan(seconds=0.2, queries=20, bound_ms=10_000, rounds=1, segment=8, int8_seconds=0.01)


def test_all_scenarios_are_run(tiny_bundle, tmp_path):
    """Single-stream, offline, and four loads for the server; all answers right, the model's share of the machine."""
    with InProcess(tiny_bundle) as subject:
        report = bench(subject, tiny_bundle, draw_workload(TEXTS, tiny_bundle), SHORT, tmp_path)
    assert [run.scenario for run in report.runs] == ["single-stream", "offline", *["server"] * 4]
    offered = [run.offered for run in report.runs[2:]]
    assert offered == pytest.approx([share * report.runs[1].rate for share in (0.3, 0.5, 0.7, 0.9)])
    assert report.failures == 0
    assert report.accuracy is not None
    assert report.accuracy.texts == 100
    assert report.utilisation is not None
    assert report.utilisation.share == pytest.approx(report.utilisation.model_gops / report.utilisation.machine_gops)
    assert report.utilisation.model_gops > 0
    assert (report.highest_rate, report.comparisons) == (None, ())


def test_a_given_rate_and_a_baseline(tiny_bundle, tmp_path):
    """One server run at that rate; the baseline is compared at batch 1 and 32; notes tell what is done."""
    plan, notes = replace(SHORT, scenarios=[Scenario.SERVER], rate=50.0), list[str]()
    with InProcess(tiny_bundle) as subject, InProcess(tiny_bundle) as baseline:
        workload = draw_workload(TEXTS, tiny_bundle)
        report = bench(subject, tiny_bundle, workload, plan, tmp_path, baseline=baseline, note=notes.append)
    assert [run.offered for run in report.runs] == [50.0]
    assert [found.batch for found in report.comparisons] == [1, 32]
    assert [found.same_label for found in report.comparisons] == [1.0, 1.0]
    assert notes[:3] == ["asking 100 quotes alone", "offline, 0.2 s", "server, 0.2 s, 50 texts/s"]


def test_a_sweep_reports_the_highest_rate(tiny_bundle, tmp_path, monkeypatch):
    """It starts at the given rate and stays with runs that hold."""
    monkeypatch.setattr("serve.bench.find_highest", lambda run, start: run(start).offered)
    plan = replace(SHORT, scenarios=[Scenario.SERVER], rate=60.0, sweep=True)
    with InProcess(tiny_bundle) as subject:
        report = bench(subject, tiny_bundle, draw_workload(TEXTS, tiny_bundle), plan, tmp_path)
    assert (report.highest_rate, report.swept) == (60.0, True)
    assert [run.offered for run in report.runs] == [60.0]


@pytest.mark.parametrize("start", [10.0, 100.0, 130.0, 400.0])
def test_the_highest_rate_is_found_from_either_side(start):
    """Within 3 % below the true one, in at most twelve runs."""
    asked = []

    def run(rate):
        asked.append(rate)
        return replace(RUN, valid=rate <= 123)

    found = find_highest(run, start)
    assert found in asked
    assert len(asked) <= 12
    assert found is not None
    assert 123 / 1.03 <= found <= 123


def test_no_rate_holds():
    """None, rather than a rate that failed; and it is given up a tenth down, where runs get long."""
    asked = []

    def run(rate):
        asked.append(rate)
        return replace(RUN, failures=Failures(wrong=1))

    assert find_highest(run, 100.0) is None
    assert 10 <= min(asked) < 15


def test_importing_loads_nothing_heavy(root):
    """LoadGen, matplotlib and the training wing stay out until they are needed."""
    absent = {"mlperf_loadgen", "matplotlib", "onnx", "torch", "transformers", "training"}
    code = f"import serve.bench, sys; print(sorted({absent!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")
