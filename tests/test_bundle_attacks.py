"""Bundles that were damaged or tampered with: each is told on one line, none hangs, crashes or answers."""

import json
import os
import sys
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

import detente
from model.bundle import DEFAULT_BUNDLE, INT8_GRAPH, MANIFEST, TOKENIZER, Card, open_bundle, write_bundle
from model.errors import BundleError
from model.predictor import Predictor
from model.quote import Quote

IDS = ("input_ids", "token_type_ids", "attention_mask")
QUOTE = Quote("a b", "he said [Q]")
PLACES = 32
CARD = Card(
    name="tiny", labels=("first", "second"), max_tokens=PLACES, temperature=1, threshold=0.5,
    recipe="0" * 64, data="1" * 64, metrics={}, versions={},
)  # fmt: skip
WORDS = {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": 4, "a": 5, "b": 6}
ESCAPE = b"\x1b[2J\n"  # clears a terminal


def tiny_graph(*, words=7, kinds=2, places=PLACES, labels=2, kind=TensorProto.FLOAT, weight=1):
    """A classifier of three tables, as an encoder begins; it always says the first label."""

    def table(name, rows):
        return numpy_helper.from_array(weight * np.eye(labels, dtype=np.float32)[[0] * rows], name)

    constants = [table("words", words), table("kinds", kinds), table("places", places)]
    constants += [numpy_helper.from_array(np.array(value, np.int64), f"{value}") for value in (0, 1)]
    nodes = [
        helper.make_node("Shape", ["input_ids"], ["shape"]),
        helper.make_node("Gather", ["shape", "1"], ["length"]),
        helper.make_node("Range", ["0", "length", "1"], ["place"]),
        helper.make_node("Gather", ["words", "input_ids"], ["word"]),
        helper.make_node("Gather", ["kinds", "token_type_ids"], ["kind"]),
        helper.make_node("Gather", ["places", "place"], ["placed"]),
        helper.make_node("Sum", ["word", "kind", "placed"], ["sum"]),
        helper.make_node("ReduceMean", ["sum"], ["mean"], axes=[1], keepdims=0),
        helper.make_node("Cast", ["mean"], ["logits"], to=kind),
    ]
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "sequence"]) for name in IDS]
    outputs = [helper.make_tensor_value_info("logits", kind, ["batch", labels])]
    made = helper.make_graph(nodes, "g", inputs, outputs, constants)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()


def tiny_tokenizer(words=None, **changes):
    known = json.loads((DEFAULT_BUNDLE / TOKENIZER).read_bytes())
    marks = {name: {"id": name, "ids": [WORDS[name]], "tokens": [name]} for name in ("[CLS]", "[SEP]")}
    known["post_processor"]["special_tokens"] = marks
    known["added_tokens"] = [mark | {"id": WORDS[mark["content"]]} for mark in known["added_tokens"]]
    known["model"]["vocab"] = WORDS if words is None else words
    return json.dumps(known | changes).encode()


FILES = {TOKENIZER: tiny_tokenizer(), INT8_GRAPH: tiny_graph(), "config.json": b"{}"}


@pytest.fixture
def folder(tmp_path):
    return write_bundle(tmp_path / "bundle", CARD, FILES).path


@pytest.fixture(scope="module")
def one_folder(tmp_path_factory):
    return write_bundle(tmp_path_factory.mktemp("one") / "bundle", CARD, FILES).path


def answer(folder):
    """The answer, or the error, of a bundle; a hang is a failure, too."""
    said: list[object] = []

    def ask():
        try:
            with Predictor(open_bundle(folder), workers=1) as predictor:
                said.append(predictor.predict_one(QUOTE))
        except BundleError as error:
            said.append(error)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(60)
    return said[0]


def refusal(folder):
    """What is said of a bundle that does not open: one line, naming the folder."""
    error = answer(folder)
    assert isinstance(error, BundleError)
    assert str(error).startswith(str(folder))
    assert str(error).isprintable()
    return str(error).removeprefix(str(folder))


def test_the_bundle_itself_answers(folder):
    """What the damaged ones are made from works."""
    assert answer(folder).label == "first"


@given(st.sampled_from([*FILES, MANIFEST]), st.integers(0), st.integers(0, 8))
@settings(max_examples=200, deadline=None)
def test_one_wrong_bit_or_a_missing_end_is_found(one_folder, name, place, bit):
    """In any file, the manifest included, at any place."""
    data = (one_folder / name).read_bytes()
    at = place % len(data)
    flipped = bytes([data[at] ^ 1 << bit]) + data[at + 1 :] if bit < 8 else b""
    (one_folder / name).write_bytes(data[:at] + flipped)
    try:
        assert f"/{name}: " in refusal(one_folder)
    finally:
        (one_folder / name).write_bytes(data)


def sparse(path):
    with path.open("wb") as file:
        file.truncate(10 * 2**30)


PLANTS = {
    "nothing": lambda _: None,
    "an empty file": lambda path: path.touch(),
    "a folder": lambda path: path.mkdir(),
    "a pipe": os.mkfifo,
    "ten gigabytes": sparse,
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a link to nothing": lambda path: path.symlink_to("nothing"),
    "a link to a device": lambda path: path.symlink_to("/dev/zero"),
    "a link to the terminal": lambda path: path.symlink_to("/dev/stdin"),
    "a link to a process": lambda path: path.symlink_to("/proc/self/mem"),
}


