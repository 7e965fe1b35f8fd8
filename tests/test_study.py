"""A study trains, teaches, scores and tells what came out; what has been done is not done again."""

import json
from pathlib import Path

import numpy as np
import pytest

from model.errors import RecipeError
from model.files import digest
from model.quote import LabelledQuote, Quote
from training.runs import open_run
from training.study import recipe_of, run_study, write_table
from training.studyplan import DEBATES, Job, Place, Study, jobs_of, read_study
from training.studyscores import score_sets, write_scores
from training.studysets import EvaluationSet, divide

LABELS = ("conciliatory", "hostile", "neutral")
DESCRIBED = """
base: {encoder: minilm, layers: 1, max_tokens: 64, train: {epochs: 1, batch_tokens: 4096, consistency: 0}}
seeds: [1]
rows:
  - name: Student, small
    data: {corpus: 60, polnear: 20, unscon: null}
    lessons: {teachers: [teacher], texts: true, fillings: 1}
    recipe: {train: {noise: 0.5}}
  - {name: teacher, seeds: [1, 2], data: {corpus: 60, polnear: 20, unscon: null}}
  - {name: left out, data: {corpus: 60, unscon: null}, debates: true, carriers: false}
  - {name: words, baseline: tfidf, data: {corpus: 60, polnear: 20, unscon: null}}
compare: [["Student, small", words]]
"""


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def real_row(number, source, group, split):
    label = LABELS[number % 3]
    return {
        "id": f"r{number}", "text": f"Village{number} and harbour{number} {label} mill{number}.", "carrier": None,
        "label": label, "group": group, "split": split, "source": source, "kind": "quote",
    }  # fmt: skip


@pytest.fixture(scope="module")
def described(tmp_path_factory):
    path = tmp_path_factory.mktemp("described") / "study.yaml"
    path.write_text(DESCRIBED)
    return read_study(path)


