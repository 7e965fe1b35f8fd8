"""Fine-tuned teachers in, lessons out: their logits for every version of what a student shall learn from."""

import contextlib
import json
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from model.errors import Interrupted, TrainingError
from model.files import digest
from model.quote import LabelledQuote, Quote
from training.checkpoint import answers_by_quote
from training.encoder import Encoder, has_bf16, open_checkpoint, to_device
from training.exchange import renamed_all
from training.interrupt import stopping
from training.lessons import Lesson, Version, header
from training.names import fill_all
from training.recipe import Recipe
from training.runs import Run

_CHUNK = 512  # quotes between two writes


def teach(runs: Sequence[Run], out: Path, *, fillings: int, texts: Sequence[Quote] = ()) -> int:
    """Write lessons on the runs' training quotes and on unlabelled texts; return how many there are.

    Each quote is read with and without its carrier and, where it holds slots or names, with `fillings` sets of names;
    the logits are the mean of all teachers'. Goes on where an interrupted run of the same teachers stopped. Raises
    TrainingError when the teachers were trained on different quotes or the unfinished file is others', and Interrupted
    when stopped by a signal.
    """
    recipe, quotes = runs[0].recipe, [*_shared_quotes(runs), *(LabelledQuote(text, "") for text in texts)]
    teachers = [open_checkpoint(run.checkpoint, recipe.max_tokens, run.recipe.pooling) for run in runs]
    for teacher in teachers:
        to_device(teacher)
    weights = [digest((run.checkpoint / "model.safetensors").read_bytes()) for run in runs]
    first = header(recipe.label_set, weights, fillings, digest("\n".join(text.text for text in texts).encode()))
    out.parent.mkdir(parents=True, exist_ok=True)
    unfinished = out.with_name(f"{out.name}.part")
    done = _take_up(unfinished, json.dumps(first))
    versions = _versions(quotes, fillings, recipe.seed)
    bar = tqdm(total=len(quotes), initial=done, desc="lessons", unit="quote", file=sys.stderr, disable=None)
    with unfinished.open("a", encoding="utf-8") as file, stopping() as stop, bar:
        for start in range(done, len(quotes), _CHUNK):
            places = range(start, min(start + _CHUNK, len(quotes)))
            told = iter(_logits(teachers, recipe, [quote for i in places for quote in versions[i]]))
            for i in places:
                lesson = Lesson(quotes[i].label or None, tuple(Version(quote, next(told)) for quote in versions[i]))
                file.write(json.dumps(lesson.to_row(), ensure_ascii=False) + "\n")
            file.flush()
            bar.update(len(places))
            if stop():
                raise Interrupted(
                    f"stopped after {places[-1] + 1:,} of {len(quotes):,} quotes; go on with the same command"
                )
    unfinished.replace(out)
    return len(quotes)


def _shared_quotes(runs: Sequence[Run]) -> tuple[LabelledQuote, ...]:
    """Return the quotes that all teachers were trained on; what one is tested on, another must not have learnt from."""
    first = runs[0]
    for run in runs[1:]:
        same = [[part.read_bytes() for part in _parts(each)] for each in (first, run)]
        if same[0] != same[1] or run.recipe.label_set != first.recipe.label_set:
            raise TrainingError(f"{run.folder}: was trained on other quotes or labels than {first.folder}")
    return first.split("train")


def _parts(run: Run) -> list[Path]:
    return [run.folder / "splits" / f"{name}.jsonl" for name in ("train", "dev", "test")]


def _take_up(path: Path, first: str) -> int:
    """Return how many lessons are there, after cutting off a half-written one; begin the file where there is none."""
    if not path.exists():
        path.write_text(first + "\n", encoding="utf-8")
        return 0
    whole = path.read_bytes()
    whole = whole[: whole.rfind(b"\n") + 1]
    if whole.split(b"\n", 1)[0].decode() != first:
        raise TrainingError(f"{path}: is the unfinished work of other teachers; delete it to start anew")
    path.write_bytes(whole)
    return whole.count(b"\n") - 1


def _versions(quotes: Sequence[LabelledQuote], fillings: int, seed: int) -> list[list[Quote]]:
    """Return all versions of each quote; dealt before the first is read, so that a resumed run deals the same."""
    filled = [list(fill_all(quotes, random.Random(f"{seed}-0")))]
    filled.extend(list(renamed_all(quotes, random.Random(f"{seed}-{i}"))) for i in range(1, fillings))
    return [list(_with_and_without(dict.fromkeys(each.quote for each in same))) for same in zip(*filled, strict=True)]


def _with_and_without(quotes: Iterator[Quote] | dict[Quote, None]) -> Iterator[Quote]:
    for quote in quotes:
        yield replace(quote, carrier=None)
        if quote.carrier is not None:
            yield quote


def _logits(teachers: Sequence[Encoder], recipe: Recipe, quotes: Sequence[Quote]) -> list[tuple[float, ...]]:
    """Return the teachers' mean logits of each quote; of a longer one, its windows' mean by tokens."""
    narrow = torch.autocast(teachers[0].model.device.type, torch.bfloat16) if has_bf16() else contextlib.nullcontext()
    with narrow:
        each = [answers_by_quote(teacher, recipe, quotes, torch.Tensor.float) for teacher in teachers]
    return [tuple(round(value, 3) for value in row) for row in np.mean(each, axis=0).tolist()]
