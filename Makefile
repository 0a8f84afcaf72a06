# make          set up .venv            make demo     mail flows in ./sandbox, no root, under a minute
# make check    format, lint, types, layers, unit tests    make test     all that a user's machine can run
# make bench    ours beside the distribution's Postfix      make run      the demo's instance, in the foreground

PYTHON ?= $(shell for p in /usr/bin/python3 python3; do $$p -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin

.PHONY: all check format lint types layers unit test test-all demo run bench clean
all: .venv/.ready

.venv/.ready: pyproject.toml
	@test -n "$(PYTHON)" || { echo "pymail needs Python 3.11 or later with venv (Debian: apt install python3-venv)" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check --use-pep517 -e '.[dev]'
	touch $@

check: .venv/.ready format lint types layers unit

format: .venv/.ready
	$(BIN)/ruff format --check -q pymail tests bench

lint: .venv/.ready
	$(BIN)/ruff check -q pymail tests bench

types: .venv/.ready
	$(BIN)/mypy

layers: .venv/.ready
	$(BIN)/lint-imports

unit: .venv/.ready
	$(BIN)/python -m pytest -n 2 tests/unit tests/meta

test: check
	$(BIN)/python -m pytest -n 2 tests/system tests/interop tests/fault

test-all: test

demo: .venv/.ready
	$(BIN)/python -m pymail.commands.pymail demo

run: .venv/.ready
	$(BIN)/python -m pymail.commands.pymail demo --foreground

bench: .venv/.ready
	$(BIN)/python -m bench.relay

clean:
	rm -rf sandbox .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build
