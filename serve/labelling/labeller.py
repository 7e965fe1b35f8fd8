"""Labels a shard: reads its rows, has them scored, and writes them with their answers."""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import islice
from typing import NamedTuple

from model.articles.article import Judgement
from model.articles.attribution import Pointer
from model.errors import QuoteError
from model.predictor import Predictor
from model.quote import Quote
from model.stance import Prediction
from model.untrusted import told
from serve.labelling.columns import added_names, answer_columns, quote_columns
from serve.labelling.duplicates import Answers
from serve.labelling.forms import FORMS
from serve.labelling.kinds import Format
from serve.labelling.options import Options
from serve.labelling.passages import passages_of
from serve.labelling.scoring import Scorer
from serve.labelling.shards import SHOWN, BadRow, Counts, Labelled, Shard, receipt_for
from serve.labelling.streams import packed
from serve.labelling.tables import Added, Cell, Table
from serve.labelling.textfiles import read_texts


class Labeller:
    """Labels shards of one run, several at once from threads of their own. note is told of every row that is done."""

    def __init__(
        self,
        predictor: Predictor,
        options: Options,
        pointer: Pointer | None = None,
        answers: Answers | None = None,
        note: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._predictor, self._pointer, self._options = predictor, pointer, options
        self._note = note
        # The quotes of an article are not counted: its row is, when all of them are done.
        self._scorer = Scorer(predictor, answers, (lambda _: None) if pointer else note)
        self.labels = predictor.bundle.manifest.labels
        self.added = added_names(self.labels, options)

    def stop(self) -> None:
        """Make what is being labelled raise StoppedError soon."""
        self._scorer.stop()

    def label(self, shard: Shard) -> Labelled:
        """Label a shard; a bad row gets its error. Raises StoppedError."""
        table = self._table(shard)
        asked = self._rows(table) if self._pointer is None else self._passages(table, self._pointer)
        scored = self._scorer.score(asked.quotes)
        if self._pointer is not None:
            self._note(len(table))
        answers = answer_columns(scored.judgements, self.labels, self._options.prefix)
        data = packed(asked.table.written({**asked.added, **answers}), shard.out.packing)
        bad = self._bad(shard, table, asked.places, scored.judgements)
        counts = _counted(scored.judgements, rows=len(table), read=scored.read, bad=bad)
        return Labelled(data, receipt_for(shard, data, counts))

    def _table(self, shard: Shard) -> Table:
        if shard.kind.format is Format.TEXT:
            return FORMS[shard.out.format].made(*read_texts(shard.data, shard.columns))
        return FORMS[shard.kind.format].read(shard.data, shard.columns, self.added)

    def _rows(self, table: Table) -> "_Asked":
        texts = table.column(self._options.text_column)
        named = self._options.carrier_column
        carriers: Sequence[Cell] = table.column(named) if named is not None else [None] * len(texts)
        quotes = [_quote(text, carrier) for text, carrier in zip(texts, carriers, strict=True)]
        return _Asked(table, {}, range(len(table)), quotes)

    def _passages(self, table: Table, pointer: Pointer) -> "_Asked":
        column = self._options.text_column
        found = []
        for passage in passages_of(table.column(column), pointer, self._predictor):
            self._scorer.check()
            found.append(passage)
        places = [passage.place for passage in found]
        rows = table.picked(places, column, [passage.text for passage in found])
        return _Asked(rows, quote_columns(found, self._options.prefix), places, [passage.quote for passage in found])

    def _bad(
        self, shard: Shard, table: Table, places: Sequence[int], judgements: Sequence[Judgement]
    ) -> tuple[BadRow, ...]:
        column = self._options.id_column
        found = ((place, each) for place, each in zip(places, judgements, strict=True) if isinstance(each, QuoteError))
        return tuple(
            BadRow(row=shard.first + place, id=_told(column and table.shown(place, column)), error=str(error))
            for place, error in islice(found, SHOWN)
        )


class _Asked(NamedTuple):
    """The rows of the output, what is added before the answers, the row of the input each is from, and its quote."""

    table: Table
    added: Added
    places: Sequence[int]
    quotes: Sequence[Quote | QuoteError]


def _quote(text: Cell, carrier: Cell) -> Quote | QuoteError:
    """Make a quote of a row; an empty carrier is none."""
    for cell in (text, carrier):
        if isinstance(cell, QuoteError):
            return cell
    try:
        return Quote(str(text or ""), str(carrier) if carrier else None)
    except QuoteError as error:
        return error


def _told(text: str | None) -> str | None:
    return text if text is None else told(text).encode(errors="replace").decode()


def _counted(judgements: Sequence[Judgement], *, rows: int, read: int, bad: tuple[BadRow, ...]) -> Counts:
    answers = [each for each in judgements if isinstance(each, Prediction)]
    return Counts(
        rows=rows,
        results=len(judgements),
        read=read,
        errors=len(judgements) - len(answers),
        uncertain=sum(answer.uncertain for answer in answers),
        stances=Counter(answer.label for answer in answers),
        bad=bad,
    )
