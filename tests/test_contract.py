"""The OpenAPI document: valid, and kept by every operation whatever is sent."""

import subprocess
import sys
from pathlib import Path

import jsonschema_rs
import pytest
import schemathesis

from serve.app import create_app
from serve.keys import new_key
from serve.settings import Settings

EXAMPLES = 15  # an operation and phase; `make contract` goes on for minutes


@pytest.fixture(scope="module")
def document():
    return create_app(Settings()).openapi()


def test_the_document_is_valid(document):
    """It is OpenAPI 3.1, and every schema in it JSON Schema of the draft that this stands for."""
    assert document["openapi"].startswith("3.1.")
    schemathesis.openapi.from_dict(document).validate()
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})


def test_operations_are_told_apart(document):
    """Code generators name functions after the ids."""
    ids = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(set(ids)) == len(ids) > 10


def test_errors_have_the_shape_of_their_protocol(document):
    """Under /v2 they are that protocol's, elsewhere problems; nothing documents what FastAPI would say."""
    for path, operations in document["paths"].items():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                if status.startswith("2"):
                    continue
                kinds = {kind: content["schema"]["$ref"] for kind, content in response["content"].items()}
                shape = "#/components/schemas/" + ("OipError" if path.startswith("/v2") else "Problem")
                assert shape in kinds.values(), (path, status)
                assert "application/json" in kinds or not path.startswith("/v2")
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_every_operation_keeps_the_contract(serving, root, document):
    """Valid and invalid requests of all kinds get documented statuses, media types and bodies, and never a fault."""
    token, key = new_key("contract", admin=True)
    server = serving(keys=key).ready()
    command = [str(Path(sys.executable).with_name("schemathesis")), "--config-file", "tests/schemathesis.toml", "run"]
    options = ["--header", f"Authorization: Bearer {token}", "--generation-deterministic", "--max-examples"]
    url = f"http://127.0.0.1:{server.port}"
    done = subprocess.run(
        [*command, f"{url}/openapi.json", *options, str(EXAMPLES)],
        capture_output=True,
        text=True,
        cwd=root,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert f"Tested: {sum(map(len, document['paths'].values()))}" in done.stdout
    assert "Traceback" not in server.log
