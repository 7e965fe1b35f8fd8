"""Teacher and student: lessons are whole, resumable, free of what is tested on, and a student learns from them."""

import json
import random
import shutil
import signal
import threading
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file, save_file

from model.encoding import Window
from model.errors import DataError, Interrupted, TrainingError
from model.files import digest
from model.quote import LabelledQuote, Quote
from training import teach as module
from training.batches import UNLABELLED, Example, collate
from training.exchange import Exchange
from training.finetune import finetune
from training.lessons import Lesson, Version, read_lessons, to_lesson_examples
from training.names import read_names, slots_of
from training.optimization import distillation
from training.recipe import Recipe
from training.runs import Run, start_run
from training.teach import teach


@pytest.fixture(scope="module")
def lessons(tiny_run, tmp_path_factory):
    path = tmp_path_factory.mktemp("lessons") / "lessons.jsonl"
    assert teach([tiny_run], path, fillings=2) == len(tiny_run.split("train"))
    return path


@pytest.fixture
def two_runs(tiny_run, tmp_path):
    """A teacher of thirty quotes and one that differs by a constant: +1 on the first label, +2 on the second."""
    runs = [Run(shutil.copytree(tiny_run.folder, tmp_path / name)) for name in ("one", "two")]
    for run in runs:
        path = run.folder / "splits" / "train.jsonl"
        path.write_text("".join(path.read_text().splitlines(keepends=True)[:30]))
    path = runs[1].checkpoint / "model.safetensors"
    weights = load_file(path)
    weights["classifier.bias"] += torch.tensor([1.0, 2.0, 0.0])
    save_file(weights, path, metadata={"format": "pt"})
    return runs


def rows_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def student(recipe, path, **changes):
    train = {"lessons": str(path), "epochs": 1, "batch_tokens": 2048, **changes}
    return recipe.model_copy(update={"train": recipe.train.model_copy(update=train), "layers": 1})


def test_every_version_is_taught(lessons, tiny_recipe, tiny_splits):
    """A quote with slots is read with each set of names, one with a carrier with and without it."""
    read = read_lessons(student(tiny_recipe, lessons), tiny_splits)
    assert [lesson.label for lesson in read] == [quote.label for quote in tiny_splits.train]
    exchange = Exchange(read_names(), random.Random(0))
    for lesson, quote in zip(read, tiny_splits.train, strict=True):
        names = 2 if slots_of(quote.quote) or exchange.finds_in(quote.quote) else 1
        # Now and then the same name is drawn twice.
        assert len(lesson.versions) / (1 if quote.quote.carrier is None else 2) in {1, names}
        assert all(len(version.logits) == 3 for version in lesson.versions)
    assert max(len(lesson.versions) for lesson in read) == 4


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
        teach([tiny_run], path, fillings=2)
    assert not path.exists()
    unfinished = tmp_path / "lessons.jsonl.part"
    unfinished.write_bytes(unfinished.read_bytes() + b'{"label": "hos')
    monkeypatch.setattr(module, "_logits", real)
    teach([tiny_run], path, fillings=2)
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
    with pytest.raises(TrainingError, match="other teachers"):
        teach([tiny_run], tmp_path / "lessons.jsonl", fillings=2)
    assert unfinished.read_text() == '{"labels": []}\n'


def test_teachers_speak_with_one_voice(two_runs, tmp_path):
    """Two teachers' lessons hold the mean of their logits, and the header the weights of both."""
    alone, both = tmp_path / "alone.jsonl", tmp_path / "both.jsonl"
    assert teach(two_runs[:1], alone, fillings=1) == teach(two_runs, both, fillings=1) == 30
    (first, *ours), (first_of_both, *mean) = rows_of(alone), rows_of(both)
    assert first_of_both["teachers"][:1] == first["teachers"]
    assert len(set(first_of_both["teachers"])) == 2
    for one, other in zip(ours, mean, strict=True):
        for (*words, logits), (*same, middle) in zip(one["versions"], other["versions"], strict=True):
            assert same == words
            # bf16, where the machine has it, keeps three digits.
            expected = [value + half for value, half in zip(logits, (0.5, 1.0, 0.0), strict=True)]
            assert middle == pytest.approx(expected, abs=0.05)


