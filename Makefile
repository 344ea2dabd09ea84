# Two commands matter: `make pipeline-run` and `make test`. A fresh machine needs Python 3.11 and make.
PYTHON ?= $(shell python3 -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null \
            && echo python3 || echo python3.11)
ENVIRONMENTS := $(PYTHON) pipelines/src/sentiment_pipelines/environments.py
BIN := var/envs
.DEFAULT_GOAL := help
.PHONY: help pipeline-run serve bento ui test test-system bench lint format compile component lock \
        sizes text-spec clean clean-all

help:  ## show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo '  e.g. make pipeline-run DATA=reviews.csv TEXT=review RATING=stars SET="epochs=5 seed=7"'

# --- run -----------------------------------------------------------------------------------------
DATA ?=
TEXT ?=
LABEL ?=
RATING ?=
SET ?=
settings = $(if $(DATA),source=$(DATA)) $(if $(TEXT),text_column=$(TEXT)) \
           $(if $(LABEL),label_column=$(LABEL)) $(if $(RATING),rating_column=$(RATING)) $(SET)

pipeline-run:  ## run everything on this machine: DATA= TEXT= LABEL= RATING= for your own file
	@$(ENVIRONMENTS) sync pipelines
	@$(BIN)/pipelines/bin/sentiment-pipelines run $(foreach s,$(settings),--set '$(s)')

MODEL ?=
PORT ?= 3000
model = $(or $(MODEL),$$($(BIN)/pipelines/bin/sentiment-pipelines champion))

serve:  ## serve the pushed model on http://127.0.0.1:3000 (PORT=, or MODEL=a bundle's folder)
	@$(ENVIRONMENTS) sync pipelines serving-tensorflow
	@model="$(model)" && exec $(BIN)/serving-tensorflow/bin/sentiment-serve run --model "$$model" --port $(PORT)

bento:  ## build a Bento that contains the pushed model
	@$(ENVIRONMENTS) sync pipelines serving-tensorflow
	@model="$(model)" && exec $(BIN)/serving-tensorflow/bin/sentiment-serve build --model "$$model"

ui:  ## open MLflow's interface on http://127.0.0.1:5000: runs, metrics, registry
	@$(ENVIRONMENTS) sync pipelines
	@MLFLOW_DISABLE_TELEMETRY=true $(BIN)/pipelines/bin/mlflow ui \
	  --backend-store-uri "$${MLFLOW_TRACKING_URI:-sqlite:///$(CURDIR)/var/mlflow/mlflow.db}"

text-spec:  ## show what happens to a text, rule by rule: make text-spec TEXT="So goood :)"
	@$(ENVIRONMENTS) sync transform
	@$(BIN)/transform/bin/python -m sentiment_transform.explain "$(TEXT)"

# --- check ---------------------------------------------------------------------------------------
test:  ## units, contracts, compile, one end-to-end run: no root, no Docker
	@$(ENVIRONMENTS) test
	@$(ENVIRONMENTS) test pipelines --tests tests --ignore tests/system

test-system:  ## what needs system packages that .ci/run installs: a browser
	@$(ENVIRONMENTS) test pipelines --tests tests/system -rs

bench:  ## measure: ROOMS="transform pipelines", all if none is given
	@$(ENVIRONMENTS) bench $(ROOMS)

lint:  ## ruff, mypy, and who may import whom
	@$(ENVIRONMENTS) sync dev
	@$(BIN)/dev/bin/ruff check .
	@$(BIN)/dev/bin/ruff format --check .
	@$(BIN)/dev/bin/mypy
	@PYTHONPATH=$$(echo common/*/src components/*/src pipelines/src serving/src | tr ' ' ':') \
	  $(BIN)/dev/bin/lint-imports --no-cache

format:  ## let ruff format and fix
	@$(ENVIRONMENTS) sync dev
	@$(BIN)/dev/bin/ruff format .
	@$(BIN)/dev/bin/ruff check --fix .

# --- change --------------------------------------------------------------------------------------
compile:  ## write component.yaml, README tables and compiled pipelines from the code
	@$(ENVIRONMENTS) sync pipelines
	@$(BIN)/pipelines/bin/sentiment-pipelines compile

NAME ?=
component:  ## scaffold a component: make component NAME=summarize
	@$(PYTHON) components/scaffold.py "$(NAME)"

ROOMS ?=
lock:  ## resolve dependencies anew, with hashes: ROOMS="ingest push", all if none is given
	@$(ENVIRONMENTS) lock $(ROOMS)

sizes:  ## size of every environment
	@$(ENVIRONMENTS) sizes

clean:  ## delete runs, registry and environments; downloads stay, so the next set-up works offline
	rm -rf var/runs var/mlflow var/bentoml var/envs

clean-all:  ## delete all that was ever made here
	rm -rf var
