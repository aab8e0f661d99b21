# Two commands for a newcomer: `make demo` and `make test`. Everything they need they install into .venv.
PYTHON ?= python3

.PHONY: demo test check bench clean

demo: .venv/.runs
	.venv/bin/lutetia demo

test: .venv/.tests
	.venv/bin/python -m pytest -n logical

check: .venv/.tests
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/pyright
	.venv/bin/lint-imports

bench: .venv/.tests
	.venv/bin/python -m tests.benchmarks.build_speed

.venv/.runs: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --constraint constraints.txt --editable .
	touch $@

.venv/.tests: .venv/.runs
	.venv/bin/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

clean:
	rm -rf .venv lutetia-demo
