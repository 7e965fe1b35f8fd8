"""The one place where quotes of all shards are read by the model, each text and carrier once."""

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from model.articles.article import Judgement
from model.errors import QuoteError
from model.predictor import Predictor
from model.quote import Quote
from model.stance import Prediction
from serve.labelling.duplicates import Answers, key_of

_RECENT = 4  # shards whose answers may not be on disk yet; there are fewer at work at once


class StoppedError(Exception):
    """The run was told to stop."""


class Scored(NamedTuple):
    """One judgement a quote, in order, and how many quotes the model read for them."""

    judgements: list[Judgement]
    read: int


class Scorer:
    """Scores quotes on the predictor's threads, for one shard at a time: while it is at one, others read and write.

    answers: where what has been read is found again; None reads every quote. note is told of every quote answered.
    """

    def __init__(self, predictor: Predictor, answers: Answers | None, note: Callable[[int], None]) -> None:
        self._predictor, self._answers, self._note = predictor, answers, note
        self._turn = threading.Lock()
        self._recent: deque[Mapping[bytes, Prediction]] = deque(maxlen=_RECENT)
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Make what is being scored, and whatever is to be, raise StoppedError."""
        self._stopped.set()

    def score(self, asked: Sequence[Quote | QuoteError]) -> Scored:
        """Judge quotes; what can't be read is its own judgement. Raises StoppedError."""
        if self._answers is None:
            return self._score_each(asked)
        keys = [key_of(each) if isinstance(each, Quote) else b"" for each in asked]
        wanted = {key: each for key, each in zip(keys, asked, strict=True) if isinstance(each, Quote)}
        known = self._answers.find(wanted)
        with self._turn:
            for recent in self._recent:
                known |= {key: recent[key] for key in wanted.keys() & recent.keys()}
            missing = {key: quote for key, quote in wanted.items() if key not in known}
            fresh = dict(zip(missing, self._stream(list(missing.values())), strict=True))
            self._recent.append(fresh)
        self._answers.keep(fresh)
        self._note(len(asked) - len(fresh))
        known |= fresh
        pairs = zip(keys, asked, strict=True)
        return Scored([each if isinstance(each, QuoteError) else known[key] for key, each in pairs], len(fresh))

    def check(self) -> None:
        """Raise StoppedError once the run is to stop."""
        if self._stopped.is_set():
            raise StoppedError

    def _score_each(self, asked: Sequence[Quote | QuoteError]) -> Scored:
        quotes = [each for each in asked if isinstance(each, Quote)]
        with self._turn:
            answers = iter(self._stream(quotes))
        self._note(len(asked) - len(quotes))
        return Scored([next(answers) if isinstance(each, Quote) else each for each in asked], len(quotes))

    def _stream(self, quotes: Sequence[Quote]) -> list[Prediction]:
        self.check()
        answers = []
        for answer in self._predictor.stream(quotes):
            self.check()
            answers.append(answer)
            self._note(1)
        return answers
