"""The examples of who calls `retrain-check`: each is what its caller reads, and says what is so."""

import json
import re
import shlex

import botocore.session
import pytest
import yaml
from botocore.validate import ParamValidator

from sentiment_pipelines import cli
from sentiment_pipelines.environments import ROOT
from sentiment_pipelines.retraining import alerts

FOLDER = ROOT / "examples" / "triggers"
EVENT = {
    "account": "123456789012", "region": "eu-central-1",
    "detail": {
        "alarmName": "sentiment-accuracy",
        "state": {"value": "ALARM", "timestamp": "2026-11-23T10:00:00.123+0000"},
    },
}  # fmt: skip


def found(path):
    value = EVENT
    for name in path.removeprefix("$.").split("."):
        value = value[name]
    return value


def options(words):
    """Parses a command's words as the command line would."""
    return cli._parser().parse_args(words[words.index("retrain-check") :])


@pytest.mark.parametrize(("name", "operation"), [("rule", "PutRule"), ("targets", "PutTargets")])
def test_what_eventbridge_is_given_is_what_its_service_takes(name, operation):
    stored = json.loads((FOLDER / "eventbridge.json").read_text())
    model = botocore.session.get_session().get_service_model("events")
    report = ParamValidator().validate(stored[name], model.operation_model(operation).input_shape)
    assert not report.has_errors(), report.generate_report()
    json.loads(stored["rule"]["EventPattern"])


def test_what_the_template_makes_of_an_event_asks_for_a_retraining():
    (target,) = json.loads((FOLDER / "eventbridge.json").read_text())["targets"]["Targets"]
    transformer = target["InputTransformer"]
    text = transformer["InputTemplate"]
    for name, path in transformer["InputPathsMap"].items():
        text = text.replace(f"<{name}>", found(path))
    (override,) = json.loads(text)["containerOverrides"]
    given = options(override["command"])
    (alert,) = alerts.read(given.alerts).firing
    assert alert.id == "alert:sentiment-accuracy:123456789012/eu-central-1:1795428000"
    assert (given.backend, given.conf) == ("kubeflow", "cloud")


def test_the_units_call_the_command_as_it_is():
    webhook = (FOLDER / "sentiment-retrain-webhook@.service").read_text()
    (command,) = re.findall(r"(?m)^ExecStart=(.+)$", webhook)
    assert options(shlex.split(command)).webhook
    (target,) = re.findall(
        r"(?m)^ExecStart=/usr/bin/make (\S+)$", (FOLDER / "sentiment-retrain.service").read_text()
    )
    assert re.search(rf"(?m)^{target}:", (ROOT / "Makefile").read_text())


def test_the_receiver_posts_to_the_socket_what_asks_for_a_retraining():
    read = yaml.safe_load((FOLDER / "alertmanager.yaml").read_text())
    (route,) = (it for it in read["route"]["routes"] if it["receiver"] == "retraining")
    assert route["matchers"] == [alerts.ASKS]
    (receiver,) = (it for it in read["receivers"] if it["name"] == "retraining")
    (address,) = re.findall(r"http://([^/]+)", receiver["webhook_configs"][0]["url"])
    assert f"ListenStream={address}" in (FOLDER / "sentiment-retrain-webhook.socket").read_text()
