# Everything a contributor needs; each verb sets up what it runs in. `make help` lists them.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

VENV := .venv
BIN := $(VENV)/bin

# The first Python 3.11 to 3.13 that starts; a pyenv shim can be on PATH and still not start.
ifeq ($(origin PYTHON),undefined)
PYTHON := $(shell for name in python3 python3.13 python3.12 python3.11 python; do \
	"$$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1 \
	&& { command -v "$$name"; break; }; done)
endif
NO_PYTHON = $(error No Python 3.11, 3.12 or 3.13 starts here; install one, or name it: make PYTHON=/path/to/python3.12)
ENVIRONMENT = $(if $(PYTHON),"$(PYTHON)" scripts/environment.py,$(NO_PYTHON))

# Threads of several trainings on the same cores wait for each other by spinning, and take ten times as long.
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1

# More arguments for pytest: make unit ARGS="-k gate -x"
ARGS ?=

# The end-to-end tests keep one process busy while the other runs the quick ones.
LONGEST_FIRST := tests/e2e tests/torture tests/plugins tests/dags tests/unit

.PHONY: help
help:  ## list the verbs
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup:  ## the environment in .venv, with everything at the versions of constraints.txt
	@$(ENVIRONMENT) setup

.PHONY: demo
demo: setup  ## play the lifecycle of 2013 through a real Airflow, then serve its UI (CI=true: exit)
	@$(BIN)/python -m demo

.PHONY: test
test: lint types imports browser  ## everything that must hold before a change lands
	$(BIN)/python -m pytest $(LONGEST_FIRST) -n 2 --cov --cov-report= $(ARGS)
	@$(MAKE) --no-print-directory coverage

.PHONY: unit
unit: setup  ## the quick tests
	$(BIN)/python -m pytest tests/unit tests/dags tests/plugins tests/torture -n 2 $(ARGS)

.PHONY: e2e
e2e: browser  ## the tests that start a real Airflow and a real browser
	$(BIN)/python -m pytest tests/e2e $(ARGS)

.PHONY: simulate
simulate: setup  ## how often chance misleads, on many samples; the quick tests look at the first few of them
	$(BIN)/python -m pytest tests/simulations -n 2 $(ARGS)

.PHONY: lint
lint: setup  ## style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

.PHONY: format
format: setup  ## mend style and formatting
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: types
types: setup  ## strict types
	$(BIN)/mypy

.PHONY: imports
imports: setup  ## the layers
	$(BIN)/lint-imports

.PHONY: coverage
coverage: setup  ## what the last `make test` covered; lifecycle and stores must have 95 % of their branches
	@$(BIN)/coverage report
	@$(BIN)/coverage report --include='*/windvane/lifecycle/*' --fail-under=95
	@$(BIN)/coverage report --include='*/windvane/stores/*' --fail-under=95

.PHONY: docs
docs: setup  ## the site of docs/ in build/site; a broken link fails
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build

.PHONY: bench
bench: setup  ## what it costs
	$(BIN)/python -m benchmarks

.PHONY: bench-check
bench-check: setup  ## whether care costs more than 15 % more than when it was last recorded
	$(BIN)/python -m benchmarks.care_cost --times 3 --check benchmarks/care_cost.json

.PHONY: torture
torture: setup  ## let everything fail that can, and count what held; it takes long
	$(BIN)/python -m tests.torture $(ARGS)

.PHONY: cluster
cluster: setup  ## all of docker-compose.yaml as processes of this machine, until Ctrl-C
	$(BIN)/python -m tests.cluster serve

.PHONY: cluster-demo
cluster-demo: setup  ## play flights on it while its parts fail, and compare with one process; some 15 minutes
	$(BIN)/python -m tests.cluster

.PHONY: drills
drills: setup  ## break what each runbook is about, and follow its commands on a cluster; some 20 minutes
	$(BIN)/python -m tests.cluster drills $(ARGS)

.PHONY: browser
browser: setup
	@$(ENVIRONMENT) browser

.PHONY: secrets
secrets:  ## .env for docker-compose.yaml, with a password and a key of its own for everything
	@$(if $(PYTHON),"$(PYTHON)" scripts/secrets_file.py,$(NO_PYTHON))

.PHONY: constraints
constraints: setup  ## resolve constraints.txt anew from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --upgrade --quiet \
		--strip-extras --no-annotate --no-header --no-emit-index-url --output-file constraints.txt

.PHONY: clean
clean:  ## remove what the verbs made, the environment included
	rm -rf $(VENV) .venv.lock .coverage .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
