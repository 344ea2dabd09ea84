"""The chart sentiment-retraining calls `retrain-check` as it is to be called."""

import argparse

import pytest

from charts.checks.rendering import CHARTS, Values, objects
from charts.checks.tools import ROOT
from sentiment_pipelines.commands import retraining

CHART = "sentiment-retraining"
SETS = [Values(CHART, "defaults")] + [
    Values(CHART, path.stem, (path,)) for path in sorted((CHARTS / CHART / "ci").glob("*.yaml"))
]


def job(found):
    (it,) = [it for it in found if it["kind"] == "CronJob"]
    return it["spec"]


def container(found):
    (it,) = job(found)["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    return it


@pytest.mark.parametrize("chosen", SETS, ids=str)
def test_its_command_line_is_understood(chosen):
    program, *arguments = container(objects(chosen))["command"]
    assert program == "sentiment-pipelines"
    parser = argparse.ArgumentParser()
    retraining.add(parser.add_subparsers())
    assert parser.parse_args(arguments).backend == "kubeflow"


@pytest.mark.parametrize("chosen", SETS, ids=str)
def test_its_cluster_is_one_that_is_described(chosen):
    given = {it["name"]: it.get("value") for it in container(objects(chosen))["env"]}
    if given["SENTIMENT_CONF"] != "/etc/sentiment/conf/conf.toml":
        assert (ROOT / "pipelines" / "conf" / f"{given['SENTIMENT_CONF']}.toml").is_file()


def test_one_check_runs_at_a_time_and_none_is_repeated_by_kubernetes():
    spec = job(objects(SETS[0]))
    assert spec["concurrencyPolicy"] == "Forbid"
    assert spec["jobTemplate"]["spec"]["backoffLimit"] == 0


def test_its_state_is_on_a_volume_that_outlives_the_release():
    found = objects(SETS[0])
    (claim,) = [it for it in found if it["kind"] == "PersistentVolumeClaim"]
    assert claim["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}
    given = {it["name"]: it.get("value") for it in container(found)["env"]}
    mounts = {it["mountPath"]: it["name"] for it in container(found)["volumeMounts"]}
    assert mounts[given["SENTIMENT_VAR"]] == "state"


def test_releases_of_several_teams_share_a_namespace_of_runs():
    role = next(it for it in objects(SETS[0]) if it["kind"] == "Role")
    assert role["metadata"]["namespace"] == "kubeflow"
    assert role["metadata"]["name"].startswith("shop-")
    verbs = {verb for rule in role["rules"] for verb in rule["verbs"]}
    assert verbs == {"get", "list"}
