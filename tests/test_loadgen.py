"""LoadGen itself drives a subject for a moment in each scenario, and its verdict is read from its log."""

import json
import time

import pytest

from model.errors import DetenteError
from model.quote import Quote
from model.stance import Prediction
from serve.driver import Failures
from serve.loadgen import Load, Scenario, measure, read_detail, summarise

QUOTES = [Quote(f"We met on day {i}.") for i in range(50)]
ALONE = [Prediction("neutral", {"neutral": 1.0}, uncertain=False, windows=1)] * 50
WRONG = Prediction("hostile", {"neutral": 0.0}, uncertain=False, windows=1)


class Subject:
    """Takes a millisecond a quote; answers those in `wrong` wrongly."""

    name, threads, batch, cores = "fake", 2, 5, None

    def __init__(self, *wrong):
        self.wrong, self.sizes, self.asked = wrong, set(), set()

    def answer(self, quotes):
        self.sizes.add(len(quotes))
        self.asked.update(quotes)
        time.sleep(0.001 * len(quotes))
        return [WRONG if quote in self.wrong else ALONE[0] for quote in quotes]


def load(scenario, bound_ms=500.0, seconds=0.3, queries=50):
    return Load(scenario, rate=300, seconds=seconds, queries=queries, bound_ms=bound_ms)


@pytest.mark.parametrize(("scenario", "size"), [("single-stream", 1), ("server", 1), ("offline", 5)])
def test_loadgen_runs_every_scenario(tmp_path, monkeypatch, scenario, size):
    """Enough is asked, in calls of the subject's size offline only; no file lands in the working directory."""
    monkeypatch.chdir(tmp_path)
    subject = Subject()
    measured = measure(subject, QUOTES, ALONE, load(Scenario(scenario)), tmp_path / "deep" / "log")
    assert measured.scenario == scenario
    assert measured.texts >= 50
    assert measured.rate > 0
    assert max(subject.sizes) == size
    assert measured.failures == Failures()
    assert (measured.offered, measured.p99_ms is None) == (300 if scenario == "server" else None, scenario == "offline")
    assert [path.name for path in tmp_path.iterdir()] == ["deep"]


def test_offline_asks_every_quote(tmp_path):
    """So that every answer is compared with the one given alone."""
    subject = Subject()
    measure(subject, QUOTES, ALONE, load(Scenario.OFFLINE), tmp_path)
    assert subject.asked == set(QUOTES)


def test_wrong_answers_come_out(tmp_path):
    """A run that LoadGen may call valid does not hold when an answer differed."""
    measured = measure(Subject(QUOTES[7]), QUOTES, ALONE, load(Scenario.OFFLINE), tmp_path)
    assert measured.failures.wrong >= 1
    assert not measured.holds


def test_a_bound_that_does_not_hold_is_invalid(tmp_path):
    """LoadGen's verdict and its reason are passed on."""
    measured = measure(Subject(), QUOTES, ALONE, load(Scenario.SERVER, bound_ms=0.01), tmp_path)
    assert not measured.valid
    assert "the 99th percentile is over the bound" in measured.reasons


def detail(**changed):
    latencies = {f"result_{p}.00_percentile_latency_ns": p * 1_000_000 for p in (50, 90, 99)}
    common = {"result_validity": "VALID", "early_stopping_met": True, "result_invalid_reason": ""}
    return {**latencies, **common, "result_completed_samples_per_sec": 9.5, **changed}


def test_a_summary_has_milliseconds_and_verdict():
    """Nanoseconds become milliseconds; steal and failures are passed on."""
    measured = summarise(load(Scenario.SERVER), detail(), 12, Failures(), 0.25)
    assert (measured.p50_ms, measured.p90_ms, measured.p99_ms) == (50.0, 90.0, 99.0)
    assert (measured.rate, measured.texts, measured.steal) == (9.5, 12, 0.25)
    assert measured.holds


def test_reasons_name_what_was_not_met():
    """Each broken rule, and what LoadGen itself says, without rules that hold."""
    said = detail(result_validity="INVALID", early_stopping_met=False, result_invalid_reason="Reduce it. ")
    measured = summarise(load(Scenario.SERVER), said, 12, Failures(), None)
    assert measured.reasons == ("too few queries to be sure of the percentile (early stopping)", "Reduce it.")
    assert not measured.holds


def test_a_log_without_result_is_an_error(tmp_path):
    """With what LoadGen complained of, and the file to look into."""
    entry = {"key": "error_runtime", "value": "no samples", "metadata": {"is_error": True}}
    path = tmp_path / "mlperf_log_detail.txt"
    path.write_text(f":::MLLOG {json.dumps(entry)}\n")
    with pytest.raises(DetenteError, match=r"mlperf_log_detail\.txt: LoadGen reports no result: no samples"):
        read_detail(path)
    with pytest.raises(DetenteError, match="it ended early"):
        read_detail(tmp_path / "none")


def test_a_missing_loadgen_names_the_extra(tmp_path, monkeypatch):
    """Before anything is started."""
    monkeypatch.setitem(__import__("sys").modules, "mlperf_loadgen", None)
    with pytest.raises(DetenteError, match=r"the extra `bench`: pip install"):
        measure(Subject(), QUOTES, ALONE, load(Scenario.OFFLINE), tmp_path)
