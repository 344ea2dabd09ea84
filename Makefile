# Two commands matter: `make pipeline-run` and `make test`. A fresh machine needs Python 3.11 and make.
PYTHON ?= $(shell python3 -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null \
            && echo python3 || echo python3.11)
ENVIRONMENTS := $(PYTHON) pipelines/src/sentiment_pipelines/environments.py
BIN := var/envs
# Environments below var/ keep their bytecode, whatever the surroundings say: imports take half.
unexport PYTHONDONTWRITEBYTECODE
.DEFAULT_GOAL := help
.PHONY: help pipeline-run pipeline-plan watch schedule explore predict monitor runs history retrain-check rollback lineage trace reproduce study gc serve \
        ab-report ab-plan promote stop demo demo-retraining replay bento ui dashboard grafana \
        data data-add data-push data-pull data-checkout \
        label label-sample label-import label-agreement \
        images images-push base-image kind-up kind-load kind-status kind-down \
        text-spec schema-update test test-versions test-system test-images test-loop test-kind charts-test test-apiserver test-kills test-faults bench soak lint format compile component lock \
        versions-check bump release \
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
set = $(if $(2),--set '$(1)=$(2)')
overrides = $(call set,source,$(DATA)) $(call set,text_column,$(TEXT)) \
            $(call set,label_column,$(LABEL)) $(call set,rating_column,$(RATING)) \
            $(foreach s,$(SET),--set '$(s)') $(if $(ACCEPT),--set 'accept=$(ACCEPT)') \
            $(if $(POLICY),--set 'policy=$(POLICY)') $(if $(FORCE),--set 'force=$(FORCE)')
FRESH ?=
# Where the tasks run: process, docker (MEMORY=4g NETWORK=host), or kubeflow (CONF=kind), which is
# where they go after `make kind-up`; the variables in docs/runs.md say it for good.
BACKEND ?=
MEMORY ?=
NETWORK ?=
CONF ?=
DETACH ?=
backend = $(if $(BACKEND),--backend $(BACKEND)) $(if $(MEMORY),--memory $(MEMORY)) \
          $(if $(NETWORK),--network $(NETWORK)) $(if $(CONF),--conf "$(CONF)")

pipeline-run:  ## run what has changed: DATA= TEXT= LABEL= RATING= for your own file, FRESH=1, BACKEND=docker or kubeflow
	@$(ENVIRONMENTS) sync pipelines
	@$(BIN)/pipelines/bin/sentiment-pipelines run $(if $(FRESH),--fresh) $(if $(DETACH),--detach) \
	  $(backend) $(overrides)

pipeline-plan:  ## say what pipeline-run would reuse, what it would run and why
	@$(ENVIRONMENTS) sync pipelines
	@$(BIN)/pipelines/bin/sentiment-pipelines plan $(backend) $(overrides)

TERMINATE ?=
watch:  ## go on watching a run in a cluster: RUN=latest, TERMINATE=1 ends it
	@$(ENVIRONMENTS) sync pipelines
	@$(BIN)/pipelines/bin/sentiment-pipelines watch $(RUN) $(if $(TERMINATE),--terminate)

CRON ?=
OFF ?=
schedule:  ## have a cluster decide by the clock whether to retrain: CRON="0 3 * * *" CONF=kind, OFF=1 for no more
	@test -n "$(CRON)$(OFF)" || { echo "schedule: when? CRON=\"0 3 * * *\", or OFF=1" >&2; exit 2; }
	@$(ENVIRONMENTS) sync pipelines
	@$(BIN)/pipelines/bin/sentiment-pipelines schedule $(if $(OFF),--off,--cron "$(CRON)") \
	  $(if $(CONF),--conf "$(CONF)")

explore:  ## one page about the data: balance, telling words, doubtful labels: DATA= TEXT= RATING= as above
	@$(ENVIRONMENTS) sync pipelines
	@$(BIN)/pipelines/bin/sentiment-pipelines run --pipeline exploration $(backend) $(overrides)

