# make reproduce [PROFILE=smoke]   the whole chain, from data to book
# make test                        all tests, the smoke pipeline among them
# make lint | book | environment
PYTHON ?= python3
PROFILE ?= default
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: environment reproduce test lint book

environment:
	@$(PYTHON) scripts/bootstrap.py

reproduce: environment
	renderfit reproduce --profile $(PROFILE)

test: environment
	renderfit reproduce --profile smoke
	pytest -n 2 --dist loadgroup tests

lint: environment
	ruff check .
	ruff format --check .
	mypy
	lint-imports

book: environment
	renderfit stage book
