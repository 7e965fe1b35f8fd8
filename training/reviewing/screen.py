"""What an annotator sees: a quote in its sentence, how far one has come, which keys there are, what the labels mean."""

from rich.console import Console
from rich.text import Text

from model.quote import SLOT, carrier_with_slot
from model.stance import Stance
from model.untrusted import has_controls
from training.reviewing.queue import Item

KEYS = {"c": Stance.CONCILIATORY, "h": Stance.HOSTILE, "n": Stance.NEUTRAL}
"""The keys of the labels."""

_HELP = """In these words, which way does the speaker move the relation with the other side?

  c  conciliatory  toward cooperation: offers or seeks talks, welcomes, thanks, praises, agrees, concedes, apologises,
                   reassures, pledges help, calls on all sides for calm
  h  hostile       toward conflict: accuses, blames, denounces, mocks, rejects, demands under pressure, threatens,
                   warns, announces a punishment
  n  neutral       neither: facts, schedules, procedure, analysis without a culprit, answers that commit to nothing,
                   something else altogether

Judge the words, not the fame of the speaker nor the topic. Irony counts as what is meant; a conditional follows its
consequence; a mixed quote follows its main move; a polite refusal is hostile, a gruff acceptance conciliatory.

  u  unsure: kept without a label   s  skip: comes again next time   z  undo   q  quit; every answer is saved"""


class Screen:
    """Prints below what is there, so that it can be scrolled back and piped."""

    def __init__(self, console: Console, *, show: bool) -> None:
        self._console, self._show = console, show

    def ask(self, item: Item, done: int, total: int) -> None:
        """Show a quote, and what the model says of it only if that was asked for."""
        self._console.rule(Text(f"{done + 1:,} of {total:,}", "dim"), style="dim")
        self._console.print(_in_its_sentence(item))
        if self._show:
            for line in item.hidden:
                self._console.print(Text(plain(line), "dim"))
        self.tell("c conciliatory  h hostile  n neutral  u unsure  s skip  z undo  ? help  q quit")

    def tell(self, line: str) -> None:
        """Say something about the work itself."""
        self._console.print(Text(line, "dim"))

    def answered(self, label: Stance | None) -> None:
        """Say what was saved."""
        self._console.print(Text(f"→ {'unsure' if label is None else label.value}", "bold"))

    def help(self) -> None:
        """Say what the labels mean."""
        self._console.print(Text(_HELP))


def plain(text: str) -> str:
    """Return a text on one line without what moves a terminal's cursor, clears it or turns text around."""
    return " ".join("".join(" " if has_controls(character) else character for character in text).split())


def _in_its_sentence(item: Item) -> Text:
    quote = Text(f"“{plain(item.quote.text)}”", "bold")
    carrier = carrier_with_slot(item.quote)
    if carrier is None:
        return quote
    before, _, after = plain(carrier).partition(SLOT)
    return Text.assemble(before, quote, after)
