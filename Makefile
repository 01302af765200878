# make reproduce [PROFILE=smoke]   the whole chain, from data to book
# make test                        all tests, the smoke pipeline among them
# make lint | book | pdf | environment
PYTHON ?= python3
PROFILE ?= default
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# without kept bytecode every worker process compiles torch anew: 3 s of CPU each
unexport PYTHONDONTWRITEBYTECODE

.PHONY: environment reproduce test lint book pdf

environment:
	@$(PYTHON) scripts/bootstrap.py

reproduce: environment
	renderfit reproduce --profile $(PROFILE)

test: environment
	pytest -n 2 --dist worksteal tests

lint: environment
	ruff check .
	ruff format --check .
	mypy
	lint-imports

book: environment
	renderfit stage book

pdf: environment
	renderfit book pdf
