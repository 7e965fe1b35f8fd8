"""The command line: what people see, exit codes included."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

import detente
from model.files import digest
from model.quote import LabelledQuote, Quote
from training.recipe import Recipe
from training.runs import start_run
from training.splits import Splits
from training.standoff import RealLabel

RUN = CliRunner()


def run(*args, stdin=None):
    """Run the real program."""
    return subprocess.run(
        [sys.executable, "-m", "detente", *args], capture_output=True, input=stdin, check=False, timeout=120
    )


def test_predict_prints_a_table():
    """Stance, probability, tone and quote for people, without colours where there is no terminal."""
    result = RUN.invoke(detente.app, ["predict", "They lied to us, and they will pay for it. [sic]"])
    assert result.exit_code == 0
    assert "hostile" in result.stdout
    assert "[sic]" in result.stdout
    assert "\x1b" not in result.stdout


def test_quotes_are_no_markup():
    """Whatever brackets a quote holds are printed."""
    result = RUN.invoke(detente.app, ["predict", "so \\[/b] [red] :smile: it is"])
    assert result.exit_code == 0
    assert "\\[/b] [red] :smile:" in result.stdout


def test_predict_json_is_the_predictors_answer(predictor):
    """One JSON object a quote, the same bits as in process."""
    result = RUN.invoke(detente.app, ["predict", "--json", "--carrier", "He called it [Q].", "a provocation"])
    answer = predictor.predict_one(Quote("a provocation", "He called it [Q]."))
    assert json.loads(result.stdout) == {
        "text": "a provocation",
        "label": answer.label,
        "probabilities": answer.probabilities,
        "uncertain": answer.uncertain,
        "windows": 1,
        "tone": answer.tone,
    }


def test_predict_reads_standard_input():
    """One quote a line; a bad line is reported with its number, the rest goes on, and the exit code says so."""
    done = run("predict", "--json", "-", stdin="Thank you.\n\n\xff\nNo deal.\r\n".encode("latin-1"))
    assert [json.loads(line)["text"] for line in done.stdout.splitlines()] == ["Thank you.", "No deal."]
    assert b"quote 2: text is empty" in done.stderr
    assert b"quote 3: text is not valid Unicode" in done.stderr
    assert done.returncode == 1


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["predict"], 2, "Missing argument"),
        (["predict", "--bundle", "/nowhere", "x"], 1, "error: /nowhere: no such folder; a bundle is made by"),
        (["nonsense"], 2, "No such command"),
        (["train", "configs/tiny.yaml", "--resume", "--overwrite"], 2, "not both"),
        (["evaluate", "model/default", "corpus", "--config", "/nowhere.yaml"], 1, "error: /nowhere.yaml: can't be"),
        (["train", "/nowhere.yaml"], 1, "error: /nowhere.yaml: can't be read"),
        (["export", "/nowhere", "out"], 1, "error: /nowhere: is no run folder"),
        (["evaluate", "model/default", "/nowhere.csv"], 1, "error: /nowhere.csv: no such file"),
        (["teach", "/nowhere", "--out", "x.jsonl"], 1, "error: /nowhere: is no run folder"),
        (["teach", "/nowhere", "--out", "x.jsonl", "--fillings", "0"], 2, "--fillings"),
        (["study", "/nowhere.yaml", "--real", "LICENSE", "--copies", "."], 1, "error: /nowhere.yaml: is no study"),
        (["corpus", "build", "x.jsonl", "--polnear", "tests"], 1, "error: tests: no text of the corpus is in there"),
        (["corpus", "build", "x.jsonl"], 1, "nothing was written"),
        (["corpus", "texts", "x.jsonl"], 1, "nothing was written"),
        (["serve", "--port", "99999"], 2, "port"),
        (["serve", "--bundle", "/nowhere"], 1, "error: /nowhere: no such folder"),
        (["serve", "--device", "cuda"], 1, "has no onnx/model_fp16.onnx for a GPU"),
        (["serve", "--device", "tpu"], 2, "--device"),
        (["bench", "--scenario", "sprint"], 2, "sprint"),
        (["bench", "/nowhere.jsonl"], 1, "error: /nowhere.jsonl: can't be read"),
        (["bench", "--url", "nowhere", "LICENSE"], 1, "error: LICENSE:4: is no quote"),
    ],
)
def test_wrong_use_is_told_in_a_line(args, code, message):
    """2 for wrong use, 1 for failure, one line that names the thing, and no traceback."""
    done = run(*args)
    assert done.returncode == code
    assert message in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()


def test_missing_training_dependencies_are_told():
    """Where only the serving dependencies are installed, a training command says how to get the others."""
    code = "import sys, detente; sys.modules['torch'] = None; sys.argv[1:] = ['export', 'a', 'b']; detente.main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: torch is not installed; training and evaluating need `pip install")
    assert "Traceback" not in done.stderr


def test_evaluate_prints_json(tiny_run, tiny_bundle, tmp_path):
    """Figures for programs on standard output, pictures where asked for."""
    data = str(tiny_run.folder / "splits" / "test.jsonl")
    result = RUN.invoke(detente.app, ["evaluate", str(tiny_bundle.path), data, "--json", "--out", str(tmp_path)])
    assert result.exit_code == 0
    assert json.loads(result.stdout)["metrics"]["quotes"] == len(tiny_run.split("test"))
    pictures = {"confusion.png", "reliability.png", "risk_coverage.png"}
    assert {path.name for path in tmp_path.iterdir()} == {*pictures, "evaluation.json", "README.md"}


def test_copies_become_texts_for_a_teacher(tmp_path, monkeypatch):
    """`corpus texts` cuts them, `teach --texts` has them judged, and what is near dev or test is told."""
    tested, free = "The ferry will be late again today.", "Nobody has told us about the new harbour."
    (tmp_path / "copies").mkdir()
    rows = [{"source_id": f"newsmtsc_x_1_{i}_y", "text": text} for i, text in enumerate((tested, free))]
    copy = tmp_path / "copies" / "newsmtsc_quotes.jsonl"
    copy.write_text("".join(json.dumps(row) + "\n" for row in rows))
    texts = tmp_path / "texts.jsonl"
    result = RUN.invoke(detente.app, ["corpus", "texts", str(texts), "--newsmtsc", str(tmp_path / "copies")])
    assert result.stdout == f"{texts}: 2 texts\n"

    other = (LabelledQuote(Quote("They lie."), "hostile"),)
    splits = Splits(other, (LabelledQuote(Quote(tested), "neutral"),), other)
    run, asked = start_run(tmp_path / "run", Recipe(name="x"), splits, overwrite=False), []

    def taught(runs, out, **given):
        asked.append((runs, out, given))
        return 7

    monkeypatch.setattr("training.teach.teach", taught)
    out = tmp_path / "lessons.jsonl"
    result = RUN.invoke(
        detente.app,
        ["teach", str(run.folder), str(run.folder), "--out", str(out), "--texts", str(texts), "--fillings", "3"],
    )
    assert result.stdout == f"{out}: 7 lessons\n"
    assert "warning: 1 row: nearly the words of a quote of dev or test" in result.stderr
    assert asked == [([run, run], out, {"fillings": 3, "texts": (Quote(free),)})]


def test_corpus_build_joins_labels_and_copies(tmp_path, monkeypatch):
    """It counts what was joined, and tells what found no text."""
    (tmp_path / "newsmtsc_quotes.jsonl").write_text(json.dumps({"source_id": "newsmtsc_x", "text": "He said “no”."}))
    label = {
        "id": "r1", "source": "newsmtsc", "document": "newsmtsc_x", "start": 9, "end": 11, "sha256": digest(b"no"),
        "kind": "quote", "label": "hostile", "sure": True, "split": "train", "batch": 1,
    }  # fmt: skip
    labels = [RealLabel.model_validate(each) for each in (label, {**label, "id": "r2", "source": "polnear"})]
    monkeypatch.setattr("training.standoff.read_real_labels", lambda: labels)
    out = tmp_path / "real.jsonl"
    result = RUN.invoke(detente.app, ["corpus", "build", str(out), "--newsmtsc", str(tmp_path)])
    assert result.stdout == f"{out}: 1 labelled quotes\n"
    assert "warning: 1 labels: polnear: no copy given" in result.stderr
    assert json.loads(out.read_text())["text"] == "no"


def test_study_makes_the_rows_that_are_asked_for(tmp_path, monkeypatch):
    """The data is divided once, rows are chosen by --only, and the table's place is printed."""
    (tmp_path / "study.yaml").write_text("base: {}\nrows: [{name: one}, {name: two}, {name: two and more}]")
    (tmp_path / "real.jsonl").touch()
    made, divided = [], []

    def divide(_, out):
        divided.append(out)
        out.mkdir(parents=True)
        return 3

    monkeypatch.setattr("training.studysets.divide", divide)
    monkeypatch.setattr("training.study.run_study", lambda _, jobs, *_rest, **_more: made.extend(jobs))
    args = ["study", str(tmp_path / "study.yaml"), "--real", str(tmp_path / "real.jsonl"), "--only", "two",
            "--copies", str(tmp_path), "--out", str(tmp_path / "out")]  # fmt: skip
    result = RUN.invoke(detente.app, args)
    assert [job.name for job in made] == ["two-1", "two-and-more-1"]
    assert "warning: 3 quotes of dev and test" in result.stderr
    assert result.stdout == f"{tmp_path / 'out' / 'table.md'}\n"
    assert RUN.invoke(detente.app, args).stderr == ""
    assert len(divided) == 1


def test_help_names_every_command():
    """--help is documentation."""
    text = RUN.invoke(detente.app, ["--help"]).stdout
    assert all(name in text for name in ("train", "teach", "export", "evaluate", "predict", "serve", "study"))
    corpus = RUN.invoke(detente.app, ["corpus", "--help"]).stdout
    assert all(name in corpus for name in ("build", "texts"))
