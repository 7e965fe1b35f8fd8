"""Articles made by rule, marked as people mark them: enough for a pointer of one layer to learn something."""

import random
from typing import Any

from training.attribution_data import Article

_PEOPLE = (
    ("Ada", "Quill"), ("Bernard", "Marsh"), ("Clara", "Voss"), ("David", "Okoro"), ("Erika", "Lindholm"),
    ("Frank", "Tessier"), ("Greta", "Halloran"), ("Hugo", "Pereira"), ("Irene", "Castellan"), ("Jacob", "Stroud"),
)  # fmt: skip
_WORDS = (
    "We will meet them at the bridge tomorrow", "The harbour stays open for every ship", "Nobody has asked us about it",
    "They have broken their word again", "I am glad that the talks go on", "This road leads nowhere",
)  # fmt: skip
_TITLES = ("Evening Lantern", "Harvest of Stones", "Blue Monday", "Long Shadow")
_CUES = ("said", "told reporters", "added", "warned")


def made_articles(count: int, seed: int = 0) -> list[Article]:
    """Return articles with quotes before and behind their speakers, titles in marks and reported speech."""
    rng = random.Random(seed)
    return [Article.model_validate(_article(f"made_{number}", rng)) for number in range(count)]


class _Writer:
    def __init__(self) -> None:
        self.text = ""

    def put(self, words: str) -> tuple[int, int]:
        start = len(self.text)
        self.text += words
        return start, len(self.text)


def _article(name: str, rng: random.Random) -> dict[str, Any]:
    writer = _Writer()
    found: dict[str, list[Any]] = {"quotes": [], "non_quotes": [], "ignored": [], "indirect": []}
    for _ in range(4):
        kind = rng.choice(("behind", "before", "title", "indirect"))
        given, last = rng.choice(_PEOPLE)
        person, words, cue = f"{given} {last}", rng.choice(_WORDS), rng.choice(_CUES)
        if kind == "title":
            writer.put(f"{person} has seen the film “")
            start, end = writer.put(rng.choice(_TITLES))
            found["non_quotes"].append({"start": start, "end": end})
            writer.put("” three times this year.\n")
            continue
        places: dict[str, tuple[int, int]] = {}
        order = ("words", "cue", "speaker") if kind == "behind" else ("speaker", "cue", "words")
        for part in order:
            if part == "words":
                writer.put("“" if kind != "indirect" else " that ")
                places[part] = writer.put(f"{words}," if kind == "behind" else words)
                writer.put("” " if kind == "behind" else "")
            elif part == "cue":
                places[part] = writer.put(cue)
                writer.put(" " if kind == "behind" else ", " if kind == "before" else "")
            else:
                places[part] = writer.put(person)
                writer.put(" " if kind != "behind" else "")
        writer.put(".\n" if kind != "before" else ".”\n")
        marked = {
            "speaker_start": places["speaker"][0], "speaker_end": places["speaker"][1],
            "cue_start": places["cue"][0], "cue_end": places["cue"][1],
        }  # fmt: skip
        if kind == "indirect":
            found["indirect"].append({"spans": [places["words"]], **marked})
        else:
            start, end = places["words"]
            end += kind == "before"  # the full stop before the mark
            found["quotes"].append(
                {"start": start, "end": end, "speaker_text": person, "speaker_head": last, "cue": cue, **marked}
            )
    return {"id": name, "text": writer.text, **found}
