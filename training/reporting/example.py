"""A made-up corpus with known shares, to try a report with: `python -m training.reporting.example FOLDER`."""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from model.quote import LabelledQuote, Quote
from model.stance import STANCES
from training.names import fill_all
from training.readers import CORPUS_FILE, read_rows

_FIRST, _DAYS = date(2022, 1, 3), 1000
_DISPUTE = (date(2022, 12, 20), date(2023, 8, 20))  # in it a quarter of what is not hostile becomes so
_DOCUMENTS = 420
_SAMPLE = 300


@dataclass(frozen=True, slots=True)
class _Speaker:
    """An invented speaker: how often quoted, and the shares of their stances, in the order of STANCES."""

    name: str
    party: str
    weight: float
    shares: tuple[float, float, float]


_SPEAKERS = (
    _Speaker("Ilyas Omurov", "Valley Party", 10, (0.15, 0.60, 0.25)),
    _Speaker("Greta Adler", "Harbour List", 9, (0.50, 0.15, 0.35)),
    _Speaker("Nadir Castan", "Harbour List", 7, (0.30, 0.30, 0.40)),
    _Speaker("Petar Jansky", "Valley Party", 6, (0.10, 0.45, 0.45)),
    _Speaker("Edita Norell", "Ministry", 6, (0.20, 0.10, 0.70)),
    _Speaker("Amara Fontal", "Ministry", 4, (0.35, 0.25, 0.40)),
    _Speaker("Henrik Bortnik", "Northern Front", 4, (0.05, 0.75, 0.20)),
    _Speaker("Carla Elmas", "Valley Party", 3, (0.25, 0.35, 0.40)),
    _Speaker("Farid Grabar", "Ministry", 0.4, (0.30, 0.30, 0.40)),
    _Speaker("Iona Dreyer", "Harbour List", 0.3, (0.30, 0.30, 0.40)),
)


def rows(seed: int) -> list[dict[str, Any]]:
    """Make rows with id, text, carrier, speaker, party, date, article, and the corpus's label as `true_label`."""
    rng = random.Random(seed)
    corpus = [row for _, row in read_rows(str(CORPUS_FILE))]
    quotes = {stance: [row for row in corpus if row["label"] == stance] for stance in STANCES}
    told = [(quote, fields) for article in range(_DOCUMENTS) for quote, fields in _article(article, quotes, rng)]
    filled = fill_all([quote for quote, _ in told], rng)
    return [
        {
            "id": f"q{i:04}",
            "text": quote.quote.text,
            "carrier": quote.quote.carrier,
            **fields,
            "true_label": quote.label,
        }
        for i, (quote, (_, fields)) in enumerate(zip(filled, told, strict=True))
    ]


def _article(
    number: int, quotes: Mapping[str, Sequence[Mapping[str, Any]]], rng: random.Random
) -> Iterator[tuple[LabelledQuote, dict[str, str]]]:
    """Draw the one to eight quotes of an article."""
    day = _FIRST + timedelta(days=rng.randrange(_DAYS))
    for _ in range(rng.randint(1, 8)):
        speaker = rng.choices(_SPEAKERS, [each.weight for each in _SPEAKERS])[0]
        (stance,) = rng.choices(STANCES, speaker.shares)
        if _DISPUTE[0] <= day <= _DISPUTE[1] and rng.random() < 0.25:  # noqa: PLR2004
            stance = "hostile"
        row = rng.choice(quotes[stance])
        fields = {"speaker": speaker.name, "party": speaker.party, "date": day.isoformat(), "article": f"a{number:03}"}
        yield LabelledQuote(Quote(row["text"], row["carrier"]), stance), fields


def _main(folder: Annotated[Path, typer.Argument(file_okay=False)], seed: int = 5) -> None:
    """Write quotes.jsonl, and sample.jsonl: 300 of its rows as a person would label them."""
    folder.mkdir(parents=True, exist_ok=True)
    made = rows(seed)
    sample = random.Random(seed).sample(made, _SAMPLE)
    labelled = [{**row, "label": row["true_label"], "group": row["article"]} for row in sample]
    for name, those in (("quotes.jsonl", made), ("sample.jsonl", labelled)):
        (folder / name).write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in those), "utf-8")
        typer.echo(f"{folder / name}: {len(those):,} rows")


if __name__ == "__main__":
    typer.run(_main)
