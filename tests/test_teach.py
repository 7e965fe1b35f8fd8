"""Teacher and student: lessons are whole, resumable, free of what is tested on, and a student learns from them."""

import json
import signal
import threading
from dataclasses import replace

import pytest
import torch

from model.encoding import Window
from model.errors import DataError, Interrupted, TrainingError
from model.files import digest
from model.quote import LabelledQuote, Quote
from training import teach as module
from training.batches import UNLABELLED, Example, collate
from training.finetune import finetune
from training.lessons import Lesson, Version, read_lessons
from training.optimization import distillation
from training.runs import start_run
from training.teach import teach


@pytest.fixture(scope="module")
def lessons(tiny_run, tmp_path_factory):
    path = tmp_path_factory.mktemp("lessons") / "lessons.jsonl"
    assert teach(tiny_run, path, fillings=2) == len(tiny_run.split("train"))
    return path


def student(recipe, path, **changes):
    train = {"lessons": str(path), "epochs": 1, "batch_tokens": 2048, **changes}
    return recipe.model_copy(update={"train": recipe.train.model_copy(update=train), "layers": 1})


def test_every_version_is_taught(lessons, tiny_recipe, tiny_splits):
    """A quote with slots is read with each set of names, one with a carrier with and without it."""
    read = read_lessons(student(tiny_recipe, lessons), tiny_splits)
    assert [lesson.label for lesson in read] == [quote.label for quote in tiny_splits.train]
    for lesson, quote in zip(read, tiny_splits.train, strict=True):
        names = 2 if "{" in f"{quote.quote.text}{quote.quote.carrier}" else 1
        assert len(lesson.versions) == names * (1 if quote.quote.carrier is None else 2)
        assert all(len(version.logits) == 3 for version in lesson.versions)


def test_stopped_teaching_goes_on(lessons, tiny_run, tmp_path, monkeypatch):
    """Stopped by a signal and cut in the middle of a line, it goes on and ends with the same file."""
    monkeypatch.setattr(module, "_CHUNK", 256)
    path = tmp_path / "lessons.jsonl"
    real = module._logits

    def stopped(*given):
        signal.raise_signal(signal.SIGINT)
        return real(*given)

    assert threading.current_thread() is threading.main_thread()
    monkeypatch.setattr(module, "_logits", stopped)
    with pytest.raises(Interrupted, match="stopped after 256 of"):
        teach(tiny_run, path, fillings=2)
    assert not path.exists()
    unfinished = tmp_path / "lessons.jsonl.part"
    unfinished.write_bytes(unfinished.read_bytes() + b'{"label": "hos')
    monkeypatch.setattr(module, "_logits", real)
    teach(tiny_run, path, fillings=2)
    # Other chunks make other batches, whose sums differ in the last digits.
    ours, theirs = (list(map(json.loads, each.read_text().splitlines())) for each in (path, lessons))
    assert len(ours) == len(theirs)
    for mine, other in zip(ours[1:], theirs[1:], strict=True):
        assert [version[:2] for version in mine["versions"]] == [version[:2] for version in other["versions"]]
        for one, two in zip(mine["versions"], other["versions"], strict=True):
            assert one[2] == pytest.approx(two[2], abs=0.1)


def test_another_teachers_work_is_kept(tiny_run, tmp_path):
    """Unfinished lessons of other weights or other fillings are not gone on with, nor overwritten."""
    unfinished = tmp_path / "lessons.jsonl.part"
    unfinished.write_text('{"labels": []}\n')
    with pytest.raises(TrainingError, match="another teacher"):
        teach(tiny_run, tmp_path / "lessons.jsonl", fillings=2)
    assert unfinished.read_text() == '{"labels": []}\n'


def test_student_learns_from_lessons(lessons, tiny_recipe, tiny_splits, tmp_path):
    """Trained on lessons alone (the teacher's word, no labels), a student ends elsewhere than one without."""
    ends = set()
    for name, changes in (("labels", {"lessons": None}), ("both", {}), ("teacher", {"distillation": 1.0})):
        recipe = student(tiny_recipe, lessons, **changes)
        run = start_run(tmp_path / name, recipe, tiny_splits, overwrite=False)
        metrics = finetune(recipe, tiny_splits, run)
        assert metrics["dev_macro_f1"] > 0.15
        ends.add(digest((run.checkpoint / "model.safetensors").read_bytes()))
    assert len(ends) == 3


def test_bad_lessons_are_told(lessons, tiny_recipe, tiny_splits, tmp_path):
    """No file, a broken one, other labels, and lessons on quotes of the dev split are errors."""
    with pytest.raises(DataError, match="detente teach"):
        read_lessons(student(tiny_recipe, tmp_path / "none.jsonl"), tiny_splits)
    (tmp_path / "broken.jsonl").write_text("{\n")
    with pytest.raises(DataError, match="no file of lessons"):
        read_lessons(student(tiny_recipe, tmp_path / "broken.jsonl"), tiny_splits)
    (tmp_path / "others.jsonl").write_text('{"labels": ["agree", "disagree"]}\n')
    with pytest.raises(DataError, match="the teacher's labels"):
        read_lessons(student(tiny_recipe, tmp_path / "others.jsonl"), tiny_splits)
    recipe = student(tiny_recipe, lessons)
    taught = read_lessons(recipe, tiny_splits)
    same = tuple(LabelledQuote(lesson.versions[0].quote, "neutral") for lesson in taught)
    with pytest.raises(DataError, match="dev or test"):
        read_lessons(recipe, replace(tiny_splits, dev=same))
    assert read_lessons(recipe, replace(tiny_splits, dev=same[:1])) == taught[1:]


def test_distillation_is_nothing_for_the_same_answers():
    """It is zero where student and teacher agree up to a constant, and positive elsewhere."""
    logits = torch.tensor([[2.0, -1.0, 0.5], [0.0, 0.0, 0.0]])
    assert float(distillation(logits, logits + 3, 2.0)) == pytest.approx(0, abs=1e-6)
    assert float(distillation(logits, -logits, 2.0)) > 0.1


def test_batches_carry_the_teachers_word():
    """Logits come along for twins too, and not at all where one example has none."""
    window = Window([1, 2], [0, 0], 2)
    taught = Example(window, UNLABELLED, window, (1.0, 2.0))
    batch = collate([taught], pad=0)
    assert batch.teacher is not None
    assert batch.teacher.tolist() == [[1.0, 2.0], [1.0, 2.0]]
    assert batch.labels.tolist() == [UNLABELLED, UNLABELLED]
    assert collate([taught, Example(window, 0)], pad=0).teacher is None


def test_lessons_without_a_label_come_back():
    """A lesson that nobody labelled is written with null."""
    row = Lesson(None, (Version(Quote("a"), (0.1, 0.2)),)).to_row()
    assert row == {"label": None, "versions": [["a", None, [0.1, 0.2]]]}
