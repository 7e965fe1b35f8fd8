"""A file of as many rows as one likes, made from the project's corpus: `python -m serve.labelling.million OUT`."""

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, NamedTuple

import typer

from serve.labelling.forms import FORMS
from serve.labelling.joining import join
from serve.labelling.kinds import kind_of
from serve.labelling.streams import packed
from serve.labelling.tables import Column

CORPUS = Path(__file__).parents[2] / "training" / "data" / "quotes.jsonl"

_SLOT = re.compile(r"\{(\w+)\}")
_JOINED = 0.2  # of the quotes have a second one behind them
_TOGETHER = 10_000  # rows made at a time
_DAYS = 3650
_FIRST = tuple("Amara Bekir Carla Dario Edita Farid Greta Henrik Iona Jovan Kamila Mirela Nadir Petar".split())  # noqa: SIM905
_LAST = tuple("Adler Bortnik Castan Dreyer Elmas Fontal Grabar Holmqvist Jansky Korda Marek Norell Osman".split())  # noqa: SIM905
_DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_VERBS = ("said", "told reporters", "wrote", "told parliament", "said in a statement", "told the radio")
_OUTLETS = ("Harbour Post", "Evening Ledger", "North Wire", "Valley Courier", "The Beacon", "Daily Meridian")
_COUNTRIES = {"Albania": "Albanian", "Chile": "Chilean", "Estonia": "Estonian", "Ghana": "Ghanaian", "Peru": "Peruvian"}
_NAMES: Mapping[str, Sequence[str]] = {
    "city": ("Arvika", "Bergamo", "Cuenca", "Durres", "Essen", "Fukuoka", "Gdansk"),
    "org": ("the United Nations", "the African Union", "the Red Cross", "the OSCE"),
    "company": ("Norvik Steel", "Castan Foods", "Blue Ridge Rail", "Halden Shipping"),
    "group": ("the Northern Front", "the Valley Brigade", "the Free Harbour Movement"),
    "other_leader": ("President Marek", "Prime Minister Osman", "Chancellor Adler"),
}


class Row(NamedTuple):
    """One row; a copy has the text and carrier of an earlier one, from another outlet on another day."""

    id: str
    text: str
    carrier: str
    outlet: str
    date: str


class Maker:
    """Makes rows by seed. The same seed and place give the same row, so nothing made needs to be kept."""

    def __init__(self, corpus: Path, seed: int) -> None:
        with corpus.open(encoding="utf-8") as file:
            texts = (json.loads(line)["text"] for line in file)
            # Texts that differ in their slots only could be filled to the same.
            self._texts = list({_SLOT.sub("", text): text for text in texts}.values())
        self._seed = seed

    @property
    def most(self) -> int:
        """How many quotes there are before one comes again."""
        return len(self._texts) * len(_FIRST) * len(_LAST) * len(_DAY_NAMES) * len(_VERBS)

    def quote(self, place: int) -> tuple[str, str]:
        """Return the text and the carrier of one of the quotes, all of which differ.

        Each round through the corpus has a speaker, day and verb of its own in the carriers.
        """
        turn, number = divmod(place, len(self._texts))
        rng = random.Random(f"{self._seed}-{place}")
        text = _filled(self._texts[number], rng)
        if rng.random() < _JOINED:
            text = f"{text} {_filled(rng.choice(self._texts), rng)}"
        turn, first = divmod(turn, len(_FIRST))
        turn, last = divmod(turn, len(_LAST))
        turn, day = divmod(turn, len(_DAY_NAMES))
        return text, f"[Q], {_FIRST[first]} {_LAST[last]} {_VERBS[turn]} on {_DAY_NAMES[day]}."

    def rows(self, count: int, copies: float) -> Iterator[Row]:
        """Yield rows; exactly floor(count x copies) of them are copies of an earlier row's quote."""
        new = 0
        for place in range(count):
            rng = random.Random(f"{self._seed}-row-{place}")
            again = new > 0 and int((place + 1) * copies) > int(place * copies)
            text, carrier = self.quote(rng.randrange(new) if again else new)
            new += not again
            day = date(2010, 1, 1) + timedelta(rng.randrange(_DAYS))
            yield Row(f"q{place:09d}", text, carrier, rng.choice(_OUTLETS), day.isoformat())


def _filled(text: str, rng: random.Random) -> str:
    """Put names into the slots of a text, one country a role."""
    roles = dict(zip(("self", "other", "third"), rng.sample(sorted(_COUNTRIES), 3), strict=True))

    def name(match: re.Match[str]) -> str:
        slot = match[1]
        country = roles.get(slot.removesuffix("_adj"))
        if country:
            return _COUNTRIES[country] if slot.endswith("_adj") else country
        return rng.choice(_NAMES[slot]) if slot in _NAMES else match[0]

    return _SLOT.sub(name, text)


def write_rows(rows: Iterator[Row], out: Path) -> int:
    """Write rows as the file's ending says and return how many there are. Raises DataError for an unknown ending."""
    kind = kind_of(out)
    form = FORMS[kind.format]
    names = [*Row._fields, "words"]
    count = 0
    with TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as folder:
        parts: list[Path] = []
        while some := list(islice(rows, _TOGETHER)):
            columns = dict(zip(Row._fields, zip(*some, strict=True), strict=True))
            words = Column(int, [len(row.text.split()) for row in some])
            parts.append(Path(folder) / str(len(parts)))
            parts[-1].write_bytes(packed(form.made(columns, {}).written({"words": words}), kind.packing))
            count += len(some)
        join(parts, out, kind, names)
    return count


def main(
    out: Annotated[Path, typer.Argument(help="File to write; its ending says how.", dir_okay=False)],
    rows: Annotated[int, typer.Option(min=1, help="How many.")] = 1_000_000,
    copies: Annotated[float, typer.Option(min=0, max=0.99, help="Share of rows whose quote came before.")] = 0.2,
    seed: Annotated[int, typer.Option(help="The same seed makes the same file.")] = 0,
) -> None:
    """Make a file of quotes to label, in columns id, text, carrier, outlet, date, words."""
    maker = Maker(CORPUS, seed)
    if rows > maker.most:
        raise typer.BadParameter(f"--rows {rows:,}: {maker.most:,} at most")
    typer.echo(f"{out}: {write_rows(maker.rows(rows, copies), out):,} rows")


if __name__ == "__main__":
    typer.run(main)
