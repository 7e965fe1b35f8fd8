"""The machine is described as it is, its stolen time counted, its int8 rate measured."""

import pytest

from model.errors import DetenteError
from serve import machine
from serve.machine import CpuTimes, cpu_times, describe_machine, from_extra, int8_rate, steal


def test_processor_and_its_relevant_flags_are_named(tmp_path):
    """Of the flags only the vector extensions come into the report; every version is there."""
    text = "processor\t: 0\nmodel name\t: Fast One\nflags\t\t: fpu avx2 avx512_vnni amx_int8 sse\n\nprocessor\t: 1\n"
    (tmp_path / "cpuinfo").write_text(text)
    described = describe_machine(tmp_path)
    assert described.cpu == "Fast One"
    assert described.flags == ("amx_int8", "avx2", "avx512_vnni")
    assert set(described.versions) >= {"python", "detente", "onnxruntime", "numpy", "tokenizers", "mlcommons-loadgen"}


def test_a_machine_without_proc_is_described_too(tmp_path):
    """What the system does not tell is empty or None, never an error."""
    described = describe_machine(tmp_path)
    assert described.cpu
    assert described.flags == ()
    assert cpu_times(tmp_path) is None


def test_a_missing_package_has_no_version(monkeypatch, tmp_path):
    """The report says so in its place."""
    monkeypatch.setattr(machine, "_PACKAGES", ("no-such-package",))
    assert describe_machine(tmp_path).versions["no-such-package"] == "not installed"


def test_stolen_time_is_read_without_counting_guests_twice(tmp_path):
    """User nice system idle iowait irq softirq steal make the total; guest time lies in user time."""
    (tmp_path / "stat").write_text("cpu  10 1 5 80 2 1 1 7 9 9\ncpu0 1 1 1 1 1 1 1 1 1 1\n")
    assert cpu_times(tmp_path) == CpuTimes(total=107, stolen=7)


@pytest.mark.parametrize(
    ("before", "after", "share"),
    [
        (CpuTimes(100, 5), CpuTimes(300, 25), 0.1),
        (CpuTimes(100, 5), CpuTimes(100, 5), None),
        (None, CpuTimes(100, 5), None),
        (CpuTimes(100, 5), None, None),
    ],
)
def test_steal_is_a_share_of_the_time_between(before, after, share):
    """Unknown where either reading is missing or no time passed."""
    assert steal(before, after) == share


def test_int8_rate_is_the_best_over_the_shapes(monkeypatch):
    """Threads and seconds are handed on; the slower shape does not count."""
    rates = {(1, 2, 3): 5.0, (4, 5, 6): 7.0}
    monkeypatch.setattr(machine, "_rate", lambda shape, threads, seconds: rates[shape] * threads * seconds)
    assert int8_rate(2, 0.5, list(rates)) == 7.0


def test_int8_rate_runs_on_several_threads():
    """A real product is multiplied; the rate is positive and below what any machine reaches."""
    assert 0 < int8_rate(2, 0.02, [(16, 64, 64)]) < 1e6


def test_a_missing_extra_says_what_to_install():
    """The module and the command are named."""
    with pytest.raises(DetenteError, match=r"no_such_module is not installed.*--editable '\.\[bench\]'"):
        from_extra("no_such_module")
