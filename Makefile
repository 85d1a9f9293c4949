# Every target is a thin call of tools/setup.py, which needs nothing but Python 3.11.
PYTHON ?= python3

.PHONY: help run test check bench bench-million format clean
help: ## Say what there is to make
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 24

run: ## Set everything up and serve the portal with its demo on http://127.0.0.1:5000
	@$(PYTHON) tools/setup.py run

test: ## Set everything up and run the tests, on SQLite and PostgreSQL
	@$(PYTHON) tools/setup.py test

check: ## Format, lint, types and tests
	@$(PYTHON) tools/setup.py check

bench: ## Print the speed of pages and PDFs as ratios measured in one run
	@$(PYTHON) tools/setup.py bench

bench-million: ## Lists, files, figures and cards over a million requests, two hours; ROWS=100000 for fewer
	@$(PYTHON) tools/setup.py bench-million $(if $(ROWS),--rows $(ROWS))

format: ## Put the code into its one form
	@$(PYTHON) tools/setup.py format

clean: ## Remove the virtual environment and caches; the data in instance/ stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis tests/_out
