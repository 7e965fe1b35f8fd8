"""A server started to be measured: ready with its settings, gone at the end."""

import os
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from model.errors import DetenteError
from serve.started import resident_mb, started_server


def test_a_server_that_does_not_start_is_an_error(tmp_path):
    """The command that tells why is named."""
    with (
        pytest.raises(DetenteError, match=r"did not become ready: `detente serve --bundle .*none` says why"),
        started_server(tmp_path / "none"),
    ):
        pass


def test_settings_reach_the_server(default_bundle):
    """It is ready, at its address, with what was set, until the block ends."""
    with started_server(default_bundle.path, max_quotes="1") as server:
        request = urllib.request.Request(
            f"{server.url}/v1/stance",
            b'{"quotes": [{"text": "x"}, {"text": "y"}]}',
            {"content-type": "application/json"},
        )
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=10)
        assert refused.value.code == 413
        refused.value.close()
        assert server.seconds > 0
    assert not Path(f"/proc/{server.pid}").exists()


def test_resident_memory_is_known_of_processes_that_run():
    """In MB where there is a /proc; None for a process that is gone."""
    resident = resident_mb(os.getpid())
    if Path("/proc/self/statm").exists():
        assert resident is not None
        assert 10 < resident < 100_000
    assert resident_mb(2**30) is None
