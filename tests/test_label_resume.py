"""A run that is broken off goes on after its last whole shard, and nobody can tell from the output."""

import contextlib
import json
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.bundle import open_bundle
from model.predictor import Predictor
from serve.labelling.faults import LabelError
from serve.labelling.forms import FORMS
from serve.labelling.joining import join
from serve.labelling.kinds import kind_of
from serve.labelling.options import Options
from serve.labelling.streams import packed
from serve.labelling.tables import Column
from serve.labelling.work import Begun, Work
from tests.labelled import SAYINGS, StopAfter, relabel, write_jsonl

ENDINGS = ("csv", "csv.gz", "jsonl", "jsonl.zst", "parquet")
ROWS = [{"text": f"{SAYINGS[n % 4]} {n // 5}", "n": str(n)} for n in range(20)] + [{"text": "", "n": "bad"}]
FEW = Options(shard_rows=4)
SHARDS = 6


def given_file(folder: Path, ending: str) -> Path:
    """Write the rows as a file."""
    kind = kind_of(folder / f"in.{ending}")
    table = FORMS[kind.format].made({"text": [row["text"] for row in ROWS], "n": [row["n"] for row in ROWS]}, {})
    (folder / "part").write_bytes(packed(table.written({"count": Column(int, range(len(ROWS)))}), kind.packing))
    join([folder / "part"], folder / f"in.{ending}", kind, ["text", "n", "count"])
    return folder / f"in.{ending}"


@pytest.fixture(scope="module")
def whole(predictor, tmp_path_factory):
    """Each kind of input, and the output of a run that nothing stopped."""
    folder = tmp_path_factory.mktemp("whole")
    found = {}
    for ending in ENDINGS:
        given = given_file(folder, ending)
        relabel(predictor, given, folder / f"out.{ending}", FEW)
        found[ending] = given, folder / f"out.{ending}"
    return found


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ending=st.sampled_from(ENDINGS), stops=st.lists(st.integers(1, SHARDS), max_size=3))
def test_resumed_is_as_never_stopped(predictor, whole, tmp_path_factory, ending, stops):
    """After however many shards it broke off, and however often: the same bytes, and nothing left behind."""
    given, expected = whole[ending]
    out = tmp_path_factory.mktemp("resumed") / f"out.{ending}"
    done = False
    for number, shards in enumerate([*stops, None]):
        if done:
            break
        with contextlib.suppress(StopAfter):
            counts = relabel(predictor, given, out, FEW, resume=number > 0, shards=shards)
            done = True
    assert out.read_bytes() == expected.read_bytes()
    assert (counts.rows, counts.errors) == (21, 1)
    assert sorted(path.name for path in out.parent.iterdir()) == [out.name, f"{out.name}.provenance.json"]


@pytest.fixture
def stopped(predictor, tmp_path):
    """A run that broke off after two shards: its input, output and work folder."""
    given = write_jsonl(tmp_path / "in.jsonl", ROWS)
    out = tmp_path / "out.jsonl"
    with pytest.raises(StopAfter):
        relabel(predictor, given, out, FEW, shards=2)
    return given, out, tmp_path / "out.jsonl.parts"


def test_what_a_power_cut_left_is_done_again(predictor, stopped):
    """A part without its bytes, a receipt that is cut short, and names of files that never were finished."""
    given, out, work = stopped
    (work / "000000" / "00000000.part").write_bytes(b"")
    receipt = work / "000000" / "00000001.json"
    receipt.write_bytes(receipt.read_bytes()[:10])
    (work / "000000" / ".00000001.part-abc").write_bytes(b"half")
    (work / "answers.sqlite").unlink()
    relabel(predictor, given, out, FEW, resume=True)
    (out.parent / "again").mkdir()
    relabel(predictor, given, out.parent / "again" / "out.jsonl", FEW)
    assert out.read_bytes() == (out.parent / "again" / "out.jsonl").read_bytes()


def test_other_rows_are_noticed(predictor, stopped):
    """Another size is told at once, the same size with other rows where the rows differ."""
    given, out, _ = stopped
    before = given.read_bytes()
    given.write_bytes(before.replace(b"We thank", b"We curse"))
    with pytest.raises(LabelError, match="the input has changed, its rows from number 1 are not those"):
        relabel(predictor, given, out, FEW, resume=True)
    given.write_bytes(before + b'{"text": "One more."}')
    with pytest.raises(LabelError, match=r"was begun with size of .*in.jsonl \d+, now it is \d+: say the same again"):
        relabel(predictor, given, out, FEW, resume=True)
    given.write_bytes(before)
    relabel(predictor, given, out, FEW, resume=True)


