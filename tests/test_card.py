"""The model card: front matter that hubs read, limits that follow from the figures, pictures only where they lie."""

import re

import numpy as np
import pytest
import yaml

from model.bundle import Card
from model.quote import LabelledQuote, Quote
from model.stance import STANCES
from training.breakdown import FEWEST, Answers, Breakdown, Row
from training.calibrate import Calibration
from training.card import Worth, bundle_card, evaluation_card
from training.metrics import SwapRate
from training.pictures import CONFUSION, RELIABILITY, RISK_COVERAGE

PICTURES = [CONFUSION, RELIABILITY, RISK_COVERAGE]
NO_PARTS = Breakdown(corpus=(), length=(), shape=(), carrier=())


def answers(count=60, wrong=0, labels=STANCES, sure=0.8):
    """Return answers of one confidence, the first few of them wrong."""
    quotes = tuple(LabelledQuote(Quote(f"We waited {i} days."), labels[i % len(labels)]) for i in range(count))
    given = [(i + (i < wrong)) % len(labels) for i in range(count)]
    rest = (1 - sure) / (len(labels) - 1)
    return Answers(quotes, labels, np.eye(len(labels))[given] * (sure - rest) + rest, 0.7)


def card(labels=STANCES, **metrics):
    return Card(
        name="small",
        labels=labels,
        max_tokens=64,
        temperature=1.25,
        threshold=0.7,
        recipe="0" * 64,
        data="1" * 64,
        metrics=metrics,
        versions={},
    )


def of_bundle(of=None, *, parts=NO_PARTS, fit=None, labels=STANCES, trained_on=None):
    worth = Worth((of or answers(labels=labels)).metrics(), parts, fit)
    return bundle_card(card(labels), "minilm", trained_on or {"corpus": 1200}, worth)


def of_evaluation(of=None, *, swaps=None, **metrics):
    return evaluation_card(card(**metrics), Worth((of or answers()).metrics(), NO_PARTS, None, swaps))


def parts_of(**rows):
    return NO_PARTS.model_copy(update=rows)


def divided(text):
    """Return the values of the front matter, and the Markdown behind it."""
    start, front, body = text.split("---\n", 2)
    assert not start
    return yaml.safe_load(front), body


def test_front_matter_is_yaml():
    """Licence, language, task, tags, and a model index with the figures of all quotes."""
    of = answers(wrong=6)
    values, _ = divided(of_bundle(of))
    assert values["license"] == "apache-2.0"
    assert values["language"] == ["en"]
    assert values["pipeline_tag"] == "text-classification"
    assert "stance" in values["tags"]
    (entry,) = values["model-index"]
    assert entry["name"] == "small"
    (result,) = entry["results"]
    found = {metric["type"]: metric["value"] for metric in result["metrics"]}
    metrics = of.metrics()
    assert found == {"f1": round(metrics.macro_f1, 4), "accuracy": 0.9, "ece": round(metrics.ece, 4)}


def test_names_do_not_break_the_front_matter():
    """A corpus may be called like YAML syntax, and still there is one result for it, under its name."""
    name = "a: [b] # 'c'\n---"
    row = Row(name=name, quotes=60, metrics=answers().metrics())
    front = of_bundle(parts=parts_of(corpus=(row,))).split("\n---\n", 1)[0]
    results = yaml.safe_load(front.removeprefix("---\n"))["model-index"][0]["results"]
    assert [result["dataset"]["type"] for result in results] == [name]


def test_model_index_names_corpora_that_are_scored():
    """One result a corpus that has figures; a corpus that was only counted has none."""
    rows = (Row(name="few", quotes=3, metrics=None), Row(name="many", quotes=60, metrics=answers().metrics()))
    values, body = divided(of_bundle(parts=parts_of(corpus=rows)))
    assert [result["dataset"]["type"] for result in values["model-index"][0]["results"]] == ["many"]
    assert "| few | 3 | - | - | - | - |" in body
    assert f"fewer than {FEWEST} quotes" in body


def test_pictures_are_named_where_they_lie():
    """A report shows all three, a bundle holds none and names none."""
    assert re.findall(r"!\[[^]]+\]\(([^)]+)\)", of_evaluation()) == PICTURES
    assert "![" not in of_bundle()


