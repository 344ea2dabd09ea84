import re

import pandas as pd

from sentiment_validate.judgement import judge
from sentiment_validate.report import render

SUMMARY = {"source": "reviews.csv", "rows": {"read": 9, "kept": 8, "dropped": 1}}


def test_the_report_shows_verdict_rows_and_charts(frames, default_corpus):
    page = render(judge(frames, default_corpus), SUMMARY)
    assert ">accepted<" in page
    assert "ingest read 9 rows, kept 8 and dropped 1" in page
    assert f'<td>train</td><td class="number">{len(frames["train"]):,}</td>' in page
    assert page.count("<svg") == 2


def test_the_report_is_one_file(frames, default_corpus):
    page = render(judge(frames, default_corpus), SUMMARY)
    assert re.findall(r"(?:src|href)=|url\(|@import|<script", page) == []
    assert len(page) < 40_000


def test_every_anomaly_is_listed_and_text_is_escaped(frames, feedback_schema):
    frames["test"].loc[0, "label"] = "<script>"
    frames["test"].loc[0, "id"] = "a&b"
    page = render(judge(frames, feedback_schema), {})
    assert ">refused<" in page
    assert "&lt;script&gt;" in page
    assert "<script>" not in page
    assert "a&amp;b" in page
    assert ">other<" in page


def test_long_texts_and_many_sources_keep_the_report_small(frames, feedback_schema):
    frames["train"]["text"] = [f"{at} " * 200 for at in range(len(frames["train"]))]
    frames["train"]["source"] = [f"shop-{at}" for at in range(len(frames["train"]))]
    page = render(judge(frames, feedback_schema), {})
    assert f"{len(frames['train']) - 6:,} more" in page
    assert len(page) < 40_000


def test_examples_without_texts_or_rows_are_reported_all_the_same(frames, feedback_schema):
    bare = {split: frame.drop(columns="text") for split, frame in frames.items()}
    assert render(judge(bare, feedback_schema), {}).count("<svg") == 1
    empty = {split: frame.iloc[:0] for split, frame in frames.items()}
    assert "no rows" in render(judge(empty, feedback_schema), {})
    nothing = dict.fromkeys(frames, pd.DataFrame({"id": ["a"]}))
    assert ">refused<" in render(judge(nothing, feedback_schema), {})
