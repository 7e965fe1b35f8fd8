"""What somebody else wrote: it can't keep us waiting, fill the memory, lead elsewhere or write on the terminal."""

import json
import os
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import BundleError
from model.untrusted import check_json, has_controls, opened_inside, told


def read(folder, name, most=100):
    with opened_inside(folder, name, most) as file:
        return file.read()


@given(st.text(max_size=2000))
def test_errors_are_told_on_one_short_line(text):
    """Whatever an error quotes, it moves no cursor, starts no line and does not fill the screen."""
    line = told(ValueError(text))
    assert not has_controls(line)
    assert len(line.splitlines()) <= 1
    assert len(line) <= 301


def test_plain_errors_are_told_as_they_are():
    """Words stay words."""
    assert told(ValueError("no naïve\n  tokenizer")) == "no naïve tokenizer"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"a": 1, "a": 1}',
        b'{"a": {"b": 1, "b": 2}}',
        b"[NaN]",
        b"[-Infinity]",
        b"[1e999]",
        b"[" + b"9" * 5000 + b"]",
        b'"\xff"',
        "{}".encode("utf-16"),
        b"\xef\xbb\xbf{}",
        b"{}{}",
    ],
)
def test_json_that_parsers_take_differently_is_refused(data):
    """Keys that stand twice, numbers that are none, other encodings, nesting without end."""
    with pytest.raises((ValueError, RecursionError)):
        check_json(data)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
                    | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))  # fmt: skip
def test_plain_json_passes(value):
    """Whatever JSON can say in one way only is no error."""
    check_json(json.dumps(value).encode())


def test_links_inside_are_followed(tmp_path):
    """Also where the folder itself is one, and over several links."""
    folder = tmp_path / "folder"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "file").write_bytes(b"x")
    (folder / "link").symlink_to("deep/file")
    (folder / "again").symlink_to(folder / "link")
    (tmp_path / "other name").symlink_to(folder)
    assert read(folder, "again") == read(tmp_path / "other name", "link") == b"x"


@pytest.mark.parametrize("name", ["to the file", "to the folder/file", "out and in/file", "device"])
def test_links_that_lead_outside_are_refused(tmp_path, name):
    """Whatever stands there, and by whatever way."""
    folder, outside = tmp_path / "folder", tmp_path / "folder beside"
    folder.mkdir()
    outside.mkdir()
    (outside / "file").write_bytes(b"x")
    (folder / "to the file").symlink_to(outside / "file")
    (folder / "to the folder").symlink_to("../folder beside")
    (folder / "out and in").symlink_to("../folder/to the folder")
    (folder / "device").symlink_to("/dev/zero")
    with pytest.raises(BundleError, match=f"{name}: leads outside the bundle's folder"):
        read(folder, name)


def test_loops_are_errors(tmp_path):
    """A link to itself, and a circle of two."""
    for name, target in (("self", "self"), ("a", "b"), ("b", "a")):
        (tmp_path / name).symlink_to(target)
    for name in ("self", "a"):
        with pytest.raises(BundleError, match=f"{name}: can't be read"):
            read(tmp_path, name)


def test_what_is_no_file_is_refused_at_once(tmp_path):
    """Folders, and pipes that nobody writes to; a file in the folder's place; a name too long for any."""
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").touch()
    refused = []

    def ask():
        for name in ("folder", "pipe", "file/name", "x" * 10_000, "missing"):
            with pytest.raises(BundleError, match=r"is no plain file|can't be read"):
                read(tmp_path, name)
            refused.append(name)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(60)
    assert len(refused) == 5


def test_large_files_are_not_read(tmp_path):
    """Ten gigabytes of nothing are refused by their size; a file of just the size is read."""
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(10 * 2**30)
    with pytest.raises(BundleError, match=r"sparse: has 10,737,418,240 bytes, at most 100 are read"):
        read(tmp_path, "sparse")
    (tmp_path / "just").write_bytes(b"x" * 100)
    assert len(read(tmp_path, "just")) == 100


def test_unreadable_files_are_errors(tmp_path, monkeypatch):
    """What the system refuses, when the file is opened or while it is read, is told with the file's name."""
    (tmp_path / "file").write_bytes(b"x")
    with (
        pytest.raises(BundleError, match=r"file: can't be read \(Input/output error\)"),
        opened_inside(tmp_path, "file", 100),
    ):
        raise OSError(5, "Input/output error")
    monkeypatch.setattr(os, "open", lambda *_: (_ for _ in ()).throw(PermissionError(13, "Permission denied")))
    with pytest.raises(BundleError, match=r"file: can't be read \(Permission denied\)"):
        read(tmp_path, "file")
