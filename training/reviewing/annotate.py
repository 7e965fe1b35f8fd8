"""The loop in which a person labels a queue: show, read a key, save, go on."""

from collections.abc import Sequence

from training.reviewing.answers import Answers
from training.reviewing.keys import Read
from training.reviewing.queue import Item
from training.reviewing.screen import KEYS, Screen


class Annotation:
    """Where an annotator stands in a queue; what is answered in the file already is not asked again."""

    def __init__(self, items: Sequence[Item], answers: Answers, screen: Screen) -> None:
        self._items = {item.id: item for item in items}
        self._answers, self._screen = answers, screen
        self._past: list[str] = []  # of this sitting: answered or skipped
        self._skipped = set[str]()
        self._again: str | None = None

    @property
    def left(self) -> int:
        """How many quotes have no answer."""
        return sum(identity not in self._answers for identity in self._items)

    def run(self, read: Read) -> None:
        """Ask until the annotator stops, or has answered or skipped every quote and does not want one back."""
        while (item := self._next()) is not None or self._wants_back(read):
            if item is None:
                continue
            self._screen.ask(item, len(self._items) - self.left, len(self._items))
            key = self._key(read)
            if key in {None, "q"}:
                return
            if key == "z":
                self._undo()
                continue
            self._past.append(item.id)
            if key == "s":
                self._skipped.add(item.id)
            else:
                label = KEYS.get(key or "")
                self._answers.add(item, label)
                self._screen.answered(label)

    def _next(self) -> Item | None:
        if self._again is not None:
            identity, self._again = self._again, None
            return self._items[identity]
        still = (item for item in self._items.values() if item.id not in self._answers)
        return next((item for item in still if item.id not in self._skipped), None)

    def _key(self, read: Read) -> str | None:
        """Read keys until one says what to do."""
        while True:
            key = read()
            if key is None or key in {*KEYS, "u", "s", "z", "q"}:
                return key
            if key == "?":
                self._screen.help()
            else:
                self._screen.tell("no such key; ? tells which there are")

    def _wants_back(self, read: Read) -> bool:
        self._screen.tell("That was the last one. z takes it back, any other key ends.")
        return read() == "z" and self._undo()

    def _undo(self) -> bool:
        """Take back what was done last in this sitting, or the last answer of an earlier one; it is asked again."""
        identity = self._past.pop() if self._past else self._answers.last
        if identity not in self._items:
            self._screen.tell("nothing to undo")
            return False
        if identity in self._skipped:
            self._skipped.remove(identity)
        else:
            self._answers.drop(identity)
        self._again = identity
        return True
