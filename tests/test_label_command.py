"""`detente label`: what people see, what goes through pipes, exit codes."""

import json
import resource
import signal
import subprocess
import sys

import pytest
from typer.testing import CliRunner

import detente
from model.files import digest
from tests.labelled import SAYINGS, read_csv, read_jsonl, write_csv, write_jsonl

RUN = CliRunner()
ROWS = [{"id": n, "text": text} for n, text in enumerate([*SAYINGS, ""])]


def run(*args, stdin=b"", limit=None):
    """Run the real program; limit: bytes that a file may have."""
    bound = None if limit is None else lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    command = [sys.executable, "-m", "detente", "label", *map(str, args)]
    return subprocess.run(command, capture_output=True, input=stdin, check=False, timeout=120, preexec_fn=bound)


def test_a_file_and_its_provenance(tmp_path, default_bundle):
    """A line tells what came of it, another the first bad row; the side file tells what the output was made from."""
    given = write_jsonl(tmp_path / "in.jsonl", ROWS)
    done = run(given, tmp_path / "out.jsonl", "--id-column", "id")
    assert (done.returncode, done.stdout) == (0, b"")
    first, second = done.stderr.decode().splitlines()
    assert first.startswith(f"{tmp_path / 'out.jsonl'}: 5 rows: ")
    assert second == "note: 1 row has an error, row 5, 4: text is empty or holds only spaces"
    assert len(read_jsonl(tmp_path / "out.jsonl")) == 5
    facts = json.loads((tmp_path / "out.jsonl.provenance.json").read_bytes())
    assert facts["bundle"]["digest"] == default_bundle.digest
    assert facts["versions"].keys() >= {"python", "onnxruntime", "tokenizers", "numpy"}
    assert facts["options"]["id_column"] == "id"
    assert facts["inputs"] == [
        {
            "name": str(given),
            "bytes": given.stat().st_size,
            "sha256": digest(given.read_bytes()),
            "files": 1,
            "rows": 5,
            "output": "out.jsonl",
        }
    ]
    counts = facts["counts"]
    assert (counts["rows"], counts["results"], counts["read"], counts["errors"]) == (5, 5, 4, 1)
    assert sum(counts["stances"].values()) == 4
    assert facts["started"] <= facts["finished"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl", "out.jsonl.provenance.json"]


def test_through_pipes(tmp_path):
    """Standard input and output are like files, in every format that can be piped; nothing else is printed there."""
    write_csv(tmp_path / "in.csv", [["text", "n"], *([text, "1"] for text in SAYINGS)])
    assert run(tmp_path / "in.csv", tmp_path / "out.csv").returncode == 0
    piped = run("-", "-", "--format", "csv", "--shard-rows", "3", stdin=(tmp_path / "in.csv").read_bytes())
    assert piped.stdout == (tmp_path / "out.csv").read_bytes()
    assert run("-", tmp_path / "b.csv", "--format", "csv", stdin=piped.stdout).returncode == 1
    again = run("-", tmp_path / "b.csv", "--format", "csv", "--prefix", "b_", stdin=piped.stdout)
    assert again.returncode == 0
    assert len(read_csv((tmp_path / "b.csv").read_bytes())[0]) == 18
    (facts,) = json.loads((tmp_path / "b.csv.provenance.json").read_bytes())["inputs"]
    assert (facts["name"], facts["sha256"], facts["rows"]) == ("-", None, 4)


def test_pipes_that_are_shut(tmp_path):
    """Whoever takes the first lines only is no error with a traceback."""
    given = write_jsonl(tmp_path / "in.jsonl", ROWS * 500)
    command = f"{sys.executable} -m detente label {given} - --shard-rows 2 | head -n 1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, check=False, timeout=120)
    assert done.returncode in {1, 128 + signal.SIGPIPE}
    assert len(done.stdout.splitlines()) == 1
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("different", "message"),
    [
        (4, "out.jsonl: can't be written (File too large); what is labelled is kept: mend that, then go on with"),
        (600, "answers.sqlite: disk I/O error; make room there, or remove the file, then go on with"),
    ],
)
def test_a_full_disk_keeps_what_is_labelled(tmp_path, different, message):
    """One line says what happened and how to go on, and going on makes the file that would have been."""
    rows = [{"text": f"{SAYINGS[n % 4]} {n % different}", "n": n} for n in range(600)]
    given = write_jsonl(tmp_path / "in.jsonl", rows)
    full = run(given, tmp_path / "out.jsonl", "--shard-rows", "50", limit=100_000)
    assert full.returncode == 1
    assert message in full.stderr.decode()
    assert full.stderr.decode().count("\n") == 1
    assert not (tmp_path / "out.jsonl").exists()
    assert list((tmp_path / "out.jsonl.parts").rglob("*.part"))
    assert not [path for path in tmp_path.rglob("*") if path.name.startswith(".")]
    assert run(given, tmp_path / "out.jsonl", "--shard-rows", "50", "--resume").returncode == 0
    assert run(given, tmp_path / "whole.jsonl", "--shard-rows", "50").returncode == 0
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


@pytest.mark.parametrize(
    ("args", "code_and_message"),
    [
        (["in.jsonl"], (2, "Missing argument 'OUT'")),
        (["in.jsonl", "out.jsonl", "--format", "jsonl"], (2, "--format is for standard input and output")),
        (["-", "out.jsonl", "--format", "xml"], (2, "--format xml: there are csv, tsv, jsonl")),
        (["in.jsonl", "out.jsonl", "--articles", "--carrier-column", "x"], (2, "--carrier-column is for quotes")),
        (["in.jsonl", "-", "--resume"], (2, "--resume is for files")),
        (["in.jsonl", "out.jsonl", "--prefix", "\x1b"], (2, "--prefix holds what is no text")),
        (["in.jsonl", "out.jsonl", "--shard-rows", "0"], (2, "--shard-rows")),
        (["nowhere.jsonl", "out.jsonl"], (1, "nowhere.jsonl: no such file or folder")),
        (["in.jsonl", "out.jsonl", "--text-column", "words"], (1, "has no column 'words'; it has 'id', 'text'")),
        (["in.jsonl", "in.jsonl"], (1, "in.jsonl: exists already")),
        (["in.jsonl", "out.jsonl", "--bundle", "nowhere"], (1, "nowhere: no such folder; a bundle is made by")),
    ],
)
def test_slips_of_the_pen(tmp_path, monkeypatch, capsys, args, code_and_message):
    """Wrong use is 2, what can't be done is 1; each says what to do, and leaves nothing behind."""
    code, message = code_and_message
    write_jsonl(tmp_path / "in.jsonl", ROWS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["detente", "label", *args])
    with pytest.raises(SystemExit) as stopped:
        detente.main()
    assert stopped.value.code == code
    assert message in " ".join(capsys.readouterr().err.replace("\u2502", "").split())
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


def test_help_is_documentation():
    """Every option is explained."""
    told = RUN.invoke(detente.app, ["label", "--help"], env={"COLUMNS": "200", "TERM": "dumb"}).stdout
    assert "--carrier-column" in told
    assert "Go on with a run that was stopped." in told
