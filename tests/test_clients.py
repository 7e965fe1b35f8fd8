"""Other people's clients, unmodified, against a server of its own process: Hugging Face's and Triton's."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time

import numpy as np
import pytest
from huggingface_hub import InferenceClient
from huggingface_hub.errors import HfHubHTTPError
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st
from tritonclient import http as triton
from tritonclient.http import aio
from tritonclient.utils import InferenceServerException

from model.errors import QuoteError
from model.quote import Quote
from serve.keys import new_key

TEXTS = [
    "We are ready to sit down with them tomorrow, without conditions.",
    "Ils nous ont menti, et ils le paieront: «jamais»!",
    "The committee will meet again on 14 May. " * 60,  # more than one window
]
CARRIERS = ["", "", "The minister said [Q] and left."]
TOKEN, KEY = new_key("tests")


@pytest.fixture(scope="module")
def address(tmp_path_factory, root):
    """Start the server on a free port, with a key, and return host and port."""
    log = tmp_path_factory.mktemp("server") / "log"
    settings = {"DETENTE_KEYS": KEY, "DETENTE_PORT": "0", "DETENTE_MAX_QUOTES": "10"}
    with log.open("w") as file:
        command = [sys.executable, "-m", "detente", "serve"]
        server = subprocess.Popen(command, stderr=file, cwd=root, env={**os.environ, **settings})
        try:
            yield url_in(log, server).removeprefix("http://")
        finally:
            server.terminate()
            server.wait(60)


def url_in(log, server):
    until = time.monotonic() + 120
    while time.monotonic() < until and server.poll() is None:
        for line in log.read_text().splitlines(keepends=True):
            if line.endswith("\n") and (told := json.loads(line))["event"] == "serving":
                return told["url"]
        time.sleep(0.05)
    raise AssertionError(log.read_text())


@pytest.fixture(autouse=True)
def nothing_elsewhere(monkeypatch):
    """Let clients look up no host but this one."""
    look_up = socket.getaddrinfo

    def here(host, *given, **named):
        assert host in {"127.0.0.1", b"127.0.0.1"}, host
        return look_up(host, *given, **named)

    monkeypatch.setattr(socket, "getaddrinfo", here)


@pytest.fixture
def client(address):
    with triton.InferenceServerClient(address) as client:
        yield client


def key():
    return {"Authorization": f"Bearer {TOKEN}"}  # a new one each time: Triton's client writes into it


def told(scores):
    return [(score.label, score.score) for score in scores]


def ranked(predictor, text):
    return sorted(predictor.predict_one(Quote(text)).probabilities.items(), key=lambda item: -item[1])


@pytest.mark.parametrize("make", [InferenceClient, lambda url, token: InferenceClient(base_url=url, api_key=token)])
def test_hugging_face_gets_the_predictors_scores(address, predictor, make):
    """Labels and scores are the predictor's, bit for bit, likeliest first, as many as were asked for."""
    with make(f"http://{address}/predict", token=TOKEN) as client:
        for text in TEXTS:
            scores = ranked(predictor, text)
            assert told(client.text_classification(text)) == scores
            assert told(client.text_classification(text, top_k=2, function_to_apply="softmax")) == scores[:2]


@pytest.mark.parametrize(
    ("asked", "token", "status", "message"),
    [
        ({"text": " "}, TOKEN, 422, "inputs.0: text is empty"),
        ({"text": "fine", "function_to_apply": "sigmoid"}, TOKEN, 422, "parameters.function_to_apply"),
        ({"text": "fine"}, "wrong", 401, "this needs one key"),
    ],
)
def test_hugging_face_gets_refusals(address, asked, token, status, message):
    """A refusal is the client's own exception, with our words in its answer."""
    with (
        InferenceClient(f"http://{address}/predict", token=token) as client,
        pytest.raises(HfHubHTTPError) as raised,
    ):
        client.text_classification(**asked)
    assert raised.value.response.status_code == status
    assert message in raised.value.response.json()["detail"]


def given(name, texts, *, binary=True, column=False):
    array = np.array([text.encode() for text in texts], dtype=np.object_)
    array = array.reshape(-1, 1) if column else array
    tensor = triton.InferInput(name, list(array.shape), "BYTES")
    tensor.set_data_from_numpy(array, binary_data=binary)
    return tensor


def read(result, name):
    array = result.as_numpy(name)
    values = array.tolist()
    return [each.decode() if isinstance(each, bytes) else each for each in values]


def check(result, predictor):
    expected = [
        predictor.predict_one(Quote(text, carrier or None)) for text, carrier in zip(TEXTS, CARRIERS, strict=True)
    ]
    assert expected[2].windows > 1
    assert read(result, "label") == [each.label for each in expected]
    assert read(result, "probabilities") == [list(each.probabilities.values()) for each in expected]
    assert read(result, "tone") == [each.tone for each in expected]
    assert read(result, "uncertain") == [each.uncertain for each in expected]
    assert read(result, "windows") == [each.windows for each in expected]


