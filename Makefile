# make reproduce [PROFILE=smoke]   the whole chain, from data to book
# make test                        all tests, the smoke pipeline among them
# make lint | book | pdf | badges | environment
PYTHON ?= python3
PROFILE ?= default
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# without kept bytecode every worker process compiles torch anew: 3 s of CPU each
unexport PYTHONDONTWRITEBYTECODE

.PHONY: environment reproduce test lint book pdf badges

environment:
	@$(PYTHON) scripts/bootstrap.py

reproduce: environment
	renderfit reproduce --profile $(PROFILE)

# two workers of one thread each: torch and BLAS would else have two of them fight for two cores
test: environment
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 pytest -n 2 --dist worksteal tests

lint: environment
	ruff check .
	ruff format --check .
	mypy
	lint-imports

book: environment
	renderfit stage book

pdf: environment
	renderfit book pdf

# after a complete `make test`, which leaves its counts in build/
badges: environment
	cp build/tests.json tests/passed.json
	python -m renderfit.pipeline.readme
