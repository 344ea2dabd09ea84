"""What packages declare: the service's operations, fields and settings, the stages' flags."""

import shutil

import pytest

from sentiment_pipelines.environments import ROOT
from sentiment_pipelines.releases import packages
from sentiment_pipelines.releases.interface import changes, needed
from sentiment_pipelines.releases.semver import Part

SOURCES = "serving/src/sentiment_serving"


@pytest.fixture(scope="module")
def found():
    return packages.read(ROOT)


def test_the_service_says_what_it_answers_and_what_can_be_set(found):
    interface = found["serving"].interface
    assert "POST /predict" in interface
    assert interface["request PredictRequest.texts"].type == "array of string"
    assert interface["request FeedbackRequest.request_id"].required
    assert interface["answer Prediction.label"].type == "negative | neutral | positive"
    assert interface["setting request_log_text"].choices == ("none", "redacted", "raw")
    assert not any(port.required for name, port in interface.items() if name.startswith("answer"))


def test_every_component_and_pipeline_and_chart_says_what_it_takes(found):
    libraries = {name for name, it in found.items() if it.folder.parent.name == "common"}
    assert {name for name, it in found.items() if not it.interface} == libraries


@pytest.mark.parametrize(
    ("file", "pattern", "text", "part"),
    [
        ("schemas.py", "explain: bool", "explained: bool", Part.MAJOR),
        ("schemas.py", "    label: Label$", "    sentiment: Label", Part.MAJOR),
        (
            "schemas.py",
            "^class Prediction.*",
            r'\g<0>\n    """X."""\n\n    more: str = ""',
            Part.MINOR,
        ),
        ("settings.py", "timeout: float = 30.0", "timeout: float = 10.0", Part.MINOR),
        ("settings.py", "    workers: int = 1$", "    processes: int = 1", Part.MAJOR),
        ("openapi.py", '"/feedback"', '"/labels"', Part.MAJOR),
    ],
)
def test_changes_of_the_service_have_their_weight(tree, found, file, pattern, text, part):
    before = found["serving"].interface
    shutil.copytree(ROOT / SOURCES, tree.root / SOURCES)
    tree.replace(f"{SOURCES}/{file}", pattern, text)
    assert needed(changes(before, tree.packages()["serving"].interface)) is part
