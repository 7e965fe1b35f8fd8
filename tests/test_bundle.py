"""Bundles: only whole, unaltered folders open."""

import json
import shutil
import threading
import time
import tracemalloc

import pytest

from model.bundle import DEFAULT_BUNDLE, INT8_GRAPH, MANIFEST, Card, open_bundle, write_bundle
from model.errors import BundleError
from model.files import digest
from model.reference import Reference

CARD = Card(
    name="x",
    labels=("a", "b"),
    max_tokens=32,
    temperature=1.0,
    threshold=0.5,
    recipe="0" * 64,
    data="1" * 64,
    metrics={},
    versions={},
)
REFERENCE = Reference(labels={"a": 0.25, "b": 0.75}, edges=(10, 20), lengths=(0.5, 0.5, 0.0))
ODD_NAMES = ("", ".", "a/./b", "a//b", "a/", "a\0b", "a\n", "naïve", ".hidden", "\x1b[2J", "-rf", "x" * 201)
FILES = {"tokenizer.json": b"{}", INT8_GRAPH: b"graph", "config.json": b"{}"}


@pytest.fixture
def folder(tmp_path):
    return write_bundle(tmp_path / "bundle", CARD, FILES).path


def change_manifest(folder, **values):
    manifest = json.loads((folder / MANIFEST).read_text()) | values
    (folder / MANIFEST).write_text(json.dumps(manifest))


def test_written_bundle_opens(folder):
    """What was written comes back, under a digest that stands for all of it."""
    bundle = open_bundle(folder)
    assert bundle.manifest.labels == ("a", "b")
    assert bundle.read(INT8_GRAPH) == b"graph"
    assert bundle.digest == digest((folder / MANIFEST).read_bytes())


def test_altered_file_does_not_open(folder):
    """One changed byte in any file is found."""
    (folder / INT8_GRAPH).write_bytes(b"Graph")
    with pytest.raises(BundleError, match="differs from its digest"):
        open_bundle(folder)


def test_verifying_takes_no_memory():
    """However large a file is, what does not hold its digest is never in memory as a whole."""
    assert (DEFAULT_BUNDLE / INT8_GRAPH).stat().st_size > 20_000_000
    tracemalloc.start()
    open_bundle(DEFAULT_BUNDLE)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000


def test_missing_file_does_not_open(folder):
    """A file that the manifest names must be there."""
    (folder / "config.json").unlink()
    with pytest.raises(BundleError, match=r"config\.json: can't be read"):
        open_bundle(folder)


def test_half_written_bundle_does_not_open(folder):
    """Without the manifest, which is written last, a folder is no bundle."""
    (folder / MANIFEST).unlink()
    with pytest.raises(BundleError, match="half-written"):
        open_bundle(folder)


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a/../../b", "C:/x", "a\\b", *ODD_NAMES], ids=ascii)
def test_files_outside_the_folder_are_refused(folder, name):
    """A manifest can't make Detente read another file, nor one by a name that systems read differently."""
    files = json.loads((folder / MANIFEST).read_text())["files"]
    change_manifest(folder, files={**files, name: "0" * 64})
    with pytest.raises(BundleError, match=r"^\S+bundle\.json: files: .{1,300}; export the bundle again$"):
        open_bundle(folder)


def test_names_that_clash_are_refused(folder):
    """On some systems they are one file."""
    files = json.loads((folder / MANIFEST).read_text())["files"]
    change_manifest(folder, files={**files, "Tokenizer.json": files["tokenizer.json"]})
    with pytest.raises(BundleError, match="differ in capitals only"):
        open_bundle(folder)


def test_endless_lists_of_files_are_refused(folder):
    """A bundle has a handful of files."""
    files = json.loads((folder / MANIFEST).read_text())["files"]
    change_manifest(folder, files=files | {f"file{number}": "0" * 64 for number in range(30_000)})
    with pytest.raises(BundleError, match=r"files: .* at most 100"):
        open_bundle(folder)


def test_links_that_lead_outside_are_refused(folder, tmp_path):
    """Nor can a link with the right digest."""
    (tmp_path / "elsewhere").write_bytes(b"graph")
    (folder / INT8_GRAPH).unlink()
    (folder / INT8_GRAPH).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BundleError, match="outside"):
        open_bundle(folder)


