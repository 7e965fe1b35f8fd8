"""One opened predictor and pointer at work, and the schedulers that share them among requests."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from model.articles.article import JudgedArticle
from model.articles.attribution import Pointer
from model.articles.reader import assemble, judged, open_article
from model.bundle import Bundle
from model.device import Device
from model.predictor import Predictor
from model.quote import Quote
from model.stance import Prediction
from serve.metrics import Metrics
from serve.scheduler import Scheduler


class DeadlineError(Exception):
    """A request whose time was up before it was answered."""


class CrowdedError(Exception):
    """An article with more strings in quotation marks than a request may have; strings: how many."""

    def __init__(self, strings: int) -> None:
        super().__init__(f"{strings:,} strings in quotation marks")
        self.strings = strings


@dataclass(frozen=True, slots=True)
class Models:
    """What an engine answers with: stances by the predictor, the quotes of articles by the pointer."""

    predictor: Predictor
    pointer: Pointer


class Engine:
    """Answers with one predictor and one pointer until it is closed; users counts the requests that it is answering."""

    def __init__(self, models: Models, metrics: Metrics) -> None:
        self.predictor, self.pointer = models.predictor, models.pointer
        self.scheduler = Scheduler(self.predictor, metrics)
        # What takes long in an article is Python and holds the interpreter's lock, so that more threads would not be
        # faster; and in this one it holds no worker, so that no quote waits for it.
        self._articles = Scheduler(self.predictor, metrics, workers=1)
        self._metrics = metrics
        self.users = 0

    @property
    def bundle(self) -> Bundle:
        """The bundle that the stances come from."""
        return self.predictor.bundle

    @property
    def digests(self) -> tuple[str, str | None]:
        """What tells this engine's answers from another's: the digests of the bundles of predictor and pointer."""
        return self.bundle.digest, self.pointer.digest

    @property
    def exact(self) -> bool:
        """Whether a quote always gets the same bits: one text a run, on a CPU."""
        return self.predictor.device is Device.CPU

    @property
    def waiting(self) -> int:
        """The number of quotes, and of steps to read articles, that no worker has taken."""
        return self.scheduler.waiting + self._articles.waiting

    async def predict(self, quotes: Sequence[Quote], seconds: float) -> list[Prediction]:
        """Answer quotes in their order. Raises DeadlineError and ClosedError."""
        async with self._answering(seconds):
            return await self.scheduler.predict(quotes)

    async def read(self, text: str, seconds: float, most: int) -> JudgedArticle:
        """Find the quotes of an article and judge them, in steps that take turns with other requests.

        Raises CrowdedError for more strings in quotation marks than `most`, DeadlineError and ClosedError.
        """
        async with self._answering(seconds):
            (opened,) = await self._articles.run([partial(open_article, text, self.pointer)])
            if len(opened.strings) > most:
                raise CrowdedError(len(opened.strings))
            pointed = await self.scheduler.run(opened.steps)
            (article,) = await self._articles.run([partial(assemble, opened, pointed, self.pointer.threshold)])
            answer = judged(article, await self.scheduler.predict(article.asked))
        self._metrics.article(len(article.quotes))
        return answer

    def close(self) -> None:
        """Let what is being read end and give the threads back; blocks for as long."""
        self._articles.close()
        self.scheduler.close()
        self.predictor.close()

    @asynccontextmanager
    async def _answering(self, seconds: float) -> AsyncIterator[None]:
        self.users += 1
        try:
            async with asyncio.timeout(seconds):
                yield
        except TimeoutError as error:
            raise DeadlineError from error
        finally:
            self.users -= 1
