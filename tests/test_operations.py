"""Routes for whoever runs the server: health from the start to the end, the model that answers."""

import time

import pytest
from fastapi.testclient import TestClient

from serve.app import create_app
from serve.schemas import QUOTE_EXAMPLES
from serve.service import Phase, open_models
from serve.settings import Settings


@pytest.fixture(scope="module")
def client():
    with TestClient(create_app(Settings(), open_models(Settings())), raise_server_exceptions=False) as client:
        yield client


def test_model_and_health(client, predictor):
    """The manifest under its digest; alive and ready."""
    body = client.get("/v1/model").json()
    assert body["digest"] == predictor.bundle.digest
    assert body["deterministic"] is True
    assert body["labels"] == ["conciliatory", "hostile", "neutral"]
    assert client.get("/livez").json() == client.get("/readyz").json() == {"status": "ok"}


def test_a_starting_server_says_so():
    """Before the model is open: alive, not ready, and 503 with Retry-After for what it would answer."""
    app = create_app(Settings())
    with TestClient(app) as client:
        app.state.service.phase = Phase.STARTING
        app.state.service._engine = None
        assert client.get("/livez").status_code == 200
        for answer in (
            client.get("/readyz"),
            client.post("/v1/stance", json={"quotes": QUOTE_EXAMPLES}),
            client.get("/v1/model"),
        ):
            assert (answer.status_code, answer.json()["code"]) == (503, "starting")
            assert answer.headers["retry-after"] == "1"


def test_a_server_that_can_not_start_is_not_alive(tmp_path):
    """So that it is started anew, or looked after."""
    app = create_app(Settings(bundle=tmp_path))
    with TestClient(app) as client:
        while app.state.service.phase is Phase.STARTING:
            time.sleep(0.01)
        assert client.get("/livez").json()["code"] == "failed"
        assert client.get("/readyz").status_code == 503
