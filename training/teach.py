"""A fine-tuned teacher in, lessons out: its logits for every version of the quotes that a student shall learn from."""

import contextlib
import json
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from tqdm import tqdm

from model.errors import Interrupted, TrainingError
from model.files import digest
from model.quote import LabelledQuote, Quote
from training.checkpoint import answers_by_quote
from training.encoder import Encoder, has_bf16, open_checkpoint
from training.interrupt import stopping
from training.lessons import Lesson, Version, header
from training.names import fill_all, slots_of
from training.recipe import Recipe
from training.runs import Run

_CHUNK = 512  # quotes between two writes


def teach(run: Run, out: Path, *, fillings: int) -> int:
    """Write lessons on the run's training quotes and return how many there are.

    Each quote is read with and without its carrier and, where it has slots, with `fillings` sets of names. Goes on
    where an interrupted run of the same teacher stopped. Raises TrainingError when the unfinished file is another's,
    and Interrupted when stopped by a signal.
    """
    recipe, quotes = run.recipe, run.split("train")
    encoder = open_checkpoint(run.checkpoint, recipe.max_tokens)
    encoder.model.eval().to("cuda" if torch.cuda.is_available() else "cpu")
    first = header(recipe.label_set, digest((run.checkpoint / "model.safetensors").read_bytes()), fillings)
    out.parent.mkdir(parents=True, exist_ok=True)
    unfinished = out.with_name(f"{out.name}.part")
    done = _take_up(unfinished, json.dumps(first))
    # All names are dealt before the first quote is read, so that a resumed run deals the same.
    filled = [list(fill_all(quotes, random.Random(f"{recipe.seed}-{i}"))) for i in range(fillings)]
    versions = [list(_versions(quote, [each[i].quote for each in filled])) for i, quote in enumerate(quotes)]
    bar = tqdm(total=len(quotes), initial=done, desc="lessons", unit="quote", file=sys.stderr, disable=None)
    with unfinished.open("a", encoding="utf-8") as file, stopping() as stop, bar:
        for start in range(done, len(quotes), _CHUNK):
            places = range(start, min(start + _CHUNK, len(quotes)))
            told = iter(_logits(encoder, recipe, [quote for i in places for quote in versions[i]]))
            for i in places:
                lesson = Lesson(quotes[i].label, tuple(Version(quote, next(told)) for quote in versions[i]))
                file.write(json.dumps(lesson.to_row(), ensure_ascii=False) + "\n")
            file.flush()
            bar.update(len(places))
            if stop():
                raise Interrupted(
                    f"stopped after {places[-1] + 1:,} of {len(quotes):,} quotes; go on with the same command"
                )
    unfinished.replace(out)
    return len(quotes)


def _take_up(path: Path, first: str) -> int:
    """Return how many lessons are there, after cutting off a half-written one; begin the file where there is none."""
    if not path.exists():
        path.write_text(first + "\n", encoding="utf-8")
        return 0
    whole = path.read_bytes()
    whole = whole[: whole.rfind(b"\n") + 1]
    if whole.split(b"\n", 1)[0].decode() != first:
        raise TrainingError(f"{path}: is the unfinished work of another teacher; delete it to start anew")
    path.write_bytes(whole)
    return whole.count(b"\n") - 1


def _versions(quote: LabelledQuote, filled: Sequence[Quote]) -> Iterator[Quote]:
    for each in filled if slots_of(quote.quote) else filled[:1]:
        yield replace(each, carrier=None)
        if each.carrier is not None:
            yield each


def _logits(encoder: Encoder, recipe: Recipe, quotes: Sequence[Quote]) -> list[tuple[float, ...]]:
    """Return the logits of each quote; of a longer one, its windows' mean by tokens."""
    narrow = torch.autocast(encoder.model.device.type, torch.bfloat16) if has_bf16() else contextlib.nullcontext()
    with narrow:
        logits = answers_by_quote(encoder, recipe, quotes, torch.Tensor.float)
    return [tuple(round(value, 4) for value in row) for row in logits.tolist()]
