"""The columns that are added, and whether a source has those that are asked for."""

from collections.abc import Sequence

from model.articles.article import Judgement
from model.stance import Prediction
from serve.labelling.options import Options
from serve.labelling.passages import Passage
from serve.labelling.tables import Added, Column, Opened

_OF_QUOTES: Sequence[str] = ("start", "end", "speaker", "cue", "carrier")


def added_names(labels: Sequence[str], options: Options) -> list[str]:
    """Return the names of the columns that are added, in their order."""
    own = _OF_QUOTES if options.articles else ()
    names = [*own, "stance", *(f"p_{label}" for label in labels), "tone", "uncertain", "windows", "error"]
    return [options.prefix + name for name in names]


def check_columns(opened: Opened, options: Options, added: Sequence[str]) -> None:
    """Raise ValueError when a source lacks a column that is asked for, or has one that is to be added."""
    columns = list(opened.columns)
    for name in options.named_columns:
        if name not in columns:
            raise ValueError(f"has no column {name!r}; it has {', '.join(map(repr, columns))}")
        if columns.count(name) > 1:
            raise ValueError(f"has several columns {name!r}: rename all but one")
    for text in (options.text_column, options.carrier_column):
        if text is not None and not opened.is_text(text):
            raise ValueError(f"its column {text!r} holds no text")
    if clash := [name for name in added if name in columns]:
        way_out = f"for instance `--prefix {'detente_' if options.prefix != 'detente_' else 'label_'}`"
        raise ValueError(f"has {', '.join(map(repr, clash))} itself: give what is added other names, {way_out}")


def answer_columns(judgements: Sequence[Judgement], labels: Sequence[str], prefix: str) -> Added:
    """Return the columns of answers; a bad row has nothing but its error."""
    found = [each if isinstance(each, Prediction) else None for each in judgements]
    wrong = [None if isinstance(each, Prediction) else f"{each.code}: {each}" for each in judgements]
    shares = {label: [None if each is None else each.probabilities[label] for each in found] for label in labels}
    columns = {
        "stance": Column(str, [None if each is None else each.label for each in found]),
        **{f"p_{label}": Column(float, values) for label, values in shares.items()},
        "tone": Column(float, [None if each is None else each.tone for each in found]),
        "uncertain": Column(bool, [None if each is None else each.uncertain for each in found]),
        "windows": Column(int, [None if each is None else each.windows for each in found]),
        "error": Column(str, wrong),
    }
    return {prefix + name: column for name, column in columns.items()}


def quote_columns(passages: Sequence[Passage], prefix: str) -> Added:
    """Return where quotes stand in their articles, who said them, and by which words that is told."""
    columns = (
        Column(int, [each.start for each in passages]),
        Column(int, [each.end for each in passages]),
        Column(str, [each.speaker for each in passages]),
        Column(str, [each.cue for each in passages]),
        Column(str, [each.carrier for each in passages]),
    )
    return {prefix + name: column for name, column in zip(_OF_QUOTES, columns, strict=True)}