@pytest.mark.parametrize("name", [*FILES, MANIFEST])
@pytest.mark.parametrize("plant", PLANTS)
def test_what_is_no_file_is_refused(folder, name, plant):
    """Nothing is waited for, filled with or read from outside."""
    (folder / name).unlink()
    PLANTS[plant](folder / name)
    told = refusal(folder)
    assert name in told
    assert told.endswith(("again", "half-written one"))
    assert plant != "ten gigabytes" or "has 10,737,418,240 bytes, at most" in told


def test_folders_that_lead_outside_are_refused(folder, tmp_path):
    """A link in a folder's place, too; the whole bundle behind a link is as good as itself."""
    (tmp_path / "link").symlink_to(folder)
    assert answer(tmp_path / "link").label == "first"
    (folder / "onnx").rename(tmp_path / "onnx")
    (folder / "onnx").symlink_to("../onnx")
    assert "leads outside" in refusal(folder)
    (tmp_path / "onnx").rename(folder / "inside")
    (folder / "onnx").unlink()
    (folder / "onnx").symlink_to("inside")
    assert answer(folder).label == "first"


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"name":' * 100_000,
        '{"\\u001b[2J\\n": 1}',
        '{"' + "x" * 10_000 + '": 1}',
        "null",
        '{"files": {' + ",".join(f'"{number}": ""' for number in range(100_000)) + "}}",
    ],
    ids=range(6),
)
def test_hostile_manifests_are_refused(folder, text):
    """Nesting without end, escape codes, names and lists without end: told briefly."""
    (folder / MANIFEST).write_text(text)
    assert f"/{MANIFEST}: " in refusal(folder)


@pytest.mark.parametrize(
    "metrics",
    ['{"a": NaN}', "[]", '{"a": 1e999}', '{"a": 1, "a": 1}', '{"a": "\\ud800"}', '{"a": ' + "9" * 5000 + "}"]
    + ['{"a": ' + "[" * depth + "]" * depth + "}" for depth in (300, 100_000)],
    ids=range(8),
)  # fmt: skip
def test_what_json_does_not_know_is_refused(folder, metrics):
    """In an otherwise good manifest: what other programs could not read, or a server not send on, does not open."""
    manifest = json.loads((folder / MANIFEST).read_text())
    text = json.dumps({**manifest, "seal": None})
    (folder / MANIFEST).write_text(text)
    assert answer(folder).label == "first"
    (folder / MANIFEST).write_text(text.replace('"metrics": {}', f'"metrics": {metrics}'))
    assert f"/{MANIFEST}: " in refusal(folder)


@pytest.mark.parametrize(
    ("card", "files", "message"),
    [
        ({"labels": ("one", "two", "three")}, {}, "gives 2 logits for 3 labels"),
        ({"max_tokens": PLACES + 1}, {}, "axis == largest"),
        ({}, {INT8_GRAPH: tiny_graph(places=PLACES - 1)}, "axis == largest"),
        ({}, {INT8_GRAPH: tiny_graph(words=6)}, "out of data bounds"),
        ({}, {INT8_GRAPH: tiny_graph(kinds=1)}, "out of data bounds"),
        ({}, {INT8_GRAPH: tiny_graph(labels=3)}, "gives 3 logits for 2 labels"),
        ({}, {INT8_GRAPH: tiny_graph(kind=TensorProto.DOUBLE)}, "its graph gives"),
        ({}, {INT8_GRAPH: tiny_graph(weight=np.float32("nan"))}, "gives logits that are no numbers"),
        ({}, {INT8_GRAPH: b""}, "can't be used"),
        ({}, {INT8_GRAPH: bytes(range(256)) * 100}, "no ONNX graph"),
        ({}, {TOKENIZER: tiny_tokenizer(WORDS | {"rare": 7})}, "out of data bounds"),
        ({}, {TOKENIZER: tiny_tokenizer(WORDS | {"rare": 2**32 - 1})}, "out of data bounds"),
        ({}, {TOKENIZER: tiny_tokenizer({"a": 5})}, "Missing [UNK] token"),
        ({}, {TOKENIZER: tiny_tokenizer(post_processor=None)}, "adds 0 special tokens"),
        ({}, {TOKENIZER: b"[" * 100_000}, "can't be used"),
        ({}, {TOKENIZER: ESCAPE}, "can't be used"),
    ],
    ids=range(16),
)
def test_parts_that_do_not_fit_are_refused(tmp_path, card, files, message):
    """With digests made anew, and where only a rare word or a long quote would show it: when it is opened."""
    made = write_bundle(tmp_path / "bundle", CARD.model_copy(update=card), FILES | files)
    assert message in refusal(made.path)


@pytest.mark.parametrize(
    "files",
    [{INT8_GRAPH: ESCAPE}, {TOKENIZER: ESCAPE}, {INT8_GRAPH: tiny_graph(words=6)}, {MANIFEST: ESCAPE}],
    ids=range(4),
)
def test_the_command_line_tells_it_on_one_line(folder, files, monkeypatch, capfd):
    """Exit code 1, nothing on standard output, no traceback and nothing from the libraries below."""
    if MANIFEST in files:
        (folder / MANIFEST).write_bytes(files[MANIFEST])
    else:
        write_bundle(folder, CARD, FILES | files)
    monkeypatch.setattr(sys, "argv", ["detente", "predict", "--bundle", str(folder), "a b"])
    with pytest.raises(SystemExit) as ended:
        detente.main()
    out, err = capfd.readouterr()
    assert (ended.value.code, out, err.count("\n")) == (1, "", 1)
    assert err.startswith(f"error: {folder}")
    assert err.strip().isprintable()
