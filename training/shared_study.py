"""Whether one encoder can judge stances and point at speakers: trains one with both heads and scores it beside two.

`python -m training.shared_study RECIPE --articles TRAIN.jsonl --held DEV.jsonl --quotes corpus --quotes real.jsonl
--bundle model/default --pointer runs/pointer --out runs/shared`
"""

import argparse
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from sklearn.metrics import roc_auc_score

from model.articles.pointing import LABELS
from model.bundle import open_bundle
from model.predictor import Predictor
from model.quote import LabelledQuote
from model.stance import STANCES
from training.article_splits import ArticleSplits, divide_articles
from training.attribution_data import Article, read_articles
from training.batches import Example, collate
from training.checkpoint import logits_of, windows_of
from training.dataset import read_dataset
from training.encoder import Encoder, new_encoder, open_checkpoint
from training.epochs import Epochs
from training.metrics import macro_f1
from training.optimization import distillation
from training.pointer import PointerTask, pointing
from training.pointer_examples import PointerExample, PointerExamples
from training.recipe import Recipe, TrainRecipe, read_recipe
from training.runs import start_run
from training.splits import Splits, split_quotes
from training.trainer import run_task

_TEACHER = 0.7  # its weight against the labels'
_STANCES = TrainRecipe(consistency=0)


class SharedTask(PointerTask):
    """Learns both: a token's logits are a pointer's, and the first token's last three are a stance's.

    The bundle that ships teaches the stances, so that what is lost is lost by sharing.
    """

    def __init__(self, recipe: Recipe, articles: ArticleSplits, stances: Recipe, quotes: Splits) -> None:
        super().__init__(recipe, articles)
        self._teacher = new_encoder(stances)
        self._teacher.model.eval()
        widen(self.encoder, recipe.max_tokens)
        self._pad = int(self.encoder.model.config.pad_token_id or 0)
        self._epochs = Epochs(stances, quotes, self.encoder.tokenizer)
        self._judged = [quote for quote in quotes.dev if quote.corpus != "corpus"]
        self._stances = stances

    def examples(self, rng: random.Random) -> Sequence[Any]:
        """Return views and quotes, drawn anew."""
        return [*super().examples(rng), *self._epochs.examples(rng)]

    def loss(self, model: Any, examples: Sequence[Any], device: torch.device) -> tuple[torch.Tensor, int]:
        """Return the sum of what is lost on the batch's views and on its quotes."""
        views = [example for example in examples if isinstance(example, PointerExample)]
        quotes = [example for example in examples if isinstance(example, Example)]
        loss, tokens = super().loss(model, views, device) if views else (torch.zeros((), device=device), 0)
        if quotes:
            batch = collate(quotes, self._pad).to(device, self.encoder.inputs)
            logits = model(**batch.inputs).logits[:, 0, len(LABELS) :].float()
            with torch.no_grad():
                teacher = self._teacher.model(**batch.inputs).logits.float()
            loss = loss + (1 - _TEACHER) * torch.nn.functional.cross_entropy(logits, batch.labels)
            loss = loss + _TEACHER * distillation(logits, teacher, 1.0)
            tokens += batch.inputs["input_ids"].numel()
        return loss, tokens

    def score(self, model: Any, device: torch.device) -> float:
        """Return the mean of what both heads do on dev."""
        return (super().score(model, device) + stance_f1(self.encoder, self._stances, self._judged)) / 2


