"""The Open Inference Protocol over HTTP: answers, and every way of asking wrongly."""

import json
import shutil
import struct

import numpy as np
import pytest
from fastapi.testclient import TestClient

from model.quote import Quote
from serve.app import create_app
from serve.service import Phase, open_models
from serve.settings import Settings

LENGTH = "Inference-Header-Content-Length"
QUOTES = [
    Quote("We are ready to sit down with them tomorrow."),
    Quote("a provocation", "The minister called it [Q] and recalled the envoy."),
]
MODEL = "/v2/models/minilm"


@pytest.fixture(scope="module")
def client(default_bundle):
    settings = Settings(bundle=default_bundle.path, max_quotes=50, max_body_bytes=500_000)
    with TestClient(create_app(settings, open_models(settings)), raise_server_exceptions=False) as client:
        yield client


def tensor(name="text", data=("We agree.",), **more):
    return {"name": name, "shape": [len(data)], "datatype": "BYTES", "data": list(data), **more}


def infer(client, *inputs, path=MODEL, **more):
    return client.post(f"{path}/infer", json={"inputs": list(inputs), **more})


def post(client, content, headers=None):
    return client.post(f"{MODEL}/infer", content=content, headers=headers)


def asked():
    return [tensor(data=[quote.text for quote in QUOTES]), tensor("carrier", [quote.carrier or "" for quote in QUOTES])]


def test_answers_are_the_predictors(client, predictor):
    """Every output, for quotes with and without carrier, equals what the predictor says, bit for bit."""
    body = infer(client, *asked(), id="42").json()
    expected = [predictor.predict_one(quote) for quote in QUOTES]
    labels = predictor.bundle.manifest.labels
    values = {
        "label": ("BYTES", [2], [each.label for each in expected]),
        "probabilities": ("FP64", [2, 3], [each.probabilities[label] for each in expected for label in labels]),
        "tone": ("FP64", [2], [each.tone for each in expected]),
        "uncertain": ("BOOL", [2], [each.uncertain for each in expected]),
        "windows": ("INT32", [2], [1, 1]),
    }
    assert body == {
        "id": "42",
        "model_name": "minilm",
        "model_version": "1",
        "parameters": {"digest": predictor.bundle.digest},
        "outputs": [
            {"name": name, "datatype": datatype, "shape": shape, "data": data}
            for name, (datatype, shape, data) in values.items()
        ],
    }