def test_figures_are_those_measured():
    """What it was measured on, the macro-F1 with its interval, the confusion matrix, temperature and threshold."""
    metrics = answers(wrong=6).metrics()
    text = of_evaluation(answers(wrong=6), swaps=SwapRate(rate=0.1, quotes=4, exchanges=20, changed=2))
    low, high = metrics.interval
    assert "On the evaluated quotes (60 quotes in 60 groups)" in text
    assert f"macro-F1 {metrics.macro_f1:.3f} (95 % interval {low:.3f} to {high:.3f}), accuracy 0.900" in text
    for label, counts in zip(metrics.labels, metrics.confusion, strict=True):
        assert f"| {label} | {' | '.join(map(str, counts))} |" in text
    assert "in 10.00% of 20 exchanges" in text
    assert "temperature 1.250" in text
    assert "below 0.700 is marked uncertain" in text
    assert "100.0% are not uncertain, and of those 0.900 are right" in text


def test_no_exchange_is_no_rate():
    """Where no quote held a name the card does not claim that names change nothing."""
    assert "Other names" not in of_evaluation(swaps=SwapRate(rate=0.0, quotes=0, exchanges=0, changed=0))


def test_calibration_is_told():
    """On which quotes temperature and threshold were fitted; a dash where nothing there is certain."""
    fit = Calibration(
        quotes=40, corpora=("press",), certain=0.9, raw_ece=0.2, ece=0.1, coverage=0.0, certain_accuracy=None
    )
    text = of_bundle(fit=fit)
    assert f"Both numbers were fitted on dev: {fit.summary()}." in text
    assert "40 quotes (press)" in text
    assert "0.0% are not uncertain, and of those - are right" in text
    assert "fitted on dev" not in of_bundle()


def test_bundle_tells_its_corpora():
    """Training quotes by corpus, with licence; of one that the project does not know neither licence nor language."""
    values, body = divided(of_bundle(trained_on={"press": 1200, "corpus": 40}))
    assert "| press | whatever its user named so | 1,200 | see its source |" in body
    assert "| corpus | invented quotes, written by a language model | 40 | CC0 1.0 |" in body
    assert body.index("| corpus |") < body.index("| press |")
    assert "language" not in values
    assert "Encoder: minilm." in body


def test_report_tells_what_the_manifest_knows():
    """The corpora that the bundle was tested on, uncounted; a bundle of an earlier version has none."""
    rows = (Row(name="press", quotes=3, metrics=None),)
    told = of_evaluation(parts=parts_of(corpus=rows).model_dump(mode="json"))
    assert "| press | whatever its user named so | - | see its source |" in told
    assert "does not say what the model was trained on" not in told
    assert "does not say what the model was trained on" in of_evaluation()


def test_weak_parts_are_limits():
    """A part is called weaker where its whole interval is below the figure of all, and not for less."""
    weak = Row(name="weak", quotes=60, metrics=answers(wrong=40).metrics())
    alike = Row(name="alike", quotes=60, metrics=answers(wrong=6).metrics())
    text = of_bundle(answers(wrong=5), parts=parts_of(shape=(alike, weak)))
    assert "Weaker than on the whole: shape weak" in text
    assert "shape alike" not in text


def test_weakest_label_occurs():
    """The label with the least F1 of those in the data; one that does not occur has no F1 to speak of."""
    of = answers(labels=("yes", "no", "perhaps"))
    known = tuple(quote for quote in of.quotes if quote.label != "perhaps")
    kept = [i for i, quote in enumerate(of.quotes) if quote.label != "perhaps"]
    part = Answers(known, of.labels, of.probabilities[kept], 0.7)
    assert "Weakest label: yes, F1 1.000" in of_bundle(part, labels=of.labels)


@pytest.mark.parametrize(("sure", "warned"), [(0.98, False), (0.6, True)])
def test_bad_calibration_is_a_limit(sure, warned):
    """Probabilities that are off by more than .05 are no shares, and the card says so."""
    assert ("read them as a ranking" in of_bundle(answers(sure=sure))) is warned


def test_other_labels_have_another_task():
    """A bundle that tells no stances does not claim to, and its labels can't break the tables."""
    values, body = divided(of_bundle(labels=("on|off", "maybe")))
    assert "stance" not in values["tags"]
    assert "Tells whether a quote is on|off or maybe." in body
    assert "conciliatory" not in body
    assert r"| on\|off |" in body
