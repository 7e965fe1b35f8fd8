"""`detente article`: what people see, and what programs read."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import detente
from model.articles.pointers import default_pointer
from model.articles.reader import read_article
from model.untrusted import has_controls
from serve.articleschemas import article_answer

RUN = CliRunner()
ARTICLE = Path(__file__).parent / "article.txt"
TEXT = ARTICLE.read_text()
SPOKEN = "“We will never forgive\x1b[2J\x9b31m them,” said Ilse\u202e Brandt.\r\n"


def run(*args, stdin=None):
    """Run the real program."""
    return subprocess.run(
        [sys.executable, "-m", "detente", "article", *args], capture_output=True, input=stdin, check=False, timeout=120
    )


def test_it_prints_the_article_and_its_tables():
    """The text with numbers and signs, who said how much of what, and what is no quote; no colours in a pipe."""
    result = RUN.invoke(detente.app, ["article", str(ARTICLE)])
    assert result.exit_code == 0
    assert '"Neighbors who measure together don\'t quarrel." [8 ' in result.stdout
    for words in ("Davor Lenk", "energy minister", "Said in one breath", "The Drowned Orchard,", "title"):
        assert words in result.stdout
    assert "\x1b" not in result.stdout
    paragraphs = [line for line in result.stdout.splitlines() if line.startswith("The government of Karvia")]
    assert paragraphs[0].endswith("this month."), "a file gets the article's own lines"


def test_json_is_what_http_says(predictor):
    """The body of POST /v1/article, with the text that the places count in."""
    result = RUN.invoke(detente.app, ["article", "--json", str(ARTICLE)])
    pointer = default_pointer()
    answer = article_answer(read_article(TEXT, pointer, predictor), predictor.bundle, pointer, exact=True)
    printed = json.loads(result.stdout)
    assert printed == {"text": TEXT, "extracted": False, **answer.model_dump()}
    for quote in printed["quotes"]:
        assert printed["text"][quote["start"] : quote["end"]] == quote["text"]


def test_another_pointer_can_be_named(pointer_bundle, default_bundle):
    """A folder with a pointer's bundle answers; one with another kind is refused, with what it is."""
    result = RUN.invoke(detente.app, ["article", "--json", str(ARTICLE), "--pointer", str(pointer_bundle.path)])
    assert json.loads(result.stdout)["pointer"]["digest"] == pointer_bundle.digest
    refused = RUN.invoke(detente.app, ["article", str(ARTICLE), "--pointer", str(default_bundle.path)])
    assert "no pointer's bundle" in str(refused.exception)


def test_standard_input_and_pages():
    """A page is read through a pipe too; places count in the text that was taken out of it, which is printed."""
    body = "".join(f"<p>{paragraph}</p>" for paragraph in TEXT.split("\n\n")[2:])
    done = run("-", "--json", stdin=f"<!doctype html><html><body><article>{body}</article></body></html>".encode())
    assert done.stderr == b""
    printed = json.loads(done.stdout)
    assert printed["extracted"]
    assert len(printed["quotes"]) == 13
    for quote in printed["quotes"]:
        assert printed["text"][quote["start"] : quote["end"]] == quote["text"]


def test_line_ends_are_counted():
    """Windows' line ends are two characters each, and none is lost."""
    text = "It rained.\r\n\r\n“We will wait,” said Ilse Brandt.\r\n"
    printed = json.loads(run("-", "--json", stdin=text.encode()).stdout)
    assert printed["text"] == text
    assert [quote["start"] for quote in printed["quotes"]] == [text.index("We will")]


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_articles_do_nothing_to_a_terminal(options):
    """Escape sequences and signs that turn text around are not printed, though JSON loses none of them."""
    done = run("-", *options, stdin=SPOKEN.encode())
    assert done.returncode == 0
    printed = done.stdout.decode()
    assert not has_controls(printed.replace("\n", ""))
    assert not options or json.loads(printed)["text"] == SPOKEN


@pytest.mark.parametrize(
    ("args", "stdin", "code", "message"),
    [
        (["nowhere.txt"], b"", 1, "nowhere.txt: No such file or directory"),
        (["-"], b"", 1, "standard input: is empty"),
        (["-"], b"\xff\xfea", 1, "standard input: is UTF-16"),
        (["-", "--bundle", "nowhere"], b"Hi.", 1, "nowhere"),
        (["https://news.example/a.html"], b"", 2, "nothing is fetched"),
        ([], b"", 2, "Missing argument"),
    ],
)
def test_faults_are_told(args, stdin, code, message):
    """Exit code 1 for failure and 2 for wrong use, a line that names the thing, and no traceback."""
    done = run(*args, stdin=stdin)
    told = " ".join(done.stderr.decode().replace("│", " ").split())
    assert done.returncode == code
    assert message in told
    assert "Traceback" not in told
