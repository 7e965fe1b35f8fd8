"""The command line: what people see, exit codes included."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

import detente
from model.quote import Quote

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
        (["serve", "--port", "99999"], 2, "port"),
        (["serve", "--bundle", "/nowhere"], 1, "error: /nowhere: no such folder"),
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
    assert {path.name for path in tmp_path.iterdir()} == {"confusion.png", "reliability.png", "evaluation.json"}


def test_help_names_every_command():
    """--help is documentation."""
    text = RUN.invoke(detente.app, ["--help"]).stdout
    assert all(name in text for name in ("train", "export", "evaluate", "predict", "serve"))