def test_triton_sees_a_server_that_is_ready(client, predictor):
    """Live and ready without a key; what the server and the model are, with one."""
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("minilm", headers=key())
    assert client.is_model_ready("minilm", "1", headers=key())
    assert not client.is_model_ready("minilm", "2", headers=key())
    assert not client.is_model_ready("other", headers=key())
    assert "binary_tensor_data" in client.get_server_metadata(headers=key())["extensions"]
    metadata = client.get_model_metadata("minilm", "1", headers=key())
    assert metadata["parameters"]["digest"] == predictor.bundle.digest
    assert metadata["inputs"][0] == {"name": "text", "datatype": "BYTES", "shape": [-1]}


@pytest.mark.parametrize("column", [False, True])
@pytest.mark.parametrize("binary", [False, True])
def test_triton_gets_the_predictors_answers(client, predictor, binary, column):
    """In JSON and in binary form, as a row and as a column, every output is the predictor's, bit for bit."""
    inputs = [given("text", TEXTS, binary=binary, column=column), given("carrier", CARRIERS, column=column)]
    check(client.infer("minilm", inputs, headers=key()), predictor)
    names = ("label", "probabilities", "tone", "uncertain", "windows")
    wanted = [triton.InferRequestedOutput(name, binary_data=binary) for name in names]
    check(client.async_infer("minilm", inputs, "1", wanted, headers=key()).get_result(), predictor)


@settings(max_examples=60, deadline=None)
@for_all(texts=st.lists(st.text(max_size=30), min_size=1, max_size=3), binary=st.booleans())
def test_any_texts_are_answered_or_refused(address, predictor, texts, binary):
    """Whatever the characters, in either form: the predictor's answers, or the place of the first that is no quote."""
    with triton.InferenceServerClient(address) as client:
        try:
            result = client.infer("minilm", [given("text", texts, binary=binary)], headers=key())
        except InferenceServerException as error:
            place = int(error.message().removeprefix("quote ").partition(":")[0])
            assert all(Quote(text) for text in texts[:place])
            with pytest.raises(QuoteError):
                Quote(texts[place])
        else:
            assert read(result, "tone") == [predictor.predict_one(Quote(text)).tone for text in texts]


def test_triton_gets_only_what_it_wants(client, predictor):
    """Requested outputs come in their order and form, under the request's id."""
    wanted = [
        triton.InferRequestedOutput("probabilities", binary_data=False),
        triton.InferRequestedOutput("label", binary_data=True),
    ]
    result = client.infer("minilm", [given("text", TEXTS)], outputs=wanted, request_id="42", headers=key())
    response = result.get_response()
    assert (response["id"], response["model_name"], response["model_version"]) == ("42", "minilm", "1")
    assert response["parameters"] == {"digest": predictor.bundle.digest}
    assert [(each["name"], "data" in each) for each in response["outputs"]] == [
        ("probabilities", True),
        ("label", False),
    ]


@pytest.mark.parametrize(
    ("inputs", "outputs", "status", "message"),
    [
        ([given("text", ["fine", ""])], None, "400", "quote 1: text is empty"),
        ([given("text", ["fine"] * 11)], None, "413", "11 quotes in one request, at most 10"),
        ([given("words", ["fine"])], None, "400", "inputs.0.name"),
        ([given("carrier", ["fine"])], None, "400", "text: the input is missing"),
        ([given("text", ["fine"]), given("carrier", ["", ""])], None, "400", "shape is not that of text"),
        ([given("text", ["fine"])], [triton.InferRequestedOutput("logits")], "400", "output 'logits' is none"),
        ([given("text", ["fine"])], [triton.InferRequestedOutput("label", class_count=2)], "400", "'classification'"),
    ],
)
def test_triton_gets_refusals(client, inputs, outputs, status, message):
    """A refusal is the client's own exception, with our words in it."""
    with pytest.raises(InferenceServerException, match=message) as raised:
        client.infer("minilm", inputs, outputs=outputs, headers=key())
    assert raised.value.status() == status


@pytest.mark.parametrize(
    ("options", "status", "message"),
    [
        ({"headers": None}, "401", "this needs one key"),
        ({"model_name": "other"}, "404", "model name 'other' is not served here, but 'minilm' is"),
        ({"model_version": "2"}, "404", "model version '2' is not served here"),
        ({"request_compression_algorithm": "gzip"}, "415", "content-encoding is gzip"),
        ({"request_compression_algorithm": "deflate"}, "415", "content-encoding is deflate"),
    ],
)
def test_triton_gets_refusals_of_requests(client, options, status, message):
    """Keys, names and encodings that do not fit are told in the same way."""
    fine = {"model_name": "minilm", "inputs": [given("text", ["fine"])], "headers": key()}
    with pytest.raises(InferenceServerException, match=message) as raised:
        client.infer(**{**fine, **options})
    assert raised.value.status() == status


def test_tritons_client_of_asyncio_gets_the_same(address, predictor):
    """The other client of the same package speaks with the server too."""

    async def main():
        async with aio.InferenceServerClient(address) as client:
            assert await client.is_server_ready()
            inputs = [given("text", TEXTS), given("carrier", CARRIERS)]
            return await client.infer("minilm", inputs, headers=key())

    check(asyncio.run(main()), predictor)
