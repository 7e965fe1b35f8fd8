"""Settings: from the environment, checked together, all of them in the documentation."""

import re

import pytest
from pydantic import ValidationError

from serve.settings import Settings


def test_the_environment_is_read(monkeypatch):
    """DETENTE_NAME sets a setting; an empty one counts as none."""
    monkeypatch.setenv("DETENTE_MAX_QUOTES", "7")
    monkeypatch.setenv("DETENTE_THREADS", "")
    assert (Settings().max_quotes, Settings().threads) == (7, None)


def test_threads_share_the_cores():
    """Processes divide the usable cores unless threads are set; at least one each."""
    assert Settings(workers=1000).predictor_threads == 1
    assert Settings(workers=2, threads=3).predictor_threads == 3


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"max_quotes": 50, "max_waiting": 10}, "max_waiting 10"),
        ({"max_body_bytes": 4096, "max_buffered_bytes": 2048}, "max_buffered_bytes 2048"),
        ({"port": 70_000}, "port"),
        ({"max_characters": 1_000_000}, "max_characters"),
        ({"max_article_characters": 2_000_000}, "max_article_characters"),
        ({"request_seconds": 0}, "request_seconds"),
    ],
)
def test_limits_fit_together(settings, says):
    """A request that may be sent must be able to be taken; nonsense names its setting."""
    with pytest.raises(ValidationError, match=says):
        Settings(**settings)


def test_every_setting_is_documented(root):
    """docs/deployment.md lists all names, and none that does not exist."""
    table = (root / "docs" / "deployment.md").read_text().partition("\n## Settings\n")[2]
    first_cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert {name for cell in first_cells for name in re.findall(r"`(\w+)`", cell)} == set(Settings.model_fields)
