# Two commands matter: `make pipeline-run` and `make test`. A fresh machine needs Python 3.11 and make.
PYTHON ?= $(shell python3 -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null \
            && echo python3 || echo python3.11)
ENVIRONMENTS := $(PYTHON) pipelines/src/sentiment_pipelines/environments.py
BIN := var/envs
# Environments below var/ keep their bytecode, whatever the surroundings say: imports take half.
unexport PYTHONDONTWRITEBYTECODE
.DEFAULT_GOAL := help
.PHONY: help pipeline-run pipeline-plan runs history rollback lineage reproduce study gc serve replay bento ui \
        text-spec schema-update test test-system test-kills test-faults bench soak lint format compile component lock \
        sizes clean clean-all

help:  ## show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo '  e.g. make pipeline-run DATA=reviews.csv TEXT=review RATING=stars SET="epochs=5 seed=7"'

# --- run -----------------------------------------------------------------------------------------
DATA ?=
TEXT ?=
LABEL ?=
RATING ?=
SET ?=
ACCEPT ?=
POLICY ?=
FORCE ?=
settings = $(if $(DATA),source=$(DATA)) $(if $(TEXT),text_column=$(TEXT)) \
           $(if $(LABEL),label_column=$(LABEL)) $(if $(RATING),rating_column=$(RATING)) $(SET)
overrides = $(foreach s,$(settings),--set '$(s)') $(if $(ACCEPT),--set 'accept=$(ACCEPT)') \
            $(if $(POLICY),--set 'policy=$(POLICY)') $(if $(FORCE),--set 'force=$(FORCE)')
FRESH ?=

pipeline-run:  ## run what has changed: DATA= TEXT= LABEL= RATING= for your own file, FRESH=1 for all
	@$(ENVIRONMENTS) sync pipelines
	@$(BIN)/pipelines/bin/sentiment-pipelines run $(if $(FRESH),--fresh) $(overrides)

pipeline-plan:  ## say what pipeline-run would reuse, what it would run and why
	@$(ENVIRONMENTS) sync pipelines
	@$(BIN)/pipelines/bin/sentiment-pipelines plan $(overrides)

COMPARE ?=
runs:  ## list the runs, or compare some: make runs COMPARE="latest latest~1"
	@$(ENVIRONMENTS) sync pipelines
	@$(BIN)/pipelines/bin/sentiment-pipelines runs $(if $(COMPARE),--compare $(COMPARE))

history:  ## list the champions over time: figures, runs, who promoted or withdrew them and why
	@$(ENVIRONMENTS) sync pipelines
	@$(BIN)/pipelines/bin/sentiment-pipelines promotions

TO ?=
REASON ?=
rollback:  ## go back to the champion before, or to a version: REASON="calls refunds positive" TO=3
	@test -n "$(REASON)" || { echo "rollback: why? e.g. REASON=\"calls refunds positive\"" >&2; exit 2; }
	@$(ENVIRONMENTS) sync pipelines
	@$(BIN)/pipelines/bin/sentiment-pipelines rollback $(if $(TO),--to "$(TO)") --reason "$(REASON)"

ARTIFACT ?=
PICTURE ?=
lineage:  ## trace an artifact or model to its sources: ARTIFACT=sentiment@champion PICTURE=chain.svg
	@$(ENVIRONMENTS) sync pipelines
	@$(BIN)/pipelines/bin/sentiment-pipelines lineage $(ARTIFACT) $(if $(PICTURE),--picture $(PICTURE))

RUN ?= latest
reproduce:  ## run a run again, apart from everything, and compare every digest: RUN=latest
	@$(ENVIRONMENTS) sync pipelines
	@$(BIN)/pipelines/bin/sentiment-pipelines reproduce $(RUN)

SEEDS ?= 13 14 15 16 17
study:  ## train and judge under several seeds, with 95% intervals: SEEDS="13 14 15 16 17"
	@$(ENVIRONMENTS) sync pipelines
	@$(BIN)/pipelines/bin/sentiment-pipelines study --seeds $(SEEDS) $(overrides)

KEEP ?= 5
gc:  ## delete all but the last KEEP=5 runs and what the champion stands on
	@$(ENVIRONMENTS) sync pipelines
	@$(BIN)/pipelines/bin/sentiment-pipelines gc --keep $(KEEP)

MODEL ?=
PORT ?= 3000
model = $(or $(MODEL),$$($(BIN)/pipelines/bin/sentiment-pipelines champion))

