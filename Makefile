# `make` lists what there is. Everything installs into .venv, from requirements/, where each package is pinned and hashed.

PYTHON ?=
MEMBERS ?=
ARGS ?=
UV ?= uv
PY := .venv/bin/python
CORE := $(wildcard $(addprefix tests/,tlog sheet block covenant canonical money core test_*.py project/test_errors.py))

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup plot demo test lint coverage bench simulate vectors docs lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/run.stamp ## set up .venv with what mutualchain needs to run

plot: .venv/plot.stamp ## what draws charts as PNG too (mutualchain simulate --png)

demo: .venv/run.stamp ## five million members share one case, and one of them checks it (MEMBERS=100000: fewer)
	@.venv/bin/mutualchain demo $(if $(MEMBERS),--members $(MEMBERS)) $(ARGS)

test: .venv/test.stamp ## all tests (ARGS="-k receipt": some)
	@$(PY) -m pytest $(ARGS)

lint: .venv/test.stamp ## ruff, its formatter, and mypy --strict
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy src tests $(wildcard benchmarks)

coverage: .venv/test.stamp ## the core's tests, refusing less than every branch of it
	@$(PY) -m pytest --cov --cov-config=pyproject.toml $(CORE) $(ARGS)

bench: .venv/bench.stamp ## benchmarks, with the packages they compare with
	@$(PY) -m benchmarks $(ARGS)

simulate: .venv/test.stamp ## ledger, witnesses, members and a hostile network: 10,000 seeds (ARGS="--seed 17": one)
	@$(PY) -m tests.simulation $(if $(ARGS),$(ARGS),--seeds 10000)

vectors: .venv/test.stamp ## write the golden files in tests/golden again
	@$(PY) -m tests.golden

docs: .venv/test.stamp ## links, commands and words in the documents
	@$(PY) -m pytest tests/project/test_docs.py tests/project/test_words.py $(wildcard tests/docs)

lock: ## resolve requirements/ again, keeping what fits (needs uv; ARGS=--upgrade: the newest)
	@UV="$(UV)" ARGS="$(ARGS)" tools/lock.sh

clean: ## remove .venv and everything else that can be made again
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage build dist src/*.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A folder that was moved or copied together with its .venv would run the code of the old place.
ifneq ($(shell cat .venv/where 2>/dev/null),$(CURDIR))
.PHONY: .venv/run.stamp
endif

.venv/run.stamp: requirements/run.txt pyproject.toml tools/venv.sh
	@PYTHON="$(PYTHON)" tools/venv.sh run

.venv/test.stamp: .venv/run.stamp requirements/test.txt
	@tools/venv.sh test

.venv/plot.stamp: .venv/run.stamp requirements/plot.txt
	@tools/venv.sh plot

.venv/bench.stamp: .venv/run.stamp requirements/bench.txt
	@tools/venv.sh bench
