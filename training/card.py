"""The model card: a README.md in plain words and tables, with the front matter that model hubs read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import yaml

from model.bundle import Card
from model.stance import STANCES
from training.breakdown import FEWEST, ROW_HEAD, Breakdown
from training.calibrate import Calibration
from training.metrics import Metrics, SwapRate, three_places
from training.pictures import CONFUSION, RELIABILITY, RISK_COVERAGE

_GOOD_ECE = 0.05

# The corpora that training/data/README.md describes: what they hold, and the licence of their texts.
_ORIGINS = {
    "corpus": ("invented quotes, written by a language model", "CC0 1.0"),
    "polnear": ("US news of the 2016 campaign (PolNeAR 1.0)", "none stated; the texts are the publishers'"),
    "unscon": ("speeches in the UN Security Council, 2014 and 2016 (UNSCon)", "CC BY-SA"),
    "newsmtsc": ("US and UK political news (NewsMTSC)", "MIT"),
}


@dataclass(frozen=True, slots=True)
class Worth:
    """What was measured: the answers, their parts and, where they were measured, calibration and exchanged names."""

    metrics: Metrics
    parts: Breakdown
    fit: Calibration | None
    swaps: SwapRate | None = None


@dataclass(frozen=True, slots=True)
class _Subject:
    """A manifest, its worth on data named in words, and how many quotes of which corpora it learned from."""

    card: Card
    worth: Worth
    data: str
    corpora: Mapping[str, int | None]
    encoder: str | None = None
    pictures: bool = False  # lie beside the card


def bundle_card(card: Card, encoder: str, trained_on: Mapping[str, int], worth: Worth) -> str:
    """Return the README.md of a bundle, without pictures; trained_on: training quotes by corpus."""
    return _text(_Subject(card, worth, "the test split", dict(sorted(trained_on.items())), encoder))


def evaluation_card(card: Card, worth: Worth) -> str:
    """Return the README.md of a report on other data; it shows the pictures that lie beside it."""
    # A manifest names the corpora of the test split, which was divided from the same data as the training quotes.
    rows = Breakdown.model_validate(card.metrics["parts"]).corpus if "parts" in card.metrics else ()
    return _text(_Subject(card, worth, "the evaluated quotes", {row.name: None for row in rows}, pictures=True))


def _text(subject: _Subject) -> str:
    front = yaml.safe_dump(_front(subject), sort_keys=False, allow_unicode=True)
    sections = (
        ("Intended use", _use(subject.card)),
        ("Limits", "\n".join(f"- {limit}" for limit in _limits(subject))),
        ("Training data and licences", _data(subject.corpora)),
        ("Figures", _figures(subject)),
        ("Figures in parts", _parts(subject.worth.parts)),
        ("Calibration and abstention", _calibration(subject)),
        ("How to use it", _how(subject.card)),
    )
    body = "\n\n".join(f"## {title}\n\n{text}" for title, text in sections)
    return f"---\n{front}---\n\n# {subject.card.name}\n\n{_task(subject)}\n\n{body}\n"


def _front(subject: _Subject) -> dict[str, object]:
    stance = ["stance"] if subject.card.labels == STANCES else []
    scored = [(row.name, row.metrics) for row in subject.worth.parts.corpus if row.metrics is not None]
    results = [_result(name, subject.data, each) for name, each in scored or [("all", subject.worth.metrics)]]
    return {
        "license": "apache-2.0",
        # Nobody told the language of other corpora.
        **({"language": ["en"]} if set(subject.corpora) <= set(_ORIGINS) else {}),
        "library_name": "onnx",
        "pipeline_tag": "text-classification",
        "tags": ["onnx", "int8", "quotes", *stance],
        "model-index": [{"name": subject.card.name, "results": results}],
    }


def _result(corpus: str, data: str, metrics: Metrics) -> dict[str, object]:
    return {
        "task": {"type": "text-classification"},
        "dataset": {"name": f"{corpus}, {data}", "type": corpus},
        "metrics": [
            {"type": "f1", "name": "macro-F1", "value": round(metrics.macro_f1, 4)},
            {"type": "accuracy", "name": "accuracy", "value": round(metrics.accuracy, 4)},
            {"type": "ece", "name": "expected calibration error", "value": round(metrics.ece, 4)},
        ],
    }


def _task(subject: _Subject) -> str:
    card = subject.card
    task = f"Tells whether a quote is {', '.join(card.labels[:-1])} or {card.labels[-1]}."
    if card.labels == STANCES:
        task = (
            "Tells which way the words of a quote from the news move the relation with the other side: conciliatory "
            "(toward cooperation), hostile (toward conflict) or neutral (neither)."
        )
    encoder = f" Encoder: {subject.encoder}." if subject.encoder else ""
    return (
        f"{task} The quote may come with its carrier, the sentence around it.{encoder} int8 ONNX, read in windows of "
        f"{card.max_tokens} tokens."
    )


def _use(card: Card) -> str:
    if card.labels != STANCES:
        return "Labelling many quotes like those it was trained on, with the uncertain ones read by a person."
    return (
        "Scoring many quotes for research and monitoring, where shares and trends count, and sorting quotes for people "
        "who read them. Not for judging a person by a quote, and not for deciding anything without a reader: it sees "
        "the words, not who said them or whether they are true."
    )


def _limits(subject: _Subject) -> Iterator[str]:
    known = [_ORIGINS[name][0] for name in subject.corpora if name in _ORIGINS]
    if known:
        yield f"It learned from {'; '.join(known)}, in English. On other sources, times and languages it is untried."
        yield (
            "The labels of these quotes were made by a language model that followed the project's guideline, not by "
            "people; figures on them say how often the bundle agrees with such labels."
        )
    metrics = subject.worth.metrics
    present = {label: each for label, each in metrics.per_class.items() if each.support}
    label, weakest = min(present.items(), key=lambda pair: pair[1].f1)
    yield f"Weakest label: {label}, F1 {weakest.f1:.3f} on {weakest.support:,} quotes."
    for kind, rows in subject.worth.parts.parts():
        for row in rows:
            # A whole interval below the figure for all: more than chance.
            if row.metrics is not None and row.metrics.interval[1] < metrics.macro_f1:
                yield f"Weaker than on the whole: {kind} {row.name}, macro-F1 {row.metrics.macro_f1:.3f}."
    if metrics.ece > _GOOD_ECE:
        yield f"Probabilities are off by {metrics.ece:.3f} on average here: read them as a ranking."


def _data(corpora: Mapping[str, int | None]) -> str:
    if not corpora:
        return "`bundle.json` does not say what the model was trained on."
    rows = []
    for name, count in corpora.items():
        what, licence = _ORIGINS.get(name, ("whatever its user named so", "see its source"))
        rows.append((name, what, "-" if count is None else f"{count:,}", licence))
    table = _table(("corpus", "what", "training quotes", "licence of the texts"), rows)
    return f"{table}\n\nThe bundle holds none of these texts. The project's labels of them are CC0 1.0."


def _figures(subject: _Subject) -> str:
    metrics, swaps, (low, high) = subject.worth.metrics, subject.worth.swaps, subject.worth.metrics.interval
    text = (
        f"On {subject.data} ({metrics.quotes:,} quotes in {metrics.groups:,} groups): macro-F1 {metrics.macro_f1:.3f} "
        f"(95 % interval {low:.3f} to {high:.3f}), accuracy {metrics.accuracy:.3f}."
    )
    if swaps is not None and swaps.exchanges:
        text += f" Other names in a quote change its label in {swaps.rate:.2%} of {swaps.exchanges:,} exchanges."
    scores = [
        (label, three_places(s.precision), three_places(s.recall), three_places(s.f1), f"{s.support:,}")
        for label, s in metrics.per_class.items()
    ]
    counts = [(label, *map(str, row)) for label, row in zip(metrics.labels, metrics.confusion, strict=True)]
    tables = (
        _table(("label", "precision", "recall", "F1", "quotes"), scores),
        _table(("labelled \\ predicted", *metrics.labels), counts),
    )
    return "\n\n".join((text, *tables, *_picture(subject, "Confusion matrix", CONFUSION)))


def _parts(parts: Breakdown) -> str:
    notes = (
        f"Parts of fewer than {FEWEST} quotes are counted, not scored; macro-F1 is the mean over the labels that occur "
        "in the part. Long is two sentences or more; a fragment starts with a small letter or has few words and no "
        "mark at its end. Quotes that have a carrier are answered with it and once more with it taken away."
    )
    tables = (_table((kind, *ROW_HEAD), [(row.name, *row.cells()) for row in rows]) for kind, rows in parts.parts())
    return "\n\n".join((notes, *tables))


def _calibration(subject: _Subject) -> str:
    card, metrics, fit = subject.card, subject.worth.metrics, subject.worth.fit
    text = (
        f"Logits are divided by the temperature {card.temperature:.3f}. An answer whose largest probability is below "
        f"{card.threshold:.3f} is marked uncertain. On {subject.data}: expected calibration error {metrics.ece:.3f}; "
        f"{metrics.coverage:.1%} are not uncertain, and of those {three_places(metrics.certain_accuracy)} are right; "
        f"area under the risk-coverage curve {metrics.aurc:.3f}."
    )
    if fit is not None:
        text += f" Both numbers were fitted on dev: {fit.summary()}."
    diagram = _picture(subject, "Reliability diagram", RELIABILITY)
    return "\n\n".join((text, *diagram, *_picture(subject, "Risk-coverage curve", RISK_COVERAGE)))


def _how(card: Card) -> str:
    return f"""    detente predict --bundle FOLDER "We are ready to talk."
    detente serve --bundle FOLDER

Other tools read `config.json`, the tokenizer and `onnx/`; they must divide the logits by {card.temperature:.3f}.
A quote's label depends on the quote, its carrier and this bundle alone when one text is read per run, without padding.
`bundle.json` holds labels, temperature, threshold, digests and figures."""


def _picture(subject: _Subject, title: str, name: str) -> tuple[str, ...]:
    return (f"![{title}]({name})",) if subject.pictures else ()


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [[cell.replace("|", r"\|") for cell in line] for line in (head, ["---"] * len(head), *rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