INPUT ?=
OUTPUT ?=
ID ?=
REPLACE ?=
predict:  ## score many texts: INPUT=tickets.csv OUTPUT=scored.parquet TEXT=body ID=ticket, MODEL=DIR
	@test -n "$(INPUT)" -a -n "$(OUTPUT)" || { \
	  echo "predict: what, and where to? e.g. INPUT=tickets.csv OUTPUT=scored.parquet" >&2; exit 2; }
	@$(ENVIRONMENTS) sync pipelines
	@$(BIN)/pipelines/bin/sentiment-pipelines predict "$(INPUT)" "$(OUTPUT)" \
	  $(if $(TEXT),--text "$(TEXT)") $(if $(ID),--id "$(ID)") $(if $(MODEL),--model "$(MODEL)") \
	  $(if $(REPLACE),--replace) $(backend) $(foreach s,$(SET),--set '$(s)')

WINDOW ?= 24h
UNTIL ?=
ALARMS ?=
SHOW_TEXTS ?=
monitor:  ## drift, quality, what to do, on live traffic: WINDOW=24h UNTIL= LOG= ALARMS=FILE SHOW_TEXTS=1
	@$(ENVIRONMENTS) sync pipelines
	@$(BIN)/pipelines/bin/sentiment-pipelines monitor $(backend) --window "$(WINDOW)" --log "$(LOG)" \
	  $(if $(UNTIL),--until "$(UNTIL)") $(if $(ALARMS),--alarms '$(ALARMS)') $(if $(MODEL),--model "$(MODEL)") \
	  $(if $(SHOW_TEXTS),--show-texts)

COMPARE ?=
runs:  ## list the runs, or compare some: make runs COMPARE="latest latest~1"
	@$(ENVIRONMENTS) sync pipelines
	@$(BIN)/pipelines/bin/sentiment-pipelines runs $(if $(COMPARE),--compare $(COMPARE))

history:  ## the champions over time, and the story: promotions, retrainings, trials, who and why
	@$(ENVIRONMENTS) sync pipelines
	@$(BIN)/pipelines/bin/sentiment-pipelines promotions --story

ALERTS ?=
AGAIN ?=
DISCARD ?=
retrain-check:  ## decide whether to train anew, and do it: DRY_RUN=1 ALERTS=FILE|URL|- POLICY=FILE AGAIN="WHO: WHY"
	@$(ENVIRONMENTS) sync pipelines compare
	@$(BIN)/pipelines/bin/sentiment-pipelines retrain-check $(backend) --log "$(LOG)" \
	  $(if $(POLICY),--policy '$(POLICY)') $(if $(ALERTS),--alerts "$(ALERTS)") \
	  $(if $(AGAIN),--again "$(AGAIN)") $(if $(DISCARD),--discard "$(DISCARD)") $(if $(DRY_RUN),--dry-run)

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

REQUEST ?=
ROW ?=
VERSION ?=
JSON ?=
trace:  ## say what is behind an answer, or go back: REQUEST=ID:0 ROW=ID VERSION=3 DATA=FILE@REV SHOW_TEXTS=1 JSON=1
	@test -n "$(REQUEST)$(ROW)$(VERSION)$(DATA)" || { \
	  echo "trace: what? e.g. REQUEST=the answer's X-Request-Id, ROW=ID, VERSION=3, DATA=FILE@REV" >&2; exit 2; }
	@$(ENVIRONMENTS) sync pipelines ingest
	@$(BIN)/pipelines/bin/sentiment-pipelines trace --log "$(LOG)" \
	  $(if $(REQUEST),--request "$(REQUEST)",$(if $(ROW),--row "$(ROW)",$(if $(VERSION),--version \
	  "$(VERSION)",--data "$(DATA)"))) \
	  $(if $(SHOW_TEXTS),--show-texts) $(if $(PICTURE),--picture "$(PICTURE)") $(if $(JSON),--json)

RUN ?= latest
reproduce:  ## run a run again, apart from everything, and compare every digest: RUN=latest
	@$(ENVIRONMENTS) sync pipelines
	@$(BIN)/pipelines/bin/sentiment-pipelines reproduce $(RUN) $(backend)