def widen(encoder: Encoder, positions: int) -> None:
    """Give a pointer's encoder three more logits a token, and the packaged one's positions where it has too few."""
    model: Any = encoder.model
    packaged: Any = new_encoder(Recipe(name="packaged")).model
    table = packaged.bert.embeddings.position_embeddings.weight.detach()[:positions].clone()
    known = model.bert.embeddings.position_embeddings.weight.detach()[:positions]
    table[: len(known)] = known
    model.bert.embeddings.position_embeddings = torch.nn.Embedding.from_pretrained(table, freeze=False)
    model.bert.embeddings.register_buffer("position_ids", torch.arange(positions)[None], persistent=False)
    model.bert.embeddings.register_buffer(
        "token_type_ids", torch.zeros((1, positions), dtype=torch.long), persistent=False
    )
    model.config.max_position_embeddings = positions
    model.classifier = torch.nn.Linear(model.config.hidden_size, len(LABELS) + len(STANCES))
    names = dict(enumerate((*LABELS, *STANCES)))
    model.config.update({"id2label": names, "label2id": {name: place for place, name in names.items()}})
    model.num_labels = len(names)


def stance_f1(encoder: Encoder, recipe: Recipe, quotes: Sequence[LabelledQuote]) -> float:
    """Return macro-F1 of the shared encoder's stances, first windows only."""
    windows = [read[0] for read in windows_of(encoder, recipe, [quote.quote for quote in quotes])]
    guesses = np.zeros(len(windows), dtype=np.int64)
    for i, logits in logits_of(encoder, windows):
        guesses[i] = int(logits[0, len(LABELS) :].argmax())
    return macro_f1([STANCES.index(quote.label) for quote in quotes], guesses, len(STANCES))


def pointing_figures(encoder: Encoder, recipe: Recipe, articles: Sequence[Article]) -> Mapping[str, float]:
    """Return what an encoder points at rightly in articles it has not seen: shares of their quotes, and an area."""
    examples = PointerExamples(articles, encoder.tokenizer, recipe.pointer).plain()
    source, cue, likely = pointing(encoder, examples)
    truth = [example.targets[0] for example in examples]
    return {
        "source overlaps": float(np.mean(source)),
        "cue overlaps": float(np.mean(cue)),
        "area under quote or none": float(roc_auc_score(truth, likely)),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, score, print."""
    parser = argparse.ArgumentParser(prog="python -m training.shared_study", description=__doc__)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--articles", required=True)
    parser.add_argument("--held", type=Path, required=True)
    parser.add_argument("--quotes", action="append", required=True)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--pointer", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=3)
    options = parser.parse_args(arguments)
    recipe = read_recipe(options.recipe).with_files([options.articles])
    train = recipe.train.model_copy(update={"epochs": options.epochs})
    recipe = recipe.model_copy(update={"name": "shared", "encoder": str(options.bundle), "train": train})
    stances = Recipe(name="stances", encoder=str(options.bundle), max_tokens=128, train=_STANCES)
    stances = stances.with_files(options.quotes)
    quotes = split_quotes(read_dataset(stances).quotes, stances)
    articles = divide_articles(recipe)
    run = start_run(options.out, recipe, articles, overwrite=True)
    run_task(recipe, lambda: SharedTask(recipe, articles, stances, quotes), run, resume=False)
    shared = open_checkpoint(run.checkpoint, recipe.max_tokens, task=recipe.task)
    alone = open_checkpoint(options.pointer / "checkpoint", recipe.max_tokens, task=recipe.task)
    held = read_articles(options.held)
    real = [quote for quote in quotes.test if quote.corpus != "corpus"]
    with Predictor(open_bundle(options.bundle)) as predictor:
        said = [STANCES.index(answer.label) for answer in predictor.predict([quote.quote for quote in real])]
    table = Table("", "two bundles", "one encoder")
    truth = [STANCES.index(quote.label) for quote in real]
    both = macro_f1(truth, np.array(said), len(STANCES)), stance_f1(shared, stances, real)
    table.add_row(f"macro-F1 on {len(real)} real test quotes", *(f"{each:.3f}" for each in both))
    figures = [pointing_figures(encoder, recipe, held) for encoder in (alone, shared)]
    for name in figures[0]:
        table.add_row(name, *(f"{each[name]:.3f}" for each in figures))
    Console().print(table)


if __name__ == "__main__":
    main()