def test_another_question_is_noticed(predictor, stopped, default_bundle, tmp_path, rename):
    """What was begun with other options or another bundle is not gone on with, nor is anything begun beside it."""
    given, out, work = stopped
    with pytest.raises(LabelError, match=r"was begun with id_column None, now it is 'n'"):
        relabel(predictor, given, out, Options(shard_rows=4, id_column="n"), resume=True)
    shutil.copytree(default_bundle.path, tmp_path / "bundle")
    rename(tmp_path / "bundle", "another")
    with (
        Predictor(open_bundle(tmp_path / "bundle"), workers=1) as other,
        pytest.raises(LabelError, match="was begun with bundle '"),
    ):
        relabel(other, given, out, FEW, resume=True)
    with pytest.raises(LabelError, match=r"a run that is not finished: go on with it with --resume"):
        relabel(predictor, given, out, FEW)
    (work / "run.json").write_text("{}")
    with pytest.raises(LabelError, match=r"has no run.json that can be read: remove the folder"):
        relabel(predictor, given, out, FEW, resume=True)


def test_two_at_once_are_one_too_many(predictor, stopped):
    """As long as a process is at a run, another can't go on with it."""
    given, out, work = stopped
    holder = Work(work)
    holder.begin(Begun.model_validate_json((work / "run.json").read_bytes()), resume=True)
    with pytest.raises(LabelError, match="another process is at it"):
        relabel(predictor, given, out, FEW, resume=True)
    holder.close()
    relabel(predictor, given, out, FEW, resume=True)


def test_the_whole_folder_goes_on(predictor, tmp_path):
    """Files that are finished stay as they are, and are not read again."""
    for name in ("a.jsonl", "deep/b.jsonl", "deep/er/c.jsonl"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        write_jsonl(tmp_path / "in" / name, ROWS)
    out = tmp_path / "out"
    with pytest.raises(StopAfter):
        relabel(predictor, tmp_path / "in", out, FEW, shards=SHARDS + 1)
    first = (out / "a.jsonl").stat().st_mtime_ns
    (tmp_path / "in" / "a.jsonl").write_bytes((tmp_path / "in" / "a.jsonl").read_bytes().replace(b"We", b"US"))
    counts = relabel(predictor, tmp_path / "in", out, FEW, resume=True)
    assert (out / "a.jsonl").stat().st_mtime_ns == first
    assert (out / "deep" / "er" / "c.jsonl").read_bytes() == (out / "a.jsonl").read_bytes()
    assert (counts.rows, counts.errors) == (63, 3)
    provenance = json.loads((tmp_path / "out.provenance.json").read_bytes())
    assert [each["rows"] for each in provenance["inputs"]] == [21, 21, 21]
    assert provenance["sittings"] == 2


def started(given: Path, out: Path, *more: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "detente", "label", str(given), str(out), "--shard-rows", "64", *more]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def wait_for_parts(work: Path, process: subprocess.Popen[bytes], count: int) -> None:
    for _ in range(3000):
        if len(list(work.glob("*/*.json"))) >= count:
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    raise AssertionError("nothing was saved")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_killed_goes_on(tmp_path, number):
    """A kill -9 in the middle, or Ctrl-C, which says in one line how to go on: the output is the same in the end."""
    rows = [{"text": f"{SAYINGS[n % 4]} Number {n}."} for n in range(1500)]
    given = write_jsonl(tmp_path / "in.jsonl", rows)
    out = tmp_path / "killed.jsonl.gz"
    process = started(given, out)
    wait_for_parts(tmp_path / "killed.jsonl.gz.parts", process, 3)
    process.send_signal(number)
    _, told = process.communicate(timeout=60)
    assert not out.exists()
    if number == signal.SIGINT:
        assert process.returncode == 130
        assert told.decode().count("\n") == 1
        assert re.search(r"[\d,]+ of about 1,\d+ rows are labelled and kept in", told.decode())
        assert "--resume goes on from there" in told.decode()
    kept = len(list((tmp_path / "killed.jsonl.gz.parts").glob("*/*.part")))
    assert 3 <= kept < 24
    for name, more in (("killed", ["--resume"]), ("whole", [])):
        going_on = started(given, tmp_path / f"{name}.jsonl.gz", *more)
        going_on.communicate(timeout=120)
        assert going_on.returncode == 0
    assert out.read_bytes() == (tmp_path / "whole.jsonl.gz").read_bytes()
    assert not (tmp_path / "killed.jsonl.gz.parts").exists()