SEEDS ?= 13 14 15 16 17
study:  ## train and judge under several seeds, with 95% intervals: SEEDS="13 14 15 16 17"
	@$(ENVIRONMENTS) sync pipelines
	@$(BIN)/pipelines/bin/sentiment-pipelines study --seeds $(SEEDS) $(overrides)

KEEP ?= 5
gc:  ## delete all but each pipeline's last KEEP=5 runs and what the champion stands on
	@$(ENVIRONMENTS) sync pipelines
	@$(BIN)/pipelines/bin/sentiment-pipelines gc --keep $(KEEP)

MODEL ?=
PORT ?= 3000
model = $(or $(MODEL),$$($(BIN)/pipelines/bin/sentiment-pipelines champion))

STATE = $(abspath $(or $(SENTIMENT_VAR),var))
EXPERIMENT ?=
VARIANT ?=
WITHDRAW ?=
serve:  ## serve the champion, and the next one from the moment it is pushed: PORT= MODEL=DIR EXPERIMENT=FILE
	@$(ENVIRONMENTS) sync serving-tensorflow
	@MLFLOW_TRACKING_URI="$${MLFLOW_TRACKING_URI:-sqlite:///$(STATE)/mlflow/mlflow.db}" \
	  exec $(BIN)/serving-tensorflow/bin/sentiment-serve run --port $(PORT) \
	  --model "$(or $(MODEL),models:/sentiment@champion)" --home "$(STATE)/bentoml" \
	  --request-log "$(STATE)/requests" $(if $(EXPERIMENT),--experiment "$(EXPERIMENT)" \
	  --also challenger=models:/sentiment@challenger)

SERVICE ?= http://127.0.0.1:$(PORT)
MONITOR ?=
dashboard:  ## show traffic, errors, drift and alerts of the service on a page: SERVICE=URL MONITOR=FILE
	@$(ENVIRONMENTS) sync pipelines
	@exec $(BIN)/pipelines/bin/sentiment-pipelines dashboard --service "$(SERVICE)" --log "$(LOG)" \
	  $(if $(MONITOR),--monitor "$(MONITOR)")

LOG ?= $(STATE)/requests
judged = $(STATE)/experiments/$(basename $(notdir $(EXPERIMENT)))
ab-report:  ## judge an experiment on live traffic, on whatever day: EXPERIMENT=FILE LOG=var/requests
	@test -n "$(EXPERIMENT)" || { echo "ab-report: which? EXPERIMENT=FILE" >&2; exit 2; }
	@$(ENVIRONMENTS) sync compare
	@$(BIN)/compare/bin/sentiment-compare --experiment "$(EXPERIMENT)" --log "$(LOG)" \
	  --out-comparison "$(judged)/comparison" --out-report "$(judged)/ab-report.html" \
	  --out-verdict "$(judged)/verdict"
	@echo "$$(cat "$(judged)/verdict"): $(judged)/ab-report.html"

PLAN ?= --baseline 0.78 --effect 0.02 --feedback-rate 0.1 --requests-per-day 5000 --weights 0.5,0.5
ab-plan:  ## how long an experiment will take: PLAN="--baseline 0.78 --effect 0.02 --feedback-rate 0.1 ..."
	@$(ENVIRONMENTS) sync compare
	@$(BIN)/compare/bin/python -m sentiment_compare.plan $(PLAN)

promote:  ## make an experiment's challenger the champion if it has earned it: EXPERIMENT=FILE
	@test -n "$(EXPERIMENT)" || { echo "promote: which? EXPERIMENT=FILE" >&2; exit 2; }
	@$(ENVIRONMENTS) sync pipelines compare
	@$(BIN)/pipelines/bin/sentiment-pipelines promote --experiment "$(EXPERIMENT)" --log "$(LOG)" \
	  $(if $(VARIANT),--variant "$(VARIANT)") $(if $(FORCE),--force "$(FORCE)")

