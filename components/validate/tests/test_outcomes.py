import json
import re
from pathlib import Path

from sentiment_validate import rules, schema
from sentiment_validate.judgement import judge
from sentiment_validate.outcomes import outcomes, record, thresholds
from sentiment_validate.rules import RULES

README = Path(__file__).parents[1] / "README.md"


def of_rule(judged, name):
    (found,) = (item for item in outcomes(judged) if item.rule == name)
    return found


def test_a_rule_shows_its_threshold_and_the_worst_figure(frames, default_corpus, policy):
    frames["test"].loc[[0, 1, 2], "text"] = ["", " ", "\n"]
    frames["validation"].loc[0, "text"] = ""
    judged = judge(frames, default_corpus, policy)
    found = of_rule(judged, "empty_text")
    share = f"{3 / len(frames['test']):.2%} in test"
    assert (found.threshold, found.figure, found.result) == ("0.00%", share, "refused")


def test_figures_are_shown_where_nothing_fired(frames, default_corpus, policy):
    judged = judge(frames, default_corpus, policy)
    figures = {item.rule: item.figure for item in outcomes(judged)}
    assert figures["too_few_rows"] == f"{len(frames['validation'])} in validation"
    assert figures["out_of_range"] == "rating -2.5 to 3.65"
    assert figures["class_imbalance"] == "33.33% negative"
    assert figures["too_few_of_class"] == "train 675, validation 135, test 270"
    assert figures["near_duplicate"] == "0.00%"
    assert figures["drift"] == "no earlier data"
    assert re.fullmatch(
        r"label 0\.000, length 0\.\d+, rating 0\.\d+, source 0\.\d+", figures["skew"]
    )


def test_an_accepted_error_keeps_its_reason(frames, default_corpus, policy):
    frames["test"].loc[0, "id"] = frames["train"].loc[0, "id"]
    judged = judge(frames, default_corpus, policy, {"shared_id": "ids begin anew"})
    found = of_rule(judged, "shared_id")
    assert (found.severity, found.result, found.reason) == ("error", "accepted", "ids begin anew")
    assert found.figure == "id in test"


def test_the_record_has_every_rule_and_can_be_written_as_json(frames, default_corpus, policy):
    frames["test"].loc[0, "label"] = "angry"
    written = json.loads(json.dumps(record(judge(frames, default_corpus, policy))))
    assert [item["rule"] for item in written["rules"]] == [rule.name for rule in RULES]
    assert (written["verdict"], written["errors"], written["warnings"]) == ("refused", 1, 0)
    assert written["anomalies"][0]["rule"] == "unknown_value"
    assert written["distances"][0].keys() >= {"rule", "split", "column", "value", "threshold"}


def test_examples_without_columns_or_rows_have_outcomes_all_the_same(
    frames, feedback_schema, policy
):
    for bare in (
        {split: frame[["id"]] for split, frame in frames.items()},
        {split: frame.iloc[:0] for split, frame in frames.items()},
    ):
        judged = judge(bare, feedback_schema, policy)
        assert len(outcomes(judged)) == len(RULES)
        assert judged.verdict == "refused"


def test_the_readme_lists_every_rule_with_both_thresholds():
    default, feedback = (
        thresholds(schema.choose(name, {}), rules.choose(name, name))
        for name in ("default-corpus", "feedback")
    )
    rows = [
        f"| `{rule.name}` | {rule.finds} | {rule.severity} | {default[rule.name]} | "
        f"{feedback[rule.name]} | {rule.remedy} |"
        for rule in RULES
    ]
    written = README.read_text("utf-8").split("<!-- rules -->")[1].strip().split("\n")
    assert written[2:] == rows