@pytest.mark.parametrize(
    ("key", "value"),
    [("format", 2), ("labels", ["a", "a"]), ("labels", ["a"]), ("temperature", 0), ("threshold", 2), ("extra", 1)]
    + [("labels", ["a", label]) for label in ("", "\x1b[2J", "b\nc", "b\u202ec", "b" * 201)]
    + [("name", name) for name in ("", "a/b", "..", "a b", "\x1b[2J", "b" * 201)]
    + [("max_tokens", 15), ("max_tokens", 513), ("max_tokens", 10**30), ("max_tokens", True), ("temperature", 1e-9)]
    + [("temperature", 1e9), ("threshold", -0.1), ("threshold", "0.5\0"), ("seal", "0"), ("files", []), ("files", {})],
)  # fmt: skip
def test_bad_manifests_are_named(folder, key, value):
    """A manifest that this version does not understand is an error that names the key."""
    change_manifest(folder, **{key: value})
    with pytest.raises(BundleError, match=key):
        open_bundle(folder)


def test_any_label_of_a_language_will_do(folder):
    """Only what moves a cursor or turns text around is refused; a joiner is a part of words."""
    change_manifest(folder, labels=["آشتی\u200cجو", "not hostile (at all)"], seal=None)
    assert open_bundle(folder).manifest.labels == ("آشتی\u200cجو", "not hostile (at all)")


def test_reference_is_kept(tmp_path):
    """The shares of the training quotes come back as they were written."""
    card = CARD.model_copy(update={"reference": REFERENCE})
    assert write_bundle(tmp_path / "bundle", card, FILES).manifest.reference == REFERENCE


def test_older_bundles_have_no_reference(folder):
    """A manifest without the key opens; it has no seal either."""
    manifest = json.loads((folder / MANIFEST).read_text())
    assert manifest.pop("reference") is None
    assert manifest.pop("seal")
    (folder / MANIFEST).write_text(json.dumps(manifest))
    assert open_bundle(folder).manifest.reference is None


@pytest.mark.parametrize(
    "reference",
    [
        {"labels": {"a": 1.0}, "edges": [10], "lengths": [0.5, 0.5]},
        {"labels": {"a": 0.5, "c": 0.5}, "edges": [10], "lengths": [0.5, 0.5]},
        {"labels": {"a": 0.5, "b": 0.5}, "edges": [10], "lengths": [0.5, 0.4]},
        {"labels": {"a": 0.5, "b": 0.5}, "edges": [10]},
    ],
)
def test_references_of_something_else_are_refused(folder, reference):
    """Shares are of the bundle's labels, each of them, and whole."""
    change_manifest(folder, reference=reference)
    with pytest.raises(BundleError, match=r"bundle\.json: reference"):
        open_bundle(folder)


def test_failed_write_keeps_the_old_bundle(folder):
    """When writing breaks off, the bundle that was there still opens and nothing is left behind."""
    with pytest.raises(TypeError):
        write_bundle(folder, CARD, {**FILES, "README.md": "no bytes"})  # type: ignore[dict-item]
    assert open_bundle(folder).read(INT8_GRAPH) == b"graph"
    assert [path.name for path in folder.parent.iterdir()] == ["bundle"]


def test_other_folders_are_not_replaced(tmp_path):
    """Exporting into a folder with other things in it loses nothing."""
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(BundleError, match="is no bundle"):
        write_bundle(tmp_path, CARD, FILES)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_bundle_can_move(folder, tmp_path):
    """A bundle is its bytes, not its place."""
    shutil.move(folder, tmp_path / "moved")
    assert open_bundle(tmp_path / "moved").manifest.name == "x"


def test_a_bundle_that_is_replaced_is_the_old_one_or_the_new(tmp_path):
    """Opened over and over while it is written anew: no mix, and none of the moments in which no folder is there."""
    done, opened, folder = threading.Event(), [], tmp_path / "bundle"

    def write(label):
        card = CARD.model_copy(update={"labels": ("a", label)})
        return write_bundle(folder, card, {**FILES, "README.md": label.encode()})

    def open_again():
        while not done.is_set():
            opened.append(open_bundle(folder))

    write("first")
    opening = threading.Thread(target=open_again)
    opening.start()
    for number in range(40):
        write(f"label {number}")
        time.sleep(0.02)  # replaced without a pause it would be as good as not there
    done.set()
    opening.join()
    assert len({bundle.digest for bundle in opened}) > 1
    for bundle in opened:
        assert bundle.manifest.files["README.md"] == digest(bundle.manifest.labels[1].encode())


def test_a_bundle_that_was_replaced_gives_no_file_of_the_new_one(folder):
    """Whoever opened the old one is told, instead of getting half of each."""
    old = open_bundle(folder)
    new = write_bundle(folder, CARD, {**FILES, INT8_GRAPH: b"another graph"})
    with pytest.raises(BundleError, match=r"model_quantized\.onnx: differs .* replaced while it was read"):
        old.read(INT8_GRAPH)
    assert new.read(INT8_GRAPH) == b"another graph"
