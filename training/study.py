"""Makes the models of a study, each scored on the same sets; what has been done is not done again."""

import multiprocessing
import os
import random
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import torch

from model.errors import RecipeError
from model.files import write_whole
from training.baselines import BASELINES, Baseline
from training.checkpoint import answers_by_quote
from training.encoder import open_checkpoint, to_device
from training.finetune import finetune
from training.launch import new_run
from training.names import fill_all
from training.recipe import Recipe, read_recipe
from training.runs import Run, open_run
from training.splits import Splits
from training.studyplan import DEBATES, Job, Place, Row, Study, slug
from training.studyscores import Ask, Scores, compared, pooled, read_scores, score_sets, table, write_scores
from training.studysets import EvaluationSet, debate, evaluation_sets, leave_out, take
from training.teach import teach
from training.unlabelled import read_texts


def run_study(study: Study, jobs: Sequence[Job], place: Place, *, workers: int) -> None:
    """Train and score what has no scores yet, teachers first, so many at a time."""
    missing = [job for job in jobs if not place.scores(job).exists()]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _share_cores, (workers,)) as pool:
        for stage in range(3):
            chosen = [job for job in missing if job.row.stage == stage]
            for row in {job.row.name: job.row for job in chosen if job.row.lessons}.values():
                pool.submit(write_lessons, study, row, place).result()
            _wait([pool.submit(run_job, study, job, place) for job in chosen])


def _wait(futures: Sequence["Future[str]"]) -> None:
    for future in as_completed(futures):
        print(future.result(), flush=True)  # noqa: T201, a study reports as it goes


def _share_cores(workers: int) -> None:
    torch.set_num_threads(max(1, len(os.sched_getaffinity(0)) // workers))


def run_job(study: Study, job: Job, place: Place) -> str:
    """Train one model, score it, and return its scores in a line."""
    recipe = recipe_of(study, job, place)
    run, splits = _run(recipe, place.out / "runs" / job.name)
    if job.row.baseline is None:
        if not run.metrics.exists():
            finetune(recipe, splits, run)
        ask = _checkpoint(run)
    else:
        ask = _baseline(BASELINES[job.row.baseline], splits, recipe)
    scores = score_sets(ask, recipe.label_set, _sets(job, run, place), carriers=job.row.carriers)
    write_scores(scores, place.scores(job))
    return f"{job.name}: " + ", ".join(f"{name} {each.metrics.macro_f1:.4f}" for name, each in scores.items())


def _run(recipe: Recipe, folder: Path) -> tuple[Run, Splits]:
    if (folder / "metrics.json").exists():
        run = open_run(folder)
        return run, run.splits
    return new_run(recipe, folder, lambda _: None, overwrite=True)


def _checkpoint(run: Run) -> Ask:
    recipe = run.recipe
    encoder = open_checkpoint(run.checkpoint, recipe.max_tokens, recipe.pooling)
    to_device(encoder)
    return lambda quotes: answers_by_quote(encoder, recipe, quotes, lambda logits: torch.softmax(logits.double(), -1))


def _baseline(baseline: Baseline, splits: Splits, recipe: Recipe) -> Ask:
    train = list(fill_all(splits.train, random.Random(recipe.seed)))
    return lambda quotes: baseline(train, quotes, recipe.label_set)


def write_table(study: Study, place: Place) -> Path:
    """Write what has been scored as Markdown, place.out/table.md, and return where."""
    done = {row.name: _done(study, row, place) for row in study.rows}
    main = {row.name: done[row.name] for row in study.rows if row.data is not None and done[row.name]}
    own = {row.name: done[row.name] for row in study.rows if row.data is None and done[row.name]}
    lines = [*table(main), "", *table(own), ""]
    for row in study.rows:
        files = [place.scores(Job(row, study.seeds_of(row)[0], name)) for name in DEBATES if row.debates]
        if files and all(file.exists() for file in files):
            # The debate's own set is the last; a row on UNSCon's own marks has its dev part before it.
            whole = pooled([list(read_scores(file).values())[-1] for file in files])
            low, high = whole.metrics.interval
            lines.append(
                f"UNSCon, one debate left out, {row.name}: {whole.metrics.macro_f1:.3f} ({low:.3f} to {high:.3f})"
            )
    for first, second in study.compare:
        if done[first] and done[second]:
            lines.append(f"{first} against {second}, real test: {compared(done[first], done[second], 'real test')}")
    write_whole(place.out / "table.md", ("\n".join(lines) + "\n").encode())
    return place.out / "table.md"


def _done(study: Study, row: Row, place: Place) -> list[Mapping[str, Scores]]:
    files = [place.scores(Job(row, seed)) for seed in study.seeds_of(row)]
    return [read_scores(file) for file in files if file.exists()]


def recipe_of(study: Study, job: Job, place: Place) -> Recipe:
    """Return a job's recipe, its data written out."""
    config = job.row.config
    base = study.base if config is None else read_recipe(config).model_dump(mode="json")
    merged = _merged(base, job.row.recipe)
    merged = {"name": job.name, **merged, "seed": job.seed}
    file = place.out / "files" / f"{job.name}.jsonl"
    if job.row.data is not None:
        take(place.data, job.row.data, file, without=job.without)
    elif job.without:
        leave_out(_unscon(job, place), job.without, file)
    if job.row.data is not None or job.without:
        merged["data"] = {**merged.get("data", {}), "files": [str(file)]}
    if job.row.start is not None:
        first = study.row(job.row.start)
        merged["encoder"] = str(place.out / "runs" / Job(first, study.seeds_of(first)[0]).name / "checkpoint")
    if job.row.lessons is not None:
        merged["train"] = {**merged.get("train", {}), "lessons": str(_lessons_path(job.row, place))}
    return Recipe.model_validate(merged)


def write_lessons(study: Study, row: Row, place: Place) -> None:
    """Let a row's teachers write its lessons, where they are not there yet."""
    path = _lessons_path(row, place)
    if row.lessons is None or path.exists():
        return
    teachers = [study.row(name) for name in row.lessons.teachers]
    runs = [open_run(place.out / "runs" / Job(each, seed).name) for each in teachers for seed in study.seeds_of(each)]
    splits = runs[0].splits
    sources = [str(place.texts)] if row.lessons.texts else []
    texts = read_texts(sources, (*splits.dev, *splits.test), runs[0].recipe.data.near_duplicates)
    teach(runs, path, fillings=row.lessons.fillings, texts=texts.quotes)


def _lessons_path(row: Row, place: Place) -> Path:
    asked = row.lessons
    name = "-".join((*asked.teachers, str(asked.fillings), "texts" if asked.texts else "")) if asked else ""
    return place.out / "lessons" / f"{slug(name)}.jsonl"


def _merged(base: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in other.items():
        old = merged.get(key)
        merged[key] = _merged(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return merged


def _unscon(job: Job, place: Place) -> Path:
    if place.copies is None:
        raise RecipeError(f"{job.row.name}: leaving a debate out needs --copies, the folder with unscon_sents.jsonl")
    return place.copies / "unscon_sents.jsonl"


def _sets(job: Job, run: Run, place: Place) -> list[EvaluationSet]:
    if job.without and job.row.data is not None:
        return [debate(_unscon(job, place), job.without)]
    if job.row.data is None:
        return [EvaluationSet("own dev", run.split("dev")), EvaluationSet("own test", run.split("test"))]
    return list(evaluation_sets(place.data, place.copies))