@pytest.fixture(scope="module")
def place(root, tmp_path_factory):
    """Two hundred quotes of the corpus, invented real ones, and what the evaluation sets are made from."""
    folder = tmp_path_factory.mktemp("study")
    speech = "UNSC_2014_SPV.7138_spch{:03}".format
    real = [
        *(real_row(i, "polnear", f"a{i // 3}", ("train", "train", "dev", "test")[i // 3 % 4]) for i in range(60)),
        *(real_row(i, "unscon", speech(i), "train") for i in range(60, 66)),
        *(real_row(i, "unscon", f"UNSC_2016_SPV.7658_spch{i:03}", "train") for i in range(66, 72)),
    ]
    write(folder / "unscon_sents.jsonl", [
        {"source_id": f"{speech(i)}_s0", "text": f"Delegation {i} spoke.", "binary_conflict": i % 2 == 0}
        for i in range(64, 74)
    ])  # fmt: skip
    write(folder / "newsmtsc_quotes.jsonl", [
        {"source_id": f"newsmtsc_x_1_{i}_y", "text": f"“Bad news {i},” she said.", "quote": [f"Bad news {i},"],
         "label": LABELS[i % 3]}
        for i in range(10)
    ])  # fmt: skip
    place = Place(folder / "out", folder)
    lines = (root / "training" / "data" / "quotes.jsonl").read_text().splitlines(keepends=True)
    (folder / "quotes.jsonl").write_text("".join(lines[:200]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("training.readers.CORPUS_FILE", folder / "quotes.jsonl")
        divide(write(folder / "real.jsonl", real), place.data)
    write(place.texts, [{"text": f"The ferry to island {i} was late again."} for i in range(5)])
    return place


@pytest.fixture(scope="module")
def jobs(described):
    """Every model of the study, of the row about debates one that has not seen the first."""
    return [job for job in jobs_of(described) if job.without == (DEBATES[0] if job.row.debates else "")]


@pytest.fixture(scope="module")
def done(described, jobs, place):
    run_study(described, jobs, place, workers=1)
    return place


def test_every_model_is_trained_and_scored(done, jobs):
    """A file of scores each, on the same sets; a row without carriers too."""
    for job in jobs:
        scores = json.loads(done.scores(job).read_text())
        sets = ["corpus test", "real dev", "real test", "NewsMTSC", "UNSCon"] if not job.without else [job.without]
        assert list(scores) == sets
        assert all(len(each["truth"]) == len(each["guesses"]) == each["metrics"]["quotes"] for each in scores.values())


def test_a_debate_is_left_out(done, jobs):
    """The model has not seen its speeches, is scored on them, and on no others."""
    (job,) = (job for job in jobs if job.without)
    assert job.name == "left-out-1-7138"
    speeches = [quote for quote in open_run(done.out / "runs" / job.name).split("train") if quote.corpus == "unscon"]
    assert {quote.quote.id for quote in speeches} == {f"r{i}" for i in range(66, 72)}
    (scores,) = json.loads(done.scores(job).read_text()).values()
    assert scores["metrics"]["labels"] == ["hostile", "neutral"]
    assert scores["metrics"]["quotes"] == 10


def test_the_student_learns_from_all_teachers(done):
    """Its lessons are of both seeds' weights, on their training quotes and the unlabelled texts."""
    path = done.out / "lessons" / "teacher-1-texts.jsonl"
    first, *lessons = map(json.loads, path.read_text().splitlines())
    runs = [open_run(done.out / "runs" / f"teacher-{seed}") for seed in (1, 2)]
    assert first["teachers"] == [digest((run.checkpoint / "model.safetensors").read_bytes()) for run in runs]
    assert len(lessons) == len(runs[0].split("train")) + 5
    assert open_run(done.out / "runs" / "student-small-1").recipe.train.lessons == str(path)


def test_what_is_done_is_not_done_again(done, described, jobs, capsys):
    """Scores stay as they are; where they are lost, the trained model is scored again and not trained."""
    lost = done.scores(jobs[0])
    before = {path: path.stat().st_mtime_ns for path in done.out.glob("**/*") if path.is_file() and path != lost}
    scores = lost.read_text()
    lost.unlink()
    run_study(described, jobs, done, workers=1)
    del before[done.out / "files" / f"{jobs[0].name}.jsonl"]  # written anew, the same
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert json.loads(lost.read_text()) == json.loads(scores)
    told = capsys.readouterr().out.splitlines()
    assert len(told) == 1
    assert told[0].startswith(f"{jobs[0].name}: corpus test 0.")


def test_the_table_has_a_line_a_row(done, described):
    """Seeds counted, and the comparison that was asked for; debates only when all of them are there."""
    table = write_table(described, done).read_text()
    assert "| teacher | 2 | " in table
    assert "| words | 1 | " in table
    assert "Student, small against words, real test: " in table
    assert "debate" not in table


def test_teachers_come_before_students(described):
    """Whatever the order in the file: a model a seed, and one a debate."""
    names = [job.name for job in jobs_of(described)]
    assert names[:3] == ["teacher-1", "teacher-2", "left-out-1"]
    assert names[-1] == "student-small-1"
    assert len(names) == 5 + len(DEBATES)


def test_a_row_changes_its_base_only_where_it_says_so(place, root):
    """Nested keys are put together; a row may start from another recipe, and then uses that one's data."""
    study = Study.model_validate(
        {
            "base": {"layers": 1, "train": {"epochs": 2, "noise": 0.1}},
            "rows": [
                {"name": "a", "recipe": {"train": {"noise": 0.3}}},
                {"name": "b", "config": root / "configs" / "tiny.yaml", "recipe": {"data": {"limit": 50}}},
            ],
        }
    )
    first, second = (recipe_of(study, Job(row, 7), place) for row in study.rows)
    assert (first.name, first.seed, first.layers, first.train.epochs, first.train.noise) == ("a-7", 7, 1, 2, 0.3)
    assert (second.data.limit, second.data.files, second.layers, second.train.epochs) == (50, ("corpus",), 2, 3)


@pytest.mark.parametrize("text", ["rows: []", "base: {}\nrows: [{name: a, epochs: 3}]", "base: [", ""])
def test_bad_studies_are_named(tmp_path, text):
    """A missing or unknown key, no YAML or nothing at all is an error with the file; so is a row that is not there."""
    (tmp_path / "study.yaml").write_text(text)
    with pytest.raises(RecipeError, match=r"study\.yaml: is no study"):
        read_study(tmp_path / "study.yaml")
    with pytest.raises(RecipeError, match=r"none\.yaml: is no study"):
        read_study(tmp_path / "none.yaml")
    with pytest.raises(RecipeError, match="the study has no row 'mpnet'"):
        Study(base={}, rows=()).row("mpnet")


def test_a_row_may_go_on_from_another(place):
    """It starts from the other's first model, and its turn comes after everything else."""
    study = Study.model_validate(
        {
            "base": {"encoder": "minilm"},
            "rows": [{"name": "second", "start": "first"}, {"name": "first", "seeds": [4, 5]}],
        }
    )
    jobs = jobs_of(study)
    assert [job.name for job in jobs] == ["first-4", "first-5", "second-1"]
    assert recipe_of(study, jobs[-1], place).encoder == str(place.out / "runs" / "first-4" / "checkpoint")


def test_unscon_can_be_learnt_by_its_own_marks(place):
    """A row without data that leaves debates out has a model a debate, and none of the whole."""
    row = {"name": "marks", "debates": True}
    study = Study.model_validate({"base": {"labels": ["conflict", "none"]}, "rows": [row]})
    jobs = jobs_of(study)
    assert [job.without for job in jobs] == list(DEBATES)
    (file,) = recipe_of(study, jobs[0], place).data.files
    splits = {json.loads(line)["split"] for line in Path(file).read_text().splitlines()}
    assert splits == {"test"}  # the copies hold speeches of one debate only
    with pytest.raises(RecipeError, match="leaving a debate out needs --copies"):
        recipe_of(study, jobs[0], Place(place.out))


def test_left_out_debates_are_pooled_without_their_dev_parts(tmp_path):
    """A model on UNSCon's own marks is scored on dev and test; only what was left out counts in the table."""
    row = {"name": "marks", "debates": True}
    study = Study.model_validate({"base": {"labels": ["conflict", "none"]}, "rows": [row]})
    quotes = tuple(LabelledQuote(Quote(f"Sentence {i}."), "conflict", f"speech{i}") for i in range(4))
    sets = [EvaluationSet("own dev", quotes), EvaluationSet("own test", quotes)]
    for job in jobs_of(study):
        # All of dev is right, all of test is wrong.
        scores = score_sets(lambda _: np.eye(2)[[0] * 4 + [1] * 4], ("conflict", "none"), sets, carriers=True)
        write_scores(scores, Place(tmp_path).scores(job))
    assert "one debate left out, marks: 0.000" in write_table(study, Place(tmp_path)).read_text()