def test_binary_tensors_go_both_ways(client, predictor):
    """Text in binary form, one output in binary form as wanted and one as JSON."""
    data = b"".join(struct.pack("<I", len(quote.text.encode())) + quote.text.encode() for quote in QUOTES)
    given = tensor(data=["", ""], parameters={"binary_data_size": len(data)})
    del given["data"]
    wanted = [{"name": "probabilities"}, {"name": "label", "parameters": {"binary_data": False}}]
    parameters = {"binary_data_output": True}
    head = json.dumps({"inputs": [given], "outputs": wanted, "parameters": parameters}).encode()
    answer = post(client, head + data, {LENGTH: str(len(head)), "content-type": "application/octet-stream"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/octet-stream")
    length = int(answer.headers[LENGTH])
    body = json.loads(answer.content[:length])
    assert [output["name"] for output in body["outputs"]] == ["probabilities", "label"]
    assert body["outputs"][0]["parameters"] == {"binary_data_size": 48}
    expected = [predictor.predict_one(Quote(quote.text)) for quote in QUOTES]
    read = np.frombuffer(answer.content[length:], "<f8").reshape(2, 3).tolist()
    assert read == [list(each.probabilities.values()) for each in expected]
    assert body["outputs"][1]["data"] == [each.label for each in expected]


@pytest.mark.parametrize("path", ["/infer", "/infer/", "/versions/1/infer", "/versions/1/infer/"])
def test_every_address_of_a_model_answers(client, path):
    """With the version and without, with a slash at the end and without."""
    answer = client.post(MODEL + path, json={"inputs": [tensor()]}, follow_redirects=False)
    assert answer.status_code == 200
    assert "id" not in answer.json()


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("version", ["", "/versions/1"])
def test_metadata_says_what_infer_does(client, predictor, version, slash):
    """Names, types and shapes of the tensors are those of an answer; the digest tells which bundle it is."""
    body = client.get(f"{MODEL}{version}{slash}", follow_redirects=False).json()
    assert (body["name"], body["versions"], body["platform"]) == ("minilm", ["1"], "onnx_onnxv1")
    assert body["parameters"] == {"digest": predictor.bundle.digest, "labels": ["conciliatory", "hostile", "neutral"]}
    assert body["inputs"] == [{"name": n, "datatype": "BYTES", "shape": [-1]} for n in ("text", "carrier")]
    answered = infer(client, tensor(data=["a", "b", "c", "d"])).json()["outputs"]
    assert body["outputs"] == [
        {"name": each["name"], "datatype": each["datatype"], "shape": [-1, *each["shape"][1:]]} for each in answered
    ]
    assert all(each["shape"][0] == 4 for each in answered)


@pytest.mark.parametrize("path", ["/v2", "/v2/"])
def test_the_server_tells_what_it_is(client, path):
    """Name, version and the extension that clients look for."""
    body = client.get(path, follow_redirects=False).json()
    assert body == {"name": "detente", "version": "1", "extensions": ["binary_tensor_data"]}


@pytest.mark.parametrize(
    ("phase", "live", "ready"),
    [(Phase.STARTING, 200, 503), (Phase.READY, 200, 200), (Phase.DRAINING, 200, 503), (Phase.FAILED, 503, 503)],
)
def test_health_follows_the_phase(client, monkeypatch, phase, live, ready):
    """Ready only when requests are taken; live as long as it can become or has been ready."""
    monkeypatch.setattr(client.app.state.service, "phase", phase)
    expected = {
        "/v2/health/live": (live, {"live": True}),
        "/v2/health/ready": (ready, {"ready": True}),
        f"{MODEL}/ready": (ready, {"name": "minilm", "ready": True}),
        f"{MODEL}/versions/1/ready": (ready, {"name": "minilm", "ready": True}),
    }
    for path, (status, body) in expected.items():
        for answer in (client.get(path), client.get(f"{path}/")):
            assert answer.status_code == status
            assert answer.json() == body if status == 200 else set(answer.json()) == {"error"}


def test_nothing_is_served_before_the_model_is(client, monkeypatch):
    """While there is no engine the model's routes say so, and when to ask again."""
    monkeypatch.setattr(client.app.state.service, "_engine", None)
    for answer in (client.get(MODEL), client.get(f"{MODEL}/versions/1"), infer(client, tensor())):
        assert (answer.status_code, set(answer.json())) == (503, {"error"})
        assert "Retry-After" in answer.headers


@pytest.mark.parametrize("path", ["/v2/models/other", "/v2/models/minilm/versions/2", "/v2/models/Minilm/versions/1"])
def test_unknown_models_are_not_found(client, path):
    """The error says what is served."""
    for answer in (client.get(path), client.get(f"{path}/ready"), infer(client, tensor(), path=path)):
        assert (answer.status_code, set(answer.json())) == (404, {"error"})
        assert "is not served here" in answer.json()["error"]


@pytest.mark.parametrize(
    ("inputs", "status", "error"),
    [
        ([tensor(data=["fine", " "])], 400, "quote 1: text is empty"),
        ([tensor(data=["fine", "\ud800"])], 400, "quote 1: text is not valid Unicode"),
        ([tensor(), tensor("carrier", ["no slot"])], 400, "quote 0: carrier holds neither"),
        ([tensor(data=["a"] * 51)], 413, "51 quotes in one request, at most 50"),
        ([tensor(shape=[10**18])], 413, "at most 50"),
        ([tensor(shape=[2])], 400, "text: 1 elements, but its shape says 2"),
        ([tensor(datatype="FP32")], 400, "inputs.0.datatype: "),
        ([tensor("carrier")], 400, "text: the input is missing"),
        ([tensor(), tensor()], 400, "text: the input is given twice"),
        ([], 400, "inputs: "),
    ],
)
def test_bad_inputs_refuse_the_request(client, inputs, status, error):
    """One bad quote refuses all, and the error has the protocol's shape and names the place."""
    answer = post(client, json.dumps({"inputs": inputs}).encode())
    assert (answer.status_code, set(answer.json())) == (status, {"error"})
    assert error in answer.json()["error"]


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        (["logits"], "output 'logits' is none of this model: it has label, probabilities"),
        (["\ud800"], r"output '\ud800' is none"),
        (["label", "label"], "output label is wanted twice"),
    ],
)
def test_bad_outputs_are_refused_before_any_work(client, monkeypatch, wanted, error):
    """An output that there is not is told at once."""
    monkeypatch.setattr(client.app.state.service, "predict", None)
    body = {"inputs": [tensor()], "outputs": [{"name": name} for name in wanted]}
    answer = post(client, json.dumps(body).encode())
    assert answer.status_code == 400
    assert error in answer.json()["error"]


