# Everything a person or CI runs. One virtual environment; the stamps in it say how much of it is installed.
PYTHON ?= python3.11
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
RUN := runs/minilm
CONTRACT_SECONDS ?= 600

.DELETE_ON_ERROR:
.PHONY: serve test check fix train student pointer bench overload soak contract quantization-study bench-training lock clean

serve: $(VENV)/.serve  ## serve the bundled model on 127.0.0.1:$(PORT)
	$(BIN)/detente serve --port $(PORT)

test: check  ## all checks and tests
	$(BIN)/python -m pytest

check: $(VENV)/.dev  ## lint, formatting, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

fix: $(VENV)/.dev  ## mend what can be mended by machine
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

train: $(VENV)/.dev  ## train a model from the corpus alone; its bundle is runs/minilm/bundle
	$(BIN)/detente train configs/minilm.yaml --overwrite
	$(BIN)/detente export $(RUN) $(RUN)/bundle
	$(BIN)/detente evaluate $(RUN)/bundle $(RUN)/splits/test.jsonl --out $(RUN)/evaluation

student: $(VENV)/.dev  ## make the model that ships: copies of the corpora in POLNEAR, UNSCON, NEWSMTSC
	$(BIN)/detente corpus build runs/real.jsonl --polnear $(POLNEAR) --unscon $(UNSCON) --newsmtsc $(NEWSMTSC)
	$(BIN)/detente corpus texts runs/study/texts.jsonl --polnear $(POLNEAR) --unscon $(UNSCON) --newsmtsc $(NEWSMTSC)
	$(BIN)/detente study configs/study.yaml --real runs/real.jsonl --only '^(mpnet|student|student, rounded)$$'
	$(BIN)/detente export runs/study/runs/student-rounded-1 model/default

pointer: $(VENV)/.dev  ## make the pointer that ships: PolNeAR's quotes, one marked article a line, in ARTICLES
	$(BIN)/detente train configs/pointer.yaml --data $(ARTICLES) --overwrite
	$(BIN)/detente export runs/pointer model/pointer

bench: $(VENV)/.bench  ## the bundled model under MLPerf LoadGen, and its server as a process
	$(BIN)/detente bench --footprint --out runs/bench

overload: $(VENV)/.serve  ## a server of its own, offered up to three times the rate that it sustains
	$(BIN)/python -m serve.overload

contract: $(VENV)/.dev  ## ten minutes of made-up requests, each answer held against the OpenAPI document
	DETENTE_LOG_LEVEL=warning $(BIN)/detente serve --port $(PORT) & server=$$!; trap "kill $$server" EXIT; \
	$(BIN)/schemathesis --config-file tests/schemathesis.toml run http://127.0.0.1:$(PORT)/openapi.json \
		--wait-for-schema 60 --max-time $(CONTRACT_SECONDS)

soak: $(VENV)/.serve  ## a server of its own under mixed load; MINUTES=30
	$(BIN)/python -m serve.soak --minutes $(or $(MINUTES),30)

quantization-study: $(VENV)/.dev  ## ways to make the checkpoint in RUN int8, on its dev split; ROUNDED: a run trained rounded
	$(BIN)/python -m training.quantization_study $(RUN) $(ROUNDED)

bench-training: $(VENV)/.dev  ## one epoch against transformers.Trainer with its defaults
	$(BIN)/python -m training.benchmark configs/minilm.yaml

lock: $(VENV)/.dev  ## pin every dependency anew in constraints.txt
	$(BIN)/pip-compile --quiet --upgrade --extra train --extra bench --extra cluster --extra traces \
		--extra html --extra parquet --extra zstd --extra dev --strip-extras --no-header \
		--no-emit-index-url --no-emit-find-links \
		--no-annotate --output-file constraints.new pyproject.toml
	# A local build's suffix (+cpu) would pin everybody else to this machine's kind of wheel.
	sed 's/+[a-z0-9.]*$$//' constraints.new > constraints.txt && rm constraints.new

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.serve: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) --editable .
	touch $@

$(VENV)/.bench: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) --editable '.[bench]'
	touch $@ $(VENV)/.serve

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) --editable '.[train,bench,cluster,traces,html,parquet,zstd,dev]'
	touch $@ $(VENV)/.serve $(VENV)/.bench
