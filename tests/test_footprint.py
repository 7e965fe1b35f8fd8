"""A real server is started, asked and stopped; what it takes is measured."""

from model.quote import Quote
from serve.footprint import Effort, measure_footprint

QUOTES = [Quote(f"We met on day {i}.") for i in range(60)]


def test_every_figure_is_measured(tiny_bundle):
    """All figures are positive and belong together."""
    notes: list[str] = []
    found = measure_footprint(tiny_bundle, QUOTES, Effort(first=20, last=80, singles=20, bulk=30), notes.append)
    assert found.requests == (20, 80)
    assert min(found.seconds_to_ready, found.http_rate, found.in_process_rate, found.http_share, found.p99_ms) > 0
    assert 0 < found.client_share <= 1
    assert found.bulk_ratio == found.p99_beside_bulk_ms / found.p99_ms
    assert all(value is None or value > 10 for value in (found.resident_mb, *found.resident_after_mb))
    assert notes == ["starting a server", "80 requests", "one client, idle and beside bulk requests"]
