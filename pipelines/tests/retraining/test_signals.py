"""What the monitor said last, as its decisions have it."""

import json

import pytest

from sentiment_common.artifacts import write_json
from sentiment_common.errors import InputError
from sentiment_pipelines.retraining import signals


def decision(until="2026-11-23T10:00:00Z", digest="sha256:one", **changes):
    return {
        "schema_version": 1, "decision": "act", "follow": ["retrain", "look"],
        "reasons": ["Words are new.", "Confidence falls."],
        "window": {"digest": digest, "until": until},
        "findings": [
            {"name": "unknown", "verdict": "act"}, {"name": "quality", "verdict": "act"},
            {"name": "score_positive", "verdict": "act"}, {"name": "domain", "verdict": "watch"},
        ],
        "policy": {
            "settings": {
                "follow": {
                    "unknown": "retrain", "quality": "retrain", "score": "look",
                    "domain": "retrain",
                }
            }
        },
        **changes,
    }  # fmt: skip


def test_the_latest_word_about_the_champion_counts(tmp_path):
    write_json(tmp_path / "a" / "decision.json", decision())
    later = decision("2026-11-24T10:00:00Z", decision="ok", follow=["nothing"], findings=[])
    write_json(tmp_path / "b" / "decision.json", later)
    other = decision("2026-11-25T10:00:00Z", "sha256:two")
    write_json(tmp_path / "c" / "decision.json", other)
    found = signals.read_watched(tmp_path, "sha256:one")
    assert (found.decision, found.kinds) == ("ok", ())
    assert signals.read_watched(tmp_path, "sha256:new").digest == "sha256:two"
    assert signals.read_watched(tmp_path / "none", "sha256:one") is None


def test_findings_that_ask_for_it_say_whether_it_is_drift_or_quality(tmp_path):
    write_json(tmp_path / "a" / "decision.json", decision())
    found = signals.read_watched(tmp_path, "sha256:one")
    assert found.kinds == ("drift", "quality")
    only = decision(findings=[{"name": "quality", "verdict": "act"}])
    write_json(tmp_path / "a" / "decision.json", only)
    assert signals.read_watched(tmp_path, "sha256:one").kinds == ("quality",)
    write_json(tmp_path / "a" / "decision.json", decision(follow=["look"]))
    assert signals.read_watched(tmp_path, "sha256:one").kinds == ()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "no decision of the monitor"),
        ("[]", "no decision of the monitor"),
        (json.dumps(decision(until="soon")), "no decision of the monitor"),
        (json.dumps(decision(schema_version=2)), "wanted a decision of schema 1, got 2"),
    ],
)
def test_a_damaged_decision_is_one_line(tmp_path, content, message):
    path = tmp_path / "a" / "decision.json"
    path.parent.mkdir()
    path.write_text(content)
    with pytest.raises(InputError, match=message) as error:
        signals.read_watched(tmp_path, "sha256:one")
    assert str(path) in str(error.value)
