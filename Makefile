# Two commands matter: `make demo` (the main job) and `make test`. Both set up .venv when it is missing or out of date.
PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: demo test check lint docs bench clean

demo: .venv/.demo
	$(BIN)/gan demo

test: .venv/.test
	$(BIN)/python -m pytest -n 2

check: test lint

lint: .venv/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The site, in docs/_build/html; a broken link or a missing reference entry ends the build.
docs: .venv/.docs
	$(BIN)/sphinx-build --fail-on-warning --keep-going --quiet -b html docs docs/_build/html

# Every benchmark's quick form, beside its peer and the last release; minutes on 2 cores.
bench: .venv/.bench
	$(BIN)/python -m benchmarks.bench

clean:
	rm -rf .venv docs/_build docs/auto_gallery

# The stamps are newer than what they were made from: nothing is installed twice.
.venv/.demo: pyproject.toml constraints.txt | .venv/.made
	@echo "installing into .venv (once)"
	@$(INSTALL) --editable '.[gan]'
	@touch $@

.venv/.test: pyproject.toml constraints.txt | .venv/.made
	@echo "installing into .venv (once)"
	@$(INSTALL) --editable '.[gan,test]'
	@touch $@ .venv/.demo

.venv/.docs: pyproject.toml constraints.txt | .venv/.made
	@echo "installing into .venv (once)"
	@$(INSTALL) --editable '.[gan,docs]'
	@touch $@ .venv/.demo

.venv/.bench: pyproject.toml constraints.txt | .venv/.made
	@echo "installing into .venv (once)"
	@$(INSTALL) --editable '.[gan,bench]'
	@touch $@ .venv/.demo

.venv/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or later is needed; name one with: make PYTHON=python3.12 ..."; exit 1; }
	@rm -rf .venv
	$(PYTHON) -m venv .venv
	@touch $@
