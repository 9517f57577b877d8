# The same commands for people and for continuous integration. `make help` lists them.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
OUT ?= out/demo
# Carriers by other people. Their own needs would pull in PyTorch and a second OpenCV; the parts used need neither.
CARRIERS := invisible-watermark==0.2.0 blind-watermark==0.4.4

.DEFAULT_GOAL := help
.PHONY: help demo test test-train check bench bench-main docs wheel clean

help: ## list the commands
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 22

demo: $(VENV)/.demo ## protect, tamper, verify and recover real photographs; writes out/demo/index.html
	$(BIN)/python bench/demo.py --output $(OUT)

test: $(VENV)/.test ## run the tests
	$(BIN)/python -m pytest

test-train: $(VENV)/.train ## run the tests of the training code (installs PyTorch)
	$(BIN)/python -m pytest train/tests tests/channel/adapters

check: $(VENV)/.check ## lint, types, generated docs, model card
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python docs/generate.py --check
	$(BIN)/python -m train.cards --check

bench: $(VENV)/.bench ## measure a small version of everything within 15 minutes; writes out/bench
	$(BIN)/python bench/small.py

bench-main: $(VENV)/.bench ## measure the main job and write docs/benchmark.md
	$(BIN)/python bench/main_job.py

docs: $(VENV)/.check ## regenerate the tables, the command-line reference and the model card
	$(BIN)/python docs/generate.py
	$(BIN)/python -m train.cards

wheel: $(VENV)/.check ## build the wheel and try it in an empty environment
	$(BIN)/python -m pip install --quiet build
	$(BIN)/python -m build --wheel
	bash tests/wheel_round_trip.sh

clean: ## remove everything that can be made again
	rm -rf $(VENV) out dist build

$(VENV)/.python:
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/.demo: $(VENV)/.python pyproject.toml
	$(BIN)/python -m pip install --quiet -e '.[demo]'
	touch $@

$(VENV)/.test: $(VENV)/.python pyproject.toml
	$(BIN)/python -m pip install --quiet -e '.[test]'
	$(BIN)/python -m pip install --quiet --no-deps $(CARRIERS)
	touch $@

$(VENV)/.check: $(VENV)/.python pyproject.toml
	$(BIN)/python -m pip install --quiet -e '.[test,check]'
	touch $@

$(VENV)/.train: $(VENV)/.python pyproject.toml
	$(BIN)/python -m pip install --quiet -e '.[test,train]'
	touch $@

$(VENV)/.bench: $(VENV)/.python pyproject.toml
	$(BIN)/python -m pip install --quiet -e '.[bench]'
	$(BIN)/python -m pip install --quiet --no-deps $(CARRIERS)
	touch $@
