# Everything a person or CI runs. One virtual environment; the stamps in it say how much of it is installed.
PYTHON ?= python3.11
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
RUN := runs/minilm

.DELETE_ON_ERROR:
.PHONY: serve test check fix train bench bench-training lock clean

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

train: $(VENV)/.dev  ## train the default model from the corpus and put it into model/default
	$(BIN)/detente train configs/minilm.yaml --overwrite
	$(BIN)/detente export $(RUN) model/default
	$(BIN)/detente evaluate model/default $(RUN)/splits/test.jsonl --out $(RUN)/evaluation

bench: $(VENV)/.serve  ## rates, latency, start-up and memory of the bundled model
	$(BIN)/detente bench training/data/quotes.jsonl

bench-training: $(VENV)/.dev  ## one epoch against transformers.Trainer with its defaults
	$(BIN)/python -m training.benchmark configs/minilm.yaml

lock: $(VENV)/.dev  ## pin every dependency anew in constraints.txt
	$(BIN)/pip-compile --quiet --upgrade --all-extras --strip-extras --no-header --no-emit-index-url --no-emit-find-links \
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

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) --editable '.[train,dev]'
	touch $@ $(VENV)/.serve