STATE = $(abspath $(or $(SENTIMENT_VAR),var))
serve:  ## serve the champion, and the next one from the moment it is pushed: PORT=3000, or MODEL=DIR
	@$(ENVIRONMENTS) sync serving-tensorflow
	@MLFLOW_TRACKING_URI="$${MLFLOW_TRACKING_URI:-sqlite:///$(STATE)/mlflow/mlflow.db}" \
	  exec $(BIN)/serving-tensorflow/bin/sentiment-serve run --port $(PORT) \
	  --model "$(or $(MODEL),models:/sentiment@champion)" --home "$(STATE)/bentoml" \
	  --request-log "$(STATE)/requests"

LOG ?= $(STATE)/requests
AGAINST ?=
OUT ?=
replay:  ## show where a model differs on logged requests: MODEL=DIR LOG=var/requests AGAINST=DIR OUT=FILE
	@$(ENVIRONMENTS) sync pipelines serving-tensorflow
	@model="$(model)" && $(BIN)/serving-tensorflow/bin/sentiment-serve replay --log "$(LOG)" \
	  --model "$$model" $(if $(AGAINST),--against "$(AGAINST)") $(if $(OUT),--out "$(OUT)")

bento:  ## build a Bento that contains the pushed model
	@$(ENVIRONMENTS) sync pipelines serving-tensorflow
	@model="$(model)" && exec $(BIN)/serving-tensorflow/bin/sentiment-serve build --model "$$model" \
	  --home "$(STATE)/bentoml"

ui:  ## open MLflow's interface on http://127.0.0.1:5000: runs, metrics, registry
	@$(ENVIRONMENTS) sync pipelines-ui
	@MLFLOW_DISABLE_TELEMETRY=true $(BIN)/pipelines-ui/bin/mlflow ui \
	  --backend-store-uri "$${MLFLOW_TRACKING_URI:-sqlite:///$(STATE)/mlflow/mlflow.db}"

text-spec:  ## show what happens to a text, rule by rule: make text-spec TEXT="So goood :)"
	@$(ENVIRONMENTS) sync transform
	@$(BIN)/transform/bin/python -m sentiment_transform.explain -- "$(TEXT)"

EXAMPLES ?= $(firstword $(wildcard $(or $(SENTIMENT_VAR),var)/runs/latest/tasks/*/ingest/examples))
SCHEMA ?=
TIGHTEN ?=
WRITE ?=
schema-update:  ## propose a schema that fits the data, as a diff: SCHEMA=mine.pbtxt, WRITE=1 to write it
	@test -n "$(SCHEMA)" || { echo "schema-update: which file? e.g. SCHEMA=mine.pbtxt" >&2; exit 2; }
	@$(ENVIRONMENTS) sync validate
	@$(BIN)/validate/bin/python -m sentiment_validate.update --examples "$(EXAMPLES)" \
	  --schema "$(SCHEMA)" $(if $(TIGHTEN),--tighten) $(if $(WRITE),--write)

# --- check ---------------------------------------------------------------------------------------
test:  ## units, contracts, compile, one end-to-end run: no root, no Docker
	@$(ENVIRONMENTS) sync pipelines-ui
	@$(ENVIRONMENTS) test --ignore=serving/tests/faults
	@$(ENVIRONMENTS) test pipelines --tests tests --ignore tests/system --ignore tests/kills

test-system:  ## what needs system packages that .ci/run installs: a browser, Docker
	@$(ENVIRONMENTS) test pipelines --tests tests/system -rs

test-kills:  ## slow: SIGKILL at every stage, and the next run goes on from there
	@$(ENVIRONMENTS) sync
	@$(ENVIRONMENTS) test pipelines --tests tests/kills -v

test-faults:  ## slow: overload, slow clients, full disk, signals, fuzzing, against the real service
	@$(ENVIRONMENTS) sync pipelines-ui
	@$(ENVIRONMENTS) test serving --tests serving/tests/faults -v
	@$(ENVIRONMENTS) test serving -m slow -v

MINUTES ?= 30
soak:  ## steady mixed load on the service; ends with 1 if memory, files or threads grow: MINUTES=30
	@$(ENVIRONMENTS) sync serving
	@$(BIN)/serving/bin/python serving/benchmarks/soak/soak.py --minutes $(MINUTES)

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
	rm -rf var/runs var/reproductions var/studies var/checkpoints var/mlflow var/bentoml var/requests var/envs

clean-all:  ## delete all that was ever made here
	rm -rf var