stop:  ## stop an experiment's challenger, at once: EXPERIMENT=FILE REASON="calls refunds positive"
	@test -n "$(EXPERIMENT)" -a -n "$(REASON)" || { \
	  echo "stop: which, and why? EXPERIMENT=FILE REASON=WHY" >&2; exit 2; }
	@$(ENVIRONMENTS) sync pipelines
	@$(BIN)/pipelines/bin/sentiment-pipelines stop --experiment "$(EXPERIMENT)" --reason "$(REASON)" \
	  $(if $(VARIANT),--variant "$(VARIANT)") $(if $(WITHDRAW),--withdraw)

demo:  ## slow: two models, live traffic with feedback, verdict, promotion, rollback
	@$(ENVIRONMENTS) sync
	@$(PYTHON) -m tests.demo.live_experiment

SMALL ?=
demo-retraining:  ## slow: traffic changes, labels arrive late, a model learns it; then lies and a bad challenger
	@$(ENVIRONMENTS) sync
	@$(PYTHON) -m tests.demo.retraining_loop $(if $(SMALL),--small)

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

EXAMPLES ?= $(lastword $(sort $(wildcard $(or $(SENTIMENT_VAR),var)/runs/2*/tasks/*/ingest/examples)))
SCHEMA ?=
TIGHTEN ?=
WRITE ?=
schema-update:  ## propose a schema that fits the data, as a diff: SCHEMA=mine.pbtxt, WRITE=1 to write it
	@test -n "$(SCHEMA)" || { echo "schema-update: which file? e.g. SCHEMA=mine.pbtxt" >&2; exit 2; }
	@$(ENVIRONMENTS) sync validate
	@$(BIN)/validate/bin/python -m sentiment_validate.update --examples "$(EXAMPLES)" \
	  --schema "$(SCHEMA)" $(if $(TIGHTEN),--tighten) $(if $(WRITE),--write)

# --- versions of data ----------------------------------------------------------------------------
FILE ?=
REMOTE ?=
ENDPOINT ?=
REV ?=
data = $(BIN)/pipelines/bin/sentiment-pipelines data
data:  ## list the versions of your data, and which of them is here
	@$(ENVIRONMENTS) sync pipelines pipelines-data
	@$(data)

data-add:  ## keep a file as it is now: FILE=reviews.csv
	@$(ENVIRONMENTS) sync pipelines pipelines-data
	@$(data) add "$(FILE)"

data-push:  ## copy every version to a folder or bucket: REMOTE=s3://bucket/feedback ENDPOINT=URL
	@$(ENVIRONMENTS) sync pipelines pipelines-data
	@$(data) push $(if $(REMOTE),--remote "$(REMOTE)") $(if $(ENDPOINT),--endpoint "$(ENDPOINT)")

data-pull:  ## fetch the data that this commit names
	@$(ENVIRONMENTS) sync pipelines pipelines-data
	@$(data) pull

data-checkout:  ## go back to the data of a commit: REV=HEAD~3 FILE=data/reviews.csv
	@test -n "$(REV)" || { echo "data-checkout: to which commit? REV=HEAD~1" >&2; exit 2; }
	@$(ENVIRONMENTS) sync pipelines pipelines-data
	@$(data) checkout "$(REV)" $(FILE)

# --- labels by people ----------------------------------------------------------------------------
N ?= 200
BY ?=
LABELLERS ?=
label-sample: WINDOW = 7d
label-sample:  ## choose texts of live traffic to label: N=200 WINDOW=7d OUT=to-label.csv LABELLERS="anna ben"
	@$(ENVIRONMENTS) sync pipelines
	@$(BIN)/pipelines/bin/sentiment-pipelines label-sample --log "$(LOG)" --rows "$(N)" \
	  --window "$(WINDOW)" $(if $(UNTIL),--until "$(UNTIL)") $(if $(OUT),--out "$(OUT)") \
	  $(if $(MODEL),--model "$(MODEL)") $(foreach s,$(LABELLERS),--labeller "$(s)") $(if $(REPLACE),--replace)

label: PORT = 3002
label:  ## label them on a page of this machine: PORT=3002
	@$(ENVIRONMENTS) sync pipelines pipelines-data
	@exec $(BIN)/pipelines/bin/sentiment-pipelines label --port $(PORT)

label-import:  ## take in what somebody filled in: FILE=labelled.csv BY=anna, REPLACE=1 where they changed their mind
	@test -n "$(FILE)" -a -n "$(BY)" || { \
	  echo "label-import: what, and who labelled it? FILE=labelled.csv BY=anna" >&2; exit 2; }
	@$(ENVIRONMENTS) sync pipelines pipelines-data
	@$(BIN)/pipelines/bin/sentiment-pipelines label-import "$(FILE)" --by "$(BY)" $(if $(REPLACE),--replace)

label-agreement:  ## say how far the labellers agree, and who sees texts in which light
	@$(ENVIRONMENTS) sync pipelines
	@$(BIN)/pipelines/bin/sentiment-pipelines label-agreement

# --- check ---------------------------------------------------------------------------------------
JOBS ?= 2
test:  ## units, contracts, compile, one end-to-end run: no root, no Docker; JOBS=2 suites at once
	@$(ENVIRONMENTS) sync pipelines-ui batch_predict-beam
	@$(ENVIRONMENTS) test --jobs $(JOBS) --ignore=serving/tests/faults
	@$(ENVIRONMENTS) test pipelines --tests tests --ignore tests/system --ignore tests/kills \
	  --ignore tests/versions --ignore tests/images --ignore tests/loop --ignore tests/kind

test-system:  ## what needs system packages that .ci/run installs: a browser, Docker
	@$(ENVIRONMENTS) test pipelines --tests tests/system -rs

test-loop:  ## slow: the demonstration of retraining with fewer rows, and a real Prometheus in it
	@$(ENVIRONMENTS) sync
	@$(ENVIRONMENTS) test pipelines --tests tests/loop -rs

charts-test:  ## render every chart with every documented set of values; lint, schemas, pod security
	@$(ENVIRONMENTS) sync pipelines pipelines-ui charts
	@$(ENVIRONMENTS) test pipelines --tests charts/tests --ignore charts/tests/apiserver

test-apiserver:  ## slow: the charts on a real API server, which SENTIMENT_KUBE_APISERVER and _ETCD name
	@$(ENVIRONMENTS) sync pipelines charts
	@$(ENVIRONMENTS) test pipelines --tests charts/tests/apiserver -rs

test-kind:  ## slow: the real kind reads the cluster's configuration; needs kind and Docker
	@$(ENVIRONMENTS) sync pipelines
	@$(ENVIRONMENTS) test pipelines --tests tests/kind -v

test-images:  ## slow: every component's tests inside the image that ships, without network; each by itself
	@$(ENVIRONMENTS) sync pipelines
	@$(ENVIRONMENTS) test pipelines --tests tests/images -v -rs

test-kills:  ## slow: SIGKILL at every stage, and the next run goes on from there
	@$(ENVIRONMENTS) sync
	@$(ENVIRONMENTS) test pipelines --tests tests/kills -v

test-versions:  ## slow: versions of data by the real DVC, on disks and on a real S3 server
	@$(ENVIRONMENTS) sync pipelines pipelines-data
	@$(ENVIRONMENTS) test pipelines --tests tests/versions -v

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

# --- images --------------------------------------------------------------------------------------
IMAGES ?=
BASE ?=
RECORD ?=
MIRROR ?=
SECURITY_MIRROR ?=
images:  ## build the images that have changed: IMAGES="ingest push" BASE=python:3.11-slim-trixie
	@$(ENVIRONMENTS) sync pipelines
	@$(BIN)/pipelines/bin/sentiment-pipelines images $(if $(BASE),--base "$(BASE)") \
	  $(if $(RECORD),--record) $(IMAGES)

base-image:  ## make the base of the images from Debian's packages, without a registry: MIRROR=URL
	@$(ENVIRONMENTS) sync pipelines
	@$(BIN)/pipelines/bin/sentiment-pipelines base-image $(if $(MIRROR),--mirror "$(MIRROR)") \
	  $(if $(SECURITY_MIRROR),--security-mirror "$(SECURITY_MIRROR)")

REGISTRY ?=
DEV ?=
images-push:  ## push the built images: REGISTRY=registry.example.com/team IMAGES="ingest push" DEV=1
	@test -n "$(REGISTRY)" || { echo "images-push: where to? REGISTRY=registry.example.com/team" >&2; exit 2; }
	@$(ENVIRONMENTS) sync pipelines
	@$(BIN)/pipelines/bin/sentiment-pipelines images-push "$(REGISTRY)" $(if $(DEV),--dev) $(IMAGES)

# --- a cluster on this machine -------------------------------------------------------------------
kind-up:  ## make a cluster here, with Kubeflow Pipelines, MLflow and a registry; runs then go there
	@$(ENVIRONMENTS) sync pipelines
	@$(BIN)/pipelines/bin/sentiment-pipelines cluster up

kind-load:  ## build the images that have changed and push them to the cluster's registry: IMAGES=
	@$(ENVIRONMENTS) sync pipelines
	@$(BIN)/pipelines/bin/sentiment-pipelines cluster load $(IMAGES)

kind-status:  ## what of the cluster is up, its memory, where to look
	@$(ENVIRONMENTS) sync pipelines
	@$(BIN)/pipelines/bin/sentiment-pipelines cluster status

PURGE ?=
kind-down:  ## take the cluster away; its registry's images are kept, PURGE=1 deletes them too
	@$(ENVIRONMENTS) sync pipelines
	@$(BIN)/pipelines/bin/sentiment-pipelines cluster down $(if $(PURGE),--purge)

# --- change --------------------------------------------------------------------------------------
grafana:  ## write the chart's Grafana dashboards from charts/dashboards.py
	@$(PYTHON) -c 'from pipelines.src.sentiment_pipelines.environments import sync_test_tools as s; s()'
	@PYTHONPATH=$(BIN)/test-tools $(PYTHON) -m charts.dashboards

compile:  ## write component.yaml, README tables and compiled pipelines from the code
	@$(ENVIRONMENTS) sync pipelines
	@$(BIN)/pipelines/bin/sentiment-pipelines compile

NAME ?=
component:  ## scaffold a component: make component NAME=summarize
	@$(PYTHON) components/scaffold.py "$(NAME)"

ROOMS ?=
lock:  ## resolve dependencies anew, with hashes: ROOMS="ingest push", all if none is given
	@$(ENVIRONMENTS) lock $(ROOMS)

versions-check:  ## refuse what has changed under a released version, and too small a bump
	@$(ENVIRONMENTS) sync pipelines
	@$(BIN)/pipelines/bin/sentiment-pipelines releases check

PART ?= auto
NOTE ?=
bump:  ## raise versions, and those of all that contains them: ROOMS="ingest" NOTE="..." PART=auto
	@$(ENVIRONMENTS) sync pipelines
	@$(BIN)/pipelines/bin/sentiment-pipelines releases bump --part "$(PART)" --note "$(NOTE)" $(ROOMS)

DRY_RUN ?=
AT ?=
release:  ## record what is due; once that is committed, tag it: ROOMS="ingest" DRY_RUN=1
	@$(ENVIRONMENTS) sync pipelines
	@$(BIN)/pipelines/bin/sentiment-pipelines releases release $(if $(DRY_RUN),--dry-run) \
	  $(if $(AT),--at "$(AT)") $(ROOMS)

sizes:  ## size of every environment
	@$(ENVIRONMENTS) sizes

clean:  ## delete runs, registry and environments; downloads stay, so the next set-up works offline
	rm -rf var/runs var/reproductions var/studies var/checkpoints var/mlflow var/bentoml var/requests var/envs

clean-all:  ## delete all that was ever made here
	rm -rf var
