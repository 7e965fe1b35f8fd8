"""One opened bundle at work: its predictor, and the scheduler that shares it among requests."""

from collections.abc import Sequence

from model.bundle import Bundle
from model.device import Device
from model.predictor import Predictor
from model.quote import Quote
from model.stance import Prediction
from serve.metrics import Metrics
from serve.scheduler import Scheduler


class Engine:
    """Answers for one bundle until it is closed; users counts the requests that it is answering."""

    def __init__(self, predictor: Predictor, metrics: Metrics) -> None:
        self.predictor = predictor
        self.scheduler = Scheduler(predictor, metrics)
        self.users = 0

    @property
    def bundle(self) -> Bundle:
        """The bundle that the answers come from."""
        return self.predictor.bundle

    @property
    def exact(self) -> bool:
        """Whether a quote always gets the same bits: one text a run, on a CPU."""
        return self.predictor.device is Device.CPU

    async def predict(self, quotes: Sequence[Quote], seconds: float) -> list[Prediction]:
        """Answer quotes in their order. Raises DeadlineError and ClosedError."""
        self.users += 1
        try:
            return await self.scheduler.predict(quotes, seconds)
        finally:
            self.users -= 1

    def close(self) -> None:
        """Let what is being read end and give the threads back; blocks for as long."""
        self.scheduler.close()
        self.predictor.close()
