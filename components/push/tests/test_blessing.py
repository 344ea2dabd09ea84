"""A blessing counts for the very model it was given to, and for no other."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sentiment_common.artifacts import EVALUATION, EXAMPLES, read_manifest
from sentiment_common.errors import InputError
from sentiment_push.blessing import Verdict, read_blessed

Make = Callable[..., Path]
MakeVerdict = Callable[..., Verdict]


def test_a_blessed_model_is_read_with_its_defined_figures(
    make_model: Make, make_verdict: MakeVerdict
) -> None:
    blessed = read_blessed(make_verdict(make_model("good")))
    assert blessed.name == "good"
    assert blessed.metrics["macro_f1"] == 0.7
    assert "auc_ovr_macro" not in blessed.metrics


def test_its_tags_say_where_it_comes_from(make_model: Make, make_verdict: MakeVerdict) -> None:
    verdict = make_verdict(make_model("good"))
    tags = read_blessed(verdict).tags
    assert tags == {
        "candidate": "good",
        "examples": read_manifest(verdict.examples, EXAMPLES).digest,
        "evaluation": read_manifest(verdict.evaluation, EVALUATION).digest,
        "code": "sha256:c",
    }


def test_who_forced_it_and_why_goes_along(make_model: Make, make_verdict: MakeVerdict) -> None:
    forced = {"by": "Ada", "reason": "the fair is tomorrow", "failed_rules": ["macro-F1 at least"]}
    blessed = read_blessed(make_verdict(make_model("good"), forced=forced))
    assert blessed.forced == forced
    assert blessed.tags["forced_by"] == "Ada"
    assert blessed.tags["forced_reason"] == "the fair is tomorrow"


@pytest.mark.parametrize("verdict", ["refused", "already-champion"])
def test_any_other_verdict_is_refused_with_its_reason(
    make_model: Make, make_verdict: MakeVerdict, verdict: str
) -> None:
    given = make_verdict(make_model("good"), verdict=verdict, reason="equal is not better")
    with pytest.raises(InputError, match=rf"{verdict} \(equal is not better\); only a blessed"):
        read_blessed(given)


def test_the_blessing_of_another_model_is_refused(
    make_model: Make, make_verdict: MakeVerdict
) -> None:
    given = replace(make_verdict(make_model("good")), model=make_model("other", weight=4.0))
    with pytest.raises(InputError, match=r"it blesses sha256:.*, the model is sha256:"):
        read_blessed(given)


def test_the_evaluation_of_another_run_is_refused(
    make_model: Make, make_verdict: MakeVerdict
) -> None:
    other = make_verdict(make_model("other", weight=4.0))
    given = replace(make_verdict(make_model("good")), evaluation=other.evaluation)
    with pytest.raises(InputError, match="give the blessing and the evaluation of one run"):
        read_blessed(given)


def test_other_examples_than_it_was_judged_on_are_refused(
    tmp_path: Path, make_model: Make, make_verdict: MakeVerdict
) -> None:
    given = make_verdict(make_model("good"))
    facts = json.loads((given.examples / "artifact.json").read_text())
    (tmp_path / "newer").mkdir()
    (tmp_path / "newer" / "artifact.json").write_text(json.dumps({**facts, "digest": "sha256:n"}))
    with pytest.raises(InputError, match=r"they are sha256:n, the evaluation was made on sha256:"):
        read_blessed(replace(given, examples=tmp_path / "newer"))


@pytest.mark.parametrize("artifact", ["model", "evaluation"])
def test_what_was_changed_afterwards_is_refused(
    make_model: Make, make_verdict: MakeVerdict, artifact: str
) -> None:
    given = make_verdict(make_model("good"))
    (getattr(given, artifact) / "added.txt").write_text("grate\n")
    with pytest.raises(InputError, match="its files have the digest sha256:"):
        read_blessed(given)
