"""The benchmark measures what is there, and refuses what it can't measure."""

import json

import pytest

from model.errors import DetenteError
from serve.bench import bench, read_quotes


def test_bench_measures_every_figure(tiny_bundle, tmp_path):
    """A real server is started, asked and stopped; all figures are positive and finite."""
    path = tmp_path / "quotes.jsonl"
    path.write_text("".join(json.dumps({"text": f"We met on day {i}."}) + "\n" for i in range(300)))
    report = bench(tiny_bundle, read_quotes(path))
    assert report.quotes == 300
    assert report.mean_tokens > 5
    assert 0 < report.http_p50_ms <= report.http_p99_ms
    assert min(report.in_process_rate, report.http_rate, report.seconds_to_ready, report.resident_mb) > 0


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.jsonl", '{"text": "x"}\n{"quote": "y"}\n', r"a\.jsonl:2: is no quote"),
        ("a.txt", "one\ntwo\n", "has 2 distinct quotes, a measurement needs 300"),
    ],
)
def test_unusable_texts_are_errors(tmp_path, name, text, message):
    """File and line are named."""
    (tmp_path / name).write_text(text)
    with pytest.raises(DetenteError, match=message):
        read_quotes(tmp_path / name)
