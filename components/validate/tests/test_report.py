import re

import pandas as pd

from sentiment_validate.judgement import judge
from sentiment_validate.report import render
from sentiment_validate.rules import RULES

SUMMARY = {"source": "reviews.csv", "rows": {"read": 9, "kept": 8, "dropped": 1}}


def test_the_report_shows_verdict_rows_and_charts(frames, default_corpus, policy):
    page = render(judge(frames, default_corpus, policy), SUMMARY)
    assert ">accepted<" in page
    assert "ingest read 9 rows, kept 8 and dropped 1" in page
    assert f'<td>train</td><td class="number">{len(frames["train"]):,}</td>' in page
    assert page.count("<svg") == 2


def test_the_report_is_one_file(frames, default_corpus, policy):
    page = render(judge(frames, default_corpus, policy), SUMMARY)
    assert re.findall(r"(?:src|href)=|url\(|@import|<script", page) == []
    assert len(page) < 40_000


def test_every_anomaly_is_listed_and_text_is_escaped(frames, feedback_schema, policy):
    frames["test"].loc[0, "label"] = "<script>"
    frames["test"].loc[0, "id"] = "a&b"
    page = render(judge(frames, feedback_schema, policy), {})
    assert ">refused<" in page
    assert "&lt;script&gt;" in page
    assert "<script>" not in page
    assert "a&amp;b" in page
    assert ">other<" in page


def test_long_texts_and_many_sources_keep_the_report_small(frames, feedback_schema, policy):
    frames["train"]["text"] = [f"{at} " * 200 for at in range(len(frames["train"]))]
    frames["train"]["source"] = [f"shop-{at}" for at in range(len(frames["train"]))]
    page = render(judge(frames, feedback_schema, policy), {})
    assert f"{len(frames['train']) - 6:,} more" in page
    assert len(page) < 40_000


def test_examples_without_texts_or_rows_are_reported_all_the_same(frames, feedback_schema, policy):
    bare = {split: frame.drop(columns="text") for split, frame in frames.items()}
    assert render(judge(bare, feedback_schema, policy), {}).count("<svg") == 1
    empty = {split: frame.iloc[:0] for split, frame in frames.items()}
    assert "no rows" in render(judge(empty, feedback_schema, policy), {})
    nothing = dict.fromkeys(frames, pd.DataFrame({"id": ["a"]}))
    assert ">refused<" in render(judge(nothing, feedback_schema, policy), {})


def test_every_rule_is_listed_with_what_came_of_it(frames, default_corpus, policy):
    frames["test"].loc[0, "text"] = frames["train"].loc[0, "text"]
    page = render(judge(frames, default_corpus, policy, {"shared_text": "a slogan"}), {})
    assert ">accepted<" in page
    for rule in RULES:
        assert f"<td>{rule.name}</td>" in page
    assert (
        "<td>shared_text</td><td>accepted: a slogan</td><td>none</td><td>text in test</td>" in page
    )
    assert page.index("<td>shared_text</td><td>accepted") < page.index("<td>missing_column</td>")
    assert page.index("<td>missing_column</td>") < page.index("<svg")
