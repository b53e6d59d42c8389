# make run and make test need only git, Python 3.11-3.13, make and a C++ compiler; each works first.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(not (3,11) <= sys.version_info[:2] < (3,14))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
SEASON := --from 2023-10-24 --to 2024-06-30

.PHONY: setup tools run dev serve test soak bench lint

setup: .venv/ready

.venv/ready: uv.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed; set PYTHON=/path/to/python3"; exit 1; }
	@echo "Python packages into .venv ($$($(PYTHON) --version)) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv sync --locked
	@touch $@

# Real servers for tests, where a registry can be reached: the GoogleSQL analyser, and a BigQuery emulator in an environment of
# its own, because it holds DuckDB to another release. Tests of what is missing are skipped with the reason.
tools: setup .tools/zetasql .tools/bigquery .tools/cmdstan .tools/axe .tools/chromium

.tools/zetasql:
	@mkdir -p .tools
	@npm install --silent --no-fund --no-audit --prefix .tools @fivetrandevelopers/zetasql@1.13.0 && touch $@ || echo "no GoogleSQL analyser: its tests will be skipped"

.tools/bigquery:
	@mkdir -p .tools
	@$(BIN)/uv venv --quiet --clear .tools/bqemulator --python $(BIN)/python && \
	$(BIN)/uv pip install --quiet --python .tools/bqemulator/bin/python bqemulator==1.4.0 numpy duckdb==1.5.5 duckdb-extensions==1.5.5 duckdb-extension-spatial==1.5.5 && \
	HOME=$(CURDIR)/.tools/bqemulator .tools/bqemulator/bin/python -c "import duckdb_extensions; duckdb_extensions.import_extension('spatial')" && touch $@ || echo "no BigQuery emulator: its tests will be skipped"

# What the page is tested with: rules of accessibility, and a browser, which root can install on Debian.
.tools/axe:
	@mkdir -p .tools
	@npm install --silent --no-fund --no-audit --prefix .tools axe-core@4.11.0 && touch $@ || echo "no axe-core: tests of the page in a browser will be skipped"

.tools/chromium:
	@mkdir -p .tools
	@{ command -v chromium >/dev/null || { apt-get update -qq && apt-get install -y -qq chromium; } >/dev/null; } && touch $@ || echo "no Chromium: tests of the page in a browser will be skipped"

# Kept in the user's cache, so that it is built once a machine.
.tools/cmdstan:
	@mkdir -p .tools
	@$(BIN)/nba-assets setup-stan && touch $@ || echo "no CmdStan: tests of lineup models will be skipped"

run: setup
	$(BIN)/nba-assets backfill --source simulated $(SEASON)

dev: setup
	$(BIN)/nba-assets dev

serve: setup
	$(BIN)/nba-assets serve

lint: setup
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports && $(BIN)/pyright

test: lint tools
	$(BIN)/pytest -n 2 --dist loadgroup

# Many kills, and a week of a live home: what a test run of every day does a few times.
soak: setup tools
	NBA_ASSETS_WEEK_DAYS=7 $(BIN)/pytest nba_assets_tests/orchestration/test_live_week.py
	NBA_ASSETS_KILLS=60 $(BIN)/pytest -n 2 --dist loadgroup nba_assets_tests/orchestration/test_crashes.py nba_assets_tests/orchestration/test_locks.py

bench: setup
	$(BIN)/pytest nba_assets_tests/benchmarks -o addopts="" -s
