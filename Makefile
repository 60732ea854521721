# Everything that a person or a machine does with this checkout. `make` lists it.
#
# Needed: Python 3.11 or newer (with venv), make, a C library. Everything else comes from the locked
# requirements, each file checked against its hash. hatchling, which builds gofer itself, is locked
# too and installed first, so that pip need not fetch a build environment that no lock covers.

PYTHON ?= python3
VENV ?= .venv
ARGS ?=
JOBS ?= $(shell n=$$(getconf _NPROCESSORS_ONLN); echo $$((n < 8 ? n + 1 : 8)))
TASKS ?= 100000

BIN := $(VENV)/bin
SCRATCH := build/lock
PYTEST = $(BIN)/pytest --numprocesses=$(JOBS) --dist=loadfile --no-loadscope-reorder
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
UV_COMPILE = $(SCRATCH)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock'

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo up test unit integration e2e sim chaos soak fuzz bench coverage docs reference lint format lock build clean distclean

help: ## list what there is
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile
	@echo
	@echo "  PYTHON=python3.12 chooses another interpreter (before .venv exists), ARGS='...' adds arguments:"
	@echo "  make unit ARGS='-k task', make up ARGS='--workers 2'; JOBS=0 runs the tests one after another"

demo: $(VENV)/.run ## start everything, run real functions in all three modes, show what came back
	@$(BIN)/gofer demo $(ARGS)

up: $(VENV)/.run ## start API, dispatcher and workers and keep them running
	@$(BIN)/gofer up $(ARGS)

test: $(VENV)/.test ## run all tests: unit, integration, e2e; the first lines say which Redis server is used
	@$(PYTEST) $(ARGS)

unit: $(VENV)/.test ## run the unit tests: no server, no process, no clock
	@$(PYTEST) tests/unit $(ARGS)

integration: $(VENV)/.test ## run the integration tests: a real Redis, real ZeroMQ, real processes
	@$(PYTEST) tests/integration $(ARGS)

e2e: $(VENV)/.test ## run the end-to-end tests: the whole system, over HTTP
	@$(PYTEST) tests/e2e $(ARGS)

sim: $(VENV)/.test ## simulate seeds of faults: SEED=7 tells one's story, SEEDS=100000 runs many, BUGS=yes hunts planted bugs
	@$(BIN)/python -m tests.support.simulation $(if $(SEED),--seed $(SEED)) $(if $(SEEDS),--seeds $(SEEDS)) \
		$(if $(KIND),--kind $(KIND)) $(if $(FIRST),--first $(FIRST)) $(if $(BUGS),--bugs $(BUGS)) $(ARGS)

chaos: $(VENV)/.test ## kill and freeze parts under load and check the history; GOFER_CHAOS_SECONDS=600 for longer
	@$(BIN)/pytest tests/e2e/test_chaos.py $(ARGS)

soak: $(VENV)/.test ## run TASKS tasks (100000) through the whole system, see that nothing is left of them
	@GOFER_SOAK_TASKS=$(TASKS) $(BIN)/pytest -s tests/e2e/test_soak.py $(ARGS)

coverage: $(VENV)/.test ## run all tests and measure branch coverage (report in htmlcov/)
	@$(PYTEST) --cov --cov-report=term --cov-report=html $(ARGS)

fuzz: $(VENV)/.fuzz ## fuzz what takes bytes from strangers, guided by coverage: ARGS='inspector --seconds 300'
	@$(BIN)/python -m tests.fuzz.campaign $(ARGS)

bench: $(VENV)/.test ## measure gofer beside its peers: ARGS='--quick', ARGS='--only latency --peers huey --rounds 3'
	@$(BIN)/python -m benchmarks $(ARGS)

docs: $(VENV)/.docs ## build the documentation site into build/site; warnings are errors
	@$(BIN)/python -m tests.support.reference --site

reference: $(VENV)/.test ## write the pages of docs/ that are made from the code
	@$(BIN)/python -m tests.support.reference

lint: $(VENV)/.lint ## check style, types and the direction of imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy & mypy=$$!; $(BIN)/pyright; found=$$?; wait $$mypy && exit $$found

format: $(VENV)/.lint ## bring the code into the one format and mend what can be mended mechanically
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

build: $(VENV)/.test ## build the wheel and the sdist into dist/
	@$(BIN)/python -m build --no-isolation --outdir dist

lock: ## resolve all requirements anew, with hashes, for Python 3.11 and newer
	@$(PYTHON) -m venv $(SCRATCH)
	@$(SCRATCH)/bin/python -m pip install --quiet --disable-pip-version-check uv
	@printf 'hatchling>=1.27\n' | $(UV_COMPILE) --upgrade - -o requirements/build.txt
	@$(UV_COMPILE) --upgrade pyproject.toml -c requirements/build.txt -o requirements/run.txt
	@$(UV_COMPILE) --upgrade pyproject.toml -c requirements/build.txt -c requirements/run.txt \
		--extra test -o requirements/test.txt
	@$(UV_COMPILE) --upgrade pyproject.toml -c requirements/test.txt \
		--extra test --extra lint -o requirements/lint.txt
	@$(UV_COMPILE) --upgrade pyproject.toml -c requirements/test.txt \
		--extra test --extra fuzz -o requirements/fuzz.txt
	@$(UV_COMPILE) --upgrade pyproject.toml -c requirements/test.txt \
		--extra test --extra docs -o requirements/docs.txt
	@for peer in benchmarks/requirements/*.in; do $(UV_COMPILE) --upgrade $$peer -o $${peer%.in}.txt || exit 1; done
	@rm -rf $(SCRATCH)

clean: ## remove what tests, tools and builds have left
	rm -rf build dist htmlcov .coverage .coverage.* .hypothesis
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	find . -path ./$(VENV) -prune -o -name __pycache__ -type d -exec rm -rf {} +

distclean: clean ## remove the virtual environment too
	rm -rf $(VENV)

# A stamp says what the environment holds. The interpreter's age and its venv module are checked
# before anything is made, because what pip says about them later is hard to read.
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit( \
		f"gofer needs Python 3.11 or newer, and $(PYTHON) is {sys.version.split()[0]}.\n" \
		"Name another one: make PYTHON=python3.12 ...")'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make virtual environments: its venv or ensurepip module is missing." >&2; \
		echo "On Debian and Ubuntu: apt-get install python3-venv. Or: make PYTHON=/another/python3 ..." >&2; \
		exit 1; }
	@echo "making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.run: requirements/build.txt requirements/run.txt pyproject.toml | $(VENV)/.made
	@echo "installing what gofer needs to run"
	@$(PIP_INSTALL) --require-hashes -r requirements/build.txt -r requirements/run.txt
	@$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.test: requirements/test.txt $(VENV)/.run
	@echo "installing what the tests need"
	@$(PIP_INSTALL) --require-hashes -r requirements/test.txt
	@touch $@

$(VENV)/.lint: requirements/lint.txt $(VENV)/.test
	@echo "installing the linters and type checkers"
	@$(PIP_INSTALL) --require-hashes -r requirements/lint.txt
	@touch $@

$(VENV)/.fuzz: requirements/fuzz.txt $(VENV)/.test
	@echo "installing the fuzzer"
	@$(PIP_INSTALL) --require-hashes -r requirements/fuzz.txt
	@touch $@

$(VENV)/.docs: requirements/docs.txt $(VENV)/.test
	@echo "installing what builds the documentation"
	@$(PIP_INSTALL) --require-hashes -r requirements/docs.txt
	@touch $@
