"""A pointer's checkpoint in, its bundle out: calibrated on dev, compared with the checkpoint, scored as served."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml
from pydantic import BaseModel, ConfigDict

from model.articles.attribution import Pointed
from model.articles.pointing import LABELS, LearnedPointer, read
from model.bundle import INT8_GRAPH, Bundle, Card, write_bundle
from model.errors import TrainingError
from model.session import Session
from training.article_splits import read_splits
from training.attributions import Report, score
from training.bundling import checkpoint_files, data_digest, graphs, library_versions
from training.calibrate import fit_temperature
from training.checkpoint import logits_of
from training.encoder import Encoder, open_checkpoint
from training.pointer_examples import PointerExample, PointerExamples
from training.runs import Run
from training.smoothing import QUOTES, note_wide


class PointerParity(BaseModel):
    """How the bundle's graph compares with the checkpoint on dev's strings: shares of the same answer."""

    model_config = ConfigDict(frozen=True)

    strings: int
    is_quote: float
    source: float
    cue: float
    largest_difference: float  # of any is_quote


@dataclass(frozen=True, slots=True)
class ExportedPointer:
    """The bundle that was written and what was measured on the way, on dev."""

    bundle: Bundle
    metrics: Report
    parity: PointerParity

    def summary(self) -> str:
        """Return size, parity and figures in a sentence."""
        size = sum(file.stat().st_size for file in self.bundle.path.rglob("*") if file.is_file())
        parity, metrics = self.parity, self.metrics
        return (
            f"{self.bundle.path}: {size / 1e6:.1f} MB; of {parity.strings} dev strings it agrees with the checkpoint "
            f"on {parity.is_quote:.2%} (quote or none), {parity.source:.2%} (source), {parity.cue:.2%} (cue); exact "
            f"F1 {metrics.f1.value:.3f}, speaker {metrics.speaker.value:.3f}, cue {metrics.cue.value:.3f} of all quotes"
        )


def export_pointer(run: Run, out: Path) -> ExportedPointer:
    """Write the run's checkpoint as a bundle. Raises TrainingError when it does not agree with the checkpoint."""
    recipe, splits = run.recipe, read_splits(run)
    encoder = open_checkpoint(run.checkpoint, recipe.max_tokens, task=recipe.task)
    examples = PointerExamples(splits.dev, encoder.tokenizer, recipe.pointer).plain()
    note_wide(encoder, [example.view.window for example in examples[:QUOTES]])
    files = checkpoint_files(run.checkpoint, encoder) | graphs(encoder, recipe.export)
    served = _said(Session(files[INT8_GRAPH]), examples)
    truth = np.array([example.targets[0] for example in examples])
    likely = np.array([answer.is_quote for answer in served])
    temperature = fit_temperature(np.stack([1 - likely, likely], axis=1), truth)
    card = Card(
        name=recipe.name,
        labels=LABELS,
        max_tokens=recipe.max_tokens,
        temperature=temperature,
        threshold=_threshold(_warmed(likely[truth == 1], temperature), recipe.pointer.recall),
        recipe=recipe.digest,
        data=data_digest(run),
        metrics={},
        versions=library_versions(),
    )
    parity = _compared(encoder, examples, served, recipe.export.agreement)
    with tempfile.TemporaryDirectory() as folder:
        pointer = LearnedPointer(write_bundle(Path(folder) / "draft", card, files))
        report = score(splits.dev, pointer, pointer.threshold)
    metrics = {
        "dev": report.model_dump(mode="json", exclude={"milliseconds"}),
        "parity": parity.model_dump(mode="json"),
    }
    card = card.model_copy(update={"metrics": metrics})
    files["README.md"] = _card(card, report, recipe.encoder).encode()
    return ExportedPointer(write_bundle(out, card, files), report, parity)


def _said(session: Session, examples: Sequence[PointerExample]) -> list[Pointed]:
    return [read(session.logits([each.view.window])[0], each.view, each.hint) for each in examples]


def _compared(
    encoder: Encoder, examples: Sequence[PointerExample], served: Sequence[Pointed], least: float
) -> PointerParity:
    expected: dict[int, Pointed] = {}
    for i, logits in logits_of(encoder, [example.view.window for example in examples]):
        expected[i] = read(logits.double().cpu().numpy(), examples[i].view, examples[i].hint)
    pairs = [(answer, expected[i]) for i, answer in enumerate(served)]
    parity = PointerParity(
        strings=len(pairs),
        is_quote=float(np.mean([(one.is_quote >= 0.5) == (other.is_quote >= 0.5) for one, other in pairs])),  # noqa: PLR2004
        source=float(np.mean([one.source == other.source for one, other in pairs])),
        cue=float(np.mean([one.cue == other.cue for one, other in pairs])),
        largest_difference=float(np.max([abs(one.is_quote - other.is_quote) for one, other in pairs])),
    )
    if min(parity.is_quote, parity.source, parity.cue) < least:
        raise TrainingError(
            f"int8 and checkpoint agree on {parity.is_quote:.4f} (quote or none), {parity.source:.4f} (source) and "
            f"{parity.cue:.4f} (cue) of dev's strings, the recipe asks for {least}: nothing was written. "
            "Train longer, or lower export.agreement"
        )
    return parity


def _warmed(likely: np.ndarray, temperature: float) -> np.ndarray:
    """Return probabilities as they are at a temperature."""
    logits = np.log(np.maximum(likely, 1e-12)) - np.log(np.maximum(1 - likely, 1e-12))
    return np.asarray(1 / (1 + np.exp(-logits / temperature)))


def _threshold(likely: np.ndarray, recall: float) -> float:
    """Return a threshold that lets the share `recall` of the quotes pass, halfway to the next quote below."""
    ordered = np.append(np.sort(likely)[::-1], 0.0)
    last = int(np.ceil(recall * len(likely)))
    return float(ordered[last - 1 : last + 1].mean())


def _card(card: Card, report: Report, encoder: str) -> str:
    """Return the model card."""
    front = yaml.safe_dump(
        {
            "language": "en",
            "license": "apache-2.0",
            "library_name": "onnxruntime",
            "pipeline_tag": "token-classification",
        },
        sort_keys=False,
    )
    rows = "\n".join(
        f"| {text} | {figure.value:.3f} | {figure.low:.3f} to {figure.high:.3f} |"
        for text, figure in (
            ("exact span F1 of quotes", report.f1),
            ("non-quotes left alone", report.alone),
            ("speaker right, of all quotes", report.speaker),
            ("cue overlaps, of all quotes", report.cue),
            ("person right, of the quotes with a name", report.person),
        )
    )
    return f"""---
{front}---
# {card.name}

Points at the words around a string in quotation marks that name its speaker and tell of the speaking, or says that the
string is nobody's words: a title, a nickname, a scare quote. Fine-tuned from `{encoder}` as a token classifier with the
labels {", ".join(card.labels)}. `detente article` and `POST /v1/article` use it.

It learned from English articles of political news that people had marked by hand (PolNeAR 1.0 for the bundled one; no
licence is stated for its texts, and none of them is in here). The names of people were exchanged at random in training.

On the {report.articles} articles of the dev split ({report.quotes} quotes, {report.non_quotes} strings that are none),
by which epoch and threshold ({card.threshold:.3f}) were chosen:

| | value | 95 % interval, articles resampled |
|---|---|---|
{rows}
"""
