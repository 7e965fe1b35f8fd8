"""Overload is measured on a real server: what it serves, what it refuses, and that it recovers."""

from serve.overload import measure_overload

TEXTS = [f"We met on day {number} and agreed on nothing." for number in range(50)]


def test_every_step_adds_up(default_bundle):
    """All that was offered was answered, with 200 or with a 503 that says when to ask again."""
    found = measure_overload(default_bundle.path, TEXTS, seconds=1, quotes=2, shares=(0.3, 4.0))
    assert found.sustainable > 0
    calm, storm = found.steps
    for step in found.steps:
        assert step.failed == 0
        assert step.without_retry_after == 0
        assert step.served > 0
    assert (calm.refused, calm.refused_p99) == (0, None)
    assert storm.offered > calm.offered
    assert 0 < found.kept <= 1
    assert found.after > 0
    assert [table.row_count for table in found.tables()] == [2, 2]