@pytest.mark.parametrize("change", ["quotes", "labels"])
def test_teachers_of_other_data_are_refused(two_runs, tmp_path, change):
    """What one teacher learnt from may be another's dev split; and other labels can't be averaged."""
    other = two_runs[1].folder
    if change == "quotes":
        path = other / "splits" / "train.jsonl"
        path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    else:
        recipe = two_runs[1].recipe.model_copy(update={"labels": ("hostile", "neutral")})
        (other / "recipe.yaml").write_text(recipe.to_yaml())
    with pytest.raises(TrainingError, match="two: was trained on other quotes or labels than"):
        teach(two_runs, tmp_path / "lessons.jsonl", fillings=1)
    assert not (tmp_path / "lessons.jsonl.part").exists()


def test_unlabelled_texts_are_judged_too(two_runs, tmp_path):
    """They come behind the training quotes, without a label; the unfinished work on other texts is not gone on with."""
    path, texts = tmp_path / "lessons.jsonl", [Quote("The bridge opens in May."), Quote("Get out.", "[Q], he said.")]
    assert teach(two_runs[:1], path, fillings=1, texts=texts) == 32
    bridge, out = rows_of(path)[-2:]
    assert bridge["label"] is out["label"] is None
    assert [version[:2] for version in (*bridge["versions"], *out["versions"])] == [
        ["The bridge opens in May.", None], ["Get out.", None], ["Get out.", "[Q], he said."],
    ]  # fmt: skip
    path.rename(tmp_path / "lessons.jsonl.part")
    with pytest.raises(TrainingError, match="other teachers"):
        teach(two_runs[:1], path, fillings=1, texts=texts[:1])


def examples_of(lesson, **changes):
    """One epoch's examples of a lesson, and the quotes that were encoded for them."""
    asked: list[Quote] = []

    def encoded(quote):
        asked.append(quote)
        return [Window([len(asked)], [0], 1)]

    recipe = Recipe.model_validate({"name": "x", "train": {"carrier_dropout": 0, "consistency": 0, **changes}})
    return list(to_lesson_examples([lesson], recipe, encoded, random.Random(1))), asked


def test_a_lesson_becomes_an_example_of_one_version():
    """With its carrier where it has one that is not dropped; its label is its place, or none."""
    bare, carried = Version(Quote("We agree."), (3.0, 0.0, 0.0)), Version(Quote("We agree.", "[Q]!"), (1.0, 0.0, 0.0))
    (example,), asked = examples_of(Lesson("hostile", (bare, carried)))
    assert asked == [carried.quote]
    assert (example.label, example.teacher, example.twin) == (1, carried.logits, None)
    (example,), asked = examples_of(Lesson(None, (bare, carried)), carrier_dropout=1)
    assert asked == [bare.quote]
    assert (example.label, example.teacher) == (UNLABELLED, bare.logits)


def test_versions_with_other_names_are_to_agree():
    """Two of them make one example with its twin, under the mean of what was said of both."""
    versions = tuple(Version(Quote(f"{name} lies."), (value, 0.0, 1.0)) for name, value in (("Peru", 1.0), ("Oman", 2)))
    (example,), asked = examples_of(Lesson("hostile", versions), consistency=1)
    assert set(asked) == {version.quote for version in versions}
    assert example.twin is not None
    assert example.teacher == (1.5, 0.0, 1.0)


def test_lessons_are_disturbed_as_often_as_the_recipe_says():
    """Noise changes what the student reads, never what the teacher said of it."""
    version = Version(Quote("The minister complained about the neighbours."), (0.0, 1.0, 0.0))
    assert examples_of(Lesson("hostile", (version,)), noise=0)[1] == [version.quote]
    (example,), (read,) = examples_of(Lesson("hostile", (version,)), noise=1)
    assert read != version.quote
    assert example.teacher == version.logits


def test_student_learns_from_lessons(lessons, tiny_recipe, tiny_splits, tmp_path):
    """Trained on lessons alone (the teacher's word, no labels), a student ends elsewhere than one without."""
    ends = set()
    for name, changes in (("labels", {"lessons": None}), ("both", {}), ("teacher", {"distillation": 1.0})):
        recipe = student(tiny_recipe, lessons, **changes)
        run = start_run(tmp_path / name, recipe, tiny_splits, overwrite=False)
        finetune(recipe, tiny_splits, run)
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
