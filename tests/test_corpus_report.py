"""A report says what the file says, shows what it can't say, and runs nothing that the file holds."""

import csv
import json
import random
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from matplotlib.image import imread
from typer.testing import CliRunner

import detente
from model.stance import STANCES

EVIL = "<script>alert('x')</script><img src=x onerror=alert(1)>"
SPEAKERS = ("Ilyas Omurov", EVIL, "Iona $Dr$ $ \\frac{1}", "森田 \x1b[31mred\u202e \ud83d")


def row(i, rng, **changes):
    stance = rng.choice(STANCES)
    p = {each: 0.7 if each == stance else 0.15 for each in STANCES}
    return {
        "id": f"q{i}", "text": f"Quote {i}.", "speaker": SPEAKERS[i % 3], "article": f"a{i % 30}",
        "date": f"2024-{i % 4 + 1:02}-{i % 28 + 1:02}", "stance": stance,
        **{f"p_{each}": value for each, value in p.items()}, "tone": p["conciliatory"] - p["hostile"],
        "uncertain": i % 5 == 0, "windows": 1, "error": None, **changes,
    }  # fmt: skip


@pytest.fixture
def labelled(tmp_path):
    rng = random.Random(3)
    rows = [row(i, rng) for i in range(150)]
    rows[7] |= {"text": f"Down with {EVIL}", "stance": "hostile", "p_hostile": 0.99, "id": "</blockquote>"}
    rows[8] |= {"speaker": SPEAKERS[3]}
    rows[9] |= {"stance": None, "error": "text_empty: none", "speaker": SPEAKERS[0]}
    rows[10] |= {"date": "soon"}
    path = tmp_path / "labelled.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in rows))
    return path


def report(*arguments):
    return CliRunner().invoke(detente.app, ["report", *map(str, arguments)])


class Page(HTMLParser):
    """Collects what a browser would find: tags with their attributes, and the text."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def test_nothing_of_the_file_is_run(labelled):
    """Markup in quotes, speakers and ids is text; nothing is loaded; control characters are gone."""
    assert report(labelled, "--by", "speaker", "--time", "date", "--fewest", 1).exit_code == 0
    html = (labelled.parent / "labelled-report" / "report.html").read_text()
    page = Page(html)
    assert {tag for tag, _ in page.tags} <= {
        "html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "img", "div", "table", "thead", "tbody",
        "tr", "th", "td", "small", "blockquote",
    }  # fmt: skip
    assert all(attrs["src"].startswith("data:image/png;base64,") for tag, attrs in page.tags if tag == "img")
    assert not any(name.startswith("on") for _, attrs in page.tags for name in attrs)
    assert f"Down with {EVIL}" in page.text
    assert "row 8 · document" not in page.text  # no --document was given
    assert "row 8 · id </blockquote> · speaker <script>" in page.text
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e]", html)


def test_what_is_uncertain_failed_or_undated_is_told(labelled):
    """And whether rows are their own documents."""

    def page():
        return Page((labelled.parent / "labelled-report" / "report.html").read_text()).text

    done = report(labelled, "--by", "date", "--document", "article")
    assert "149 quotes, 30 uncertain; errors: 1" in done.output
    assert "149 quotes from 30 documents were judged; 30 of them are uncertain (20%). 1 row could not" in page()
    assert "1 row without a date that can be read" in page()
    assert "the column article names them" in page()
    report(labelled)
    assert "149 quotes from 149 documents" in page()
    assert "no column names documents (--document), so each row is one" in page()


def test_a_correction_from_elsewhere_is_warned_of(labelled, default_bundle):
    """Where another share of quotes was uncertain than here; an evaluation on quotes like these needs no warning."""
    metrics = default_bundle.manifest.metrics["test"]
    own = labelled.with_name("own.json")
    own.write_text(json.dumps({"bundle": default_bundle.digest, "metrics": {**metrics, "coverage": 0.78}}))
    for options, warned in (((), True), (("--confusion", own), False)):
        assert ("warning: " in report(labelled, *options).stderr) is warned
        assert ("Take care" in (labelled.parent / "labelled-report" / "report.html").read_text()) is warned


def test_the_table_holds_the_figures(labelled):
    """Counts add up, raw shares are those of the rows, intervals enclose their figures."""
    report(labelled, "--by", "speaker", "--time", "date", "--every", "week", "--out", labelled.parent / "out")
    with (labelled.parent / "out" / "figures.csv").open() as file:
        lines = list(csv.DictReader(file))
    rows = [json.loads(line) for line in labelled.read_text().splitlines()]
    hostile = sum(each["stance"] == "hostile" for each in rows)
    whole = lines[0]
    assert float(whole["raw_hostile"]) == pytest.approx(hostile / 149, abs=1e-6)
    for kind, quotes in (("group", 149), ("period", 148)):
        assert sum(int(line["quotes"]) for line in lines if line["kind"] == kind) == quotes
    assert [line["name"] for line in lines if line["kind"] == "group"][-1] == "others"
    for line in lines:
        for name in ("raw_neutral", "corrected_hostile", "tone", "balance"):
            if line[f"{name}_low"]:
                assert float(line[f"{name}_low"]) <= float(line[name]) <= float(line[f"{name}_high"])


def test_pictures_are_drawn(labelled):
    """Of any name and script, with gaps between periods, for a single period too."""
    folder = labelled.parent / "labelled-report"
    for every in ("day", "year"):
        assert report(labelled, "--by", "speaker", "--time", "date", "--every", every, "--fewest", 1).exit_code == 0
        for name in ("tone.png", "shares.png"):
            assert len(np.unique(imread(folder / name)[..., :3].reshape(-1, 3), axis=0)) > 10


def test_a_report_is_made_again_the_same(labelled):
    """To the byte."""
    folder, names = labelled.parent / "labelled-report", ("report.html", "figures.csv", "shares.png")
    report(labelled, "--by", "speaker")
    before = [(folder / name).read_bytes() for name in names]
    report(labelled, "--by", "speaker")
    assert [(folder / name).read_bytes() for name in names] == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--by", "party"], "no column 'party'"),
        (["--time", "speaker"], "column 'speaker' has no ISO date that tells its month"),
        (["--confusion", "LICENSE"], "LICENSE: is not what `detente evaluate --json` writes"),
        (["--bundle", "/nowhere"], "/nowhere: no such folder"),
    ],
)
def test_errors_name_the_way_out(labelled, arguments, message):
    """And nothing is written."""
    done = report(labelled, *arguments)
    assert message in str(done.exception)
    assert not (labelled.parent / "labelled-report").exists()


def test_another_bundle_is_refused(labelled):
    """Its errors are not those of the one that labelled."""
    facts = {"bundle": {"digest": "0" * 64}, "options": {}}
    labelled.with_name("labelled.jsonl.provenance.json").write_text(json.dumps(facts))
    assert "was labelled by another bundle" in str(report(labelled).exception)
