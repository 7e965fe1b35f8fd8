"""What the tests of reading articles share: an article of our own, a pointer that waits, reading in process."""

import threading
from collections.abc import Sequence

from model.articles.article import JudgedArticle
from model.articles.attribution import LIKELY, Pointed, Pointer, Step
from model.articles.marks import Marked
from model.articles.reader import assemble, judged, open_article
from model.articles.rules import Rules
from model.predictor import Predictor

ARTICLE = (
    "Tallis Bay \U0001f6a2 — Fishing resumed on Friday.\n\n"
    "“We welcome the boats of our neighbours,” said Ines Moreau, the mayor of Tallis Bay. “They may land here.”\n\n"
    "Captain Jonas Weld called the quota “an insult”. His ship, the “Grey Heron”, stayed in port \U0001f41f.\n\n"
    '"They lied to us, and they will pay for it," he said, standing on the cafe\u0301 terrace.\n'
)
"""Invented; with characters beyond the first plane and a combining one, so that places are easily counted wrong."""

SPOKEN = '"We will meet them on day {0}," said Ada Brook{0}, who heads the council.\n\n'


def long_article(quotes: int) -> str:
    """Return an article of so many quotes."""
    return "".join(SPOKEN.format(number) for number in range(quotes))


def read_alone(text: str, pointer: Pointer, predictor: Predictor) -> JudgedArticle:
    """Read an article step by step, in this thread."""
    opened = open_article(text, pointer)
    article = assemble(opened, [step() for step in opened.steps], pointer.threshold)
    return judged(article, predictor.predict_batch(article.asked))


class Waiting:
    """The rules, but that opening an article waits for one semaphore and each step for another; notes the steps."""

    threshold = LIKELY
    digest = None

    def __init__(self, *, opening: int = 1000, steps: int = 100_000) -> None:
        self.opening, self.stepping = threading.Semaphore(opening), threading.Semaphore(steps)
        self.opened: list[str] = []
        self.stepped: list[int] = []
        self.fault: Exception | None = None

    def steps(self, text: str, strings: Sequence[Marked]) -> list[Step]:
        """Give the rules' steps, each of which waits."""
        self.opening.acquire()
        self.opened.append(text)
        return [self._waiting(number, step) for number, step in enumerate(Rules().steps(text, strings))]

    def let_all(self) -> None:
        """Wait no more."""
        self.opening.release(1000)
        self.stepping.release(100_000)

    def _waiting(self, number: int, step: Step) -> Step:
        def wait() -> Pointed:
            self.stepping.acquire()
            self.stepped.append(number)
            if self.fault is not None:
                raise self.fault
            return step()

        return wait