def test_other_labels_have_no_tone(default_bundle, tmp_path):
    """A model that tells no stances names its own labels and has no such output."""
    bundle = shutil.copytree(default_bundle.path, tmp_path / "bundle")
    manifest = json.loads((bundle / "bundle.json").read_bytes())
    changed = {"name": "other", "labels": ["x", "y", "z"], "reference": None, "seal": None}
    (bundle / "bundle.json").write_text(json.dumps({**manifest, **changed}))
    settings, path = Settings(bundle=bundle), "/v2/models/other"
    with TestClient(create_app(settings, open_models(settings))) as client:
        metadata = client.get(path).json()
        assert metadata["parameters"]["labels"] == ["x", "y", "z"]
        names = [each["name"] for each in infer(client, tensor(), path=path).json()["outputs"]]
        assert names == [each["name"] for each in metadata["outputs"]]
        assert "tone" not in names
        assert infer(client, tensor(), path=path, outputs=[{"name": "tone"}]).status_code == 400


GOOD = json.dumps({"inputs": [tensor()]}).encode()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"content-type": "application/json"}, 200),
        ({"content-type": "application/json; charset=utf-8", LENGTH: str(len(GOOD))}, 200),
        ({"content-type": "application/octet-stream", LENGTH: str(len(GOOD))}, 200),
        ({LENGTH: str(len(GOOD))}, 200),
        ({"content-type": "application/octet-stream"}, 400),
        ({LENGTH: str(len(GOOD) + 1)}, 400),
        ({LENGTH: str(len(GOOD) - 1)}, 400),
        ({LENGTH: "0"}, 400),
        ({LENGTH: "ten"}, 400),
        ({LENGTH: ""}, 400),
        ([(LENGTH, str(len(GOOD))), (LENGTH, str(len(GOOD)))], 400),
        ({"content-type": "text/plain"}, 415),
        ({"content-type": ""}, 415),
        ({"content-type": "application/x-www-form-urlencoded"}, 415),
        ([("content-type", "application/json"), ("content-type", "application/octet-stream")], 415),
        ({"content-encoding": "gzip"}, 415),
        ({"content-encoding": "deflate"}, 415),
        ({"x-request-timeout": "soon"}, 400),
        ({"content-length": "500001"}, 413),
    ],
)
def test_headers_have_to_fit(client, headers, status):
    """Each combination is answered or refused with the status that fits, never with a fault."""
    answer = post(client, GOOD, headers)
    assert answer.status_code == status
    assert ("error" in answer.json()) == (status != 200)


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/infer", 405), ("POST", "", 405), ("GET", "/x", 404)])
def test_wrong_addresses_have_the_protocols_errors(client, method, path, status):
    """Unknown paths and methods under /v2 too."""
    answer = client.request(method, MODEL + path)
    assert (answer.status_code, set(answer.json())) == (status, {"error"})
