# make run and make test need only git, Python 3.11-3.13, make and a C++ compiler; each works first.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(not (3,11) <= sys.version_info[:2] < (3,14))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
SEASON := --from 2023-10-24 --to 2024-06-30

.PHONY: setup run dev test bench lint

setup: .venv/ready

.venv/ready: uv.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed; set PYTHON=/path/to/python3"; exit 1; }
	@echo "Python packages into .venv ($$($(PYTHON) --version)) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv sync --locked
	@touch $@

run: setup
	$(BIN)/nba-assets backfill --source simulated $(SEASON)
	@$(BIN)/nba-assets evaluate points $(SEASON)
	@echo "Look further: make dev (the asset graph in the browser) · $(BIN)/nba-assets status · $(BIN)/nba-assets sql 'SELECT * FROM nba_predictions.v_ml_model_results LIMIT 20'"

dev: setup
	$(BIN)/nba-assets dev

lint: setup
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports && $(BIN)/pyright

test: lint
	$(BIN)/pytest -n 2 --dist loadgroup

bench: setup
	$(BIN)/pytest nba_assets_tests/benchmarks -o addopts="" -s
