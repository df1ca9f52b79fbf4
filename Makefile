# KEpol: every command sets up what it needs; a second call takes seconds.
SHELL := /bin/bash
PYTHON ?= python3
PORT ?= 8000
ARGS ?=
VENV := .venv/bin
TEMPLATES := $(wildcard templates $(shell find kepol stakeholders partnerships concept -type d -name templates 2>/dev/null))
LOCK := $(VENV)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	--no-emit-index-url --no-emit-find-links --cache-dir .cache/uv
export PYTHONUTF8 := 1
# The scripts of set-up and test lie beside the one that calls them all.
export PYTHONPATH := $(CURDIR)/.ci
unexport MAKEFLAGS

.DEFAULT_GOAL := help
.PHONY: help run install test check bench audit lock format demo-reset

help: ## zeigt diese Übersicht
	@echo "KEpol – make ZIEL"
	@sed -nE 's/^([a-z.-]+):.*## (.*)/  \1\t\2/p' Makefile | expand -t 16

run: ## richtet alles ein und startet KEpol auf 127.0.0.1 (PORT=8000)
	@$(PYTHON) -m tools.setup run
	@$(VENV)/python -m tools.serve $(PORT)

install: ## richtet nur ein, für den Betrieb (ohne .env, ohne Start)
	@$(PYTHON) -m tools.setup install

test: ## die Tests: alle auf SQLite, auf PostgreSQL was von der Datenbank abhängt (ARGS="-k …")
	@$(PYTHON) -m tools.setup test
	@$(VENV)/python -m tools.test $(ARGS)

check: ## Stil, Typen, Vorlagen, fehlende Migrationen, Einstellungen des Betriebs
	@$(PYTHON) -m tools.setup check
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/mypy
	$(if $(TEMPLATES),$(VENV)/djlint --lint --quiet $(TEMPLATES))
	$(VENV)/python -m tools.production makemigrations --check --dry-run
	$(VENV)/python -m tools.production check --deploy --fail-level WARNING

bench: ## misst die Geschwindigkeit
	@$(PYTHON) -m tools.setup check
	@$(VENV)/python -m tools.bench $(ARGS)

audit: ## die langen Prüfungen: lange Tests auf beiden Datenbanken, absichtliche Brüche
	@$(PYTHON) -m tools.setup test
	@$(VENV)/python -m tools.test --audit $(ARGS)
	@$(VENV)/python -m tools.breakages

format: ## bringt den Quelltext in Form
	@$(PYTHON) -m tools.setup check
	$(VENV)/ruff check --fix .
	$(VENV)/ruff format .

lock: ## schreibt die Listen der festgelegten Pakete neu
	@$(PYTHON) -m tools.setup check
	$(LOCK) requirements.in -o requirements.txt
	$(LOCK) -c requirements.txt requirements-dev.in -o requirements-dev.txt
	npm install --package-lock-only --silent --cache .cache/npm

demo-reset: ## löscht Datenbank und Dateien der Vorführung (nur mit DEMO=True)
	@$(VENV)/python -m tools.demo_reset

.env: ## legt .env mit einem zufälligen Schlüssel an
	@$(PYTHON) -m tools.setup env
