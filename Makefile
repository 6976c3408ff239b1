# Words for people: `make demo`, `make test`. Each sets up what it needs in .venv, nothing global.
PYTHON ?= $(shell for p in /usr/bin/python3 python3; do $$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test quick lint check bench wheel install clean

install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml requirements-dev.lock
	@test -n "$(PYTHON)" || { echo "error: no python3 >= 3.11 with venv found; apt-get install python3 python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

demo: install  ## serve an example through two dynos; Ctrl-C ends it
	$(BIN)/minipaas up examples/clean --formation web=2

test: install  ## everything, on two cores: most of it waits for processes
	$(BIN)/python -m pytest -n 2 --dist loadfile

quick: install  ## what needs no real processes
	$(BIN)/python -m pytest -m "not slow" -q

lint: install  ## style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

check: lint  ## lint and types
	$(BIN)/mypy

wheel: install  ## build the wheel, install it alone, and see that it finds its buildpacks
	rm -rf dist .venv-wheel
	$(BIN)/python -m hatchling build -t wheel
	$(PYTHON) -m venv .venv-wheel
	.venv-wheel/bin/pip install --quiet --disable-pip-version-check dist/*.whl
	cd / && "$(CURDIR)/.venv-wheel/bin/minipaas" version && "$(CURDIR)/.venv-wheel/bin/minipaas" buildpacks
	rm -rf .venv-wheel

bench: install  ## measure side by side with the peers; writes bench/README.md's table to the terminal
	$(BIN)/python -m bench

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache
