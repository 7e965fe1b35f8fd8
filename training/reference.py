"""What the training quotes were like, for the bundle: made at export, or put into a bundle that has none yet.

    python -m training.reference BUNDLE QUOTES.jsonl…

writes the reference of labelled quotes into a bundle's manifest. All else stays, but the bundle gets another digest.
"""

import random
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from model.bundle import Bundle, Card, open_bundle, write_bundle
from model.errors import DataError, DetenteError
from model.quote import LabelledQuote
from model.reference import LENGTH_EDGES, Reference, count_lengths
from training.names import fill_all
from training.recipe import Recipe

_SEED = 0


def reference_of(quotes: Sequence[LabelledQuote], labels: Sequence[str]) -> Reference:
    """Return the shares of labelled quotes, by label and by the length of the text with names in its slots.

    Raises DataError for no quotes at all and for a label that is not among the labels.
    """
    if not quotes:
        raise DataError("no labelled quotes: a reference is made of those that the model was trained on")
    found = Counter(quote.label for quote in quotes)
    if unknown := sorted(set(found) - set(labels)):
        raise DataError(f"the bundle knows no label {', '.join(unknown)}; its labels are {', '.join(labels)}")
    lengths = count_lengths(len(quote.quote.text) for quote in fill_all(quotes, random.Random(_SEED)))
    return Reference(
        labels={label: found[label] / len(quotes) for label in labels},
        edges=LENGTH_EDGES,
        lengths=tuple(count / len(quotes) for count in lengths),
    )


def reseal(folder: Path, sources: Sequence[str]) -> Bundle:
    """Write the reference of labelled quotes into a bundle. Raises BundleError, DataError, and then changes nothing."""
    from training.dataset import read_dataset  # noqa: PLC0415, a stage: export, which imports this module, is another

    opened = open_bundle(folder)
    manifest = opened.manifest
    quotes = read_dataset(Recipe(name="reference", labels=manifest.labels).with_files(sources)).quotes
    card = Card(**{name: getattr(manifest, name) for name in Card.model_fields})
    card = card.model_copy(update={"reference": reference_of(quotes, manifest.labels)})
    return write_bundle(folder, card, {name: opened.read(name) for name in manifest.files})


def main(bundle: str, *sources: str) -> None:
    """Reseal a bundle and print its new digest."""
    try:
        print(reseal(Path(bundle), sources).digest)  # noqa: T201, the answer
    except DetenteError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main(*sys.argv[1:])
