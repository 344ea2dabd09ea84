"""``sentiment-pipelines trace``, from the request to the rows and back."""

import json
import re
import shutil

import pytest

from sentiment_pipelines.retraining import journal
from sentiment_pipelines.retraining.journal import Line
from sentiment_pipelines.tracing import examples
from sentiment_pipelines.tracing.page import legible

from .conftest import FIRST, SECOND, entry


@pytest.fixture
def trace(run_command, world):
    """Runs the command; returns its exit code and what it wrote."""
    return lambda *words: run_command("trace", "--log", str(world.log), *words)


def told(trace, *words):
    """Returns the JSON of a trace."""
    code, output, errors = trace(*words, "--json")
    assert (code, errors) == (0, "")
    return json.loads(output)


def test_a_request_leads_to_the_model_its_run_its_code_and_its_data(story, trace):
    code, output, _ = trace("--request", "order-17", "--show-texts")
    page = re.sub(r"\s+", " ", output)
    assert code == 0
    first = story.digest(FIRST, "train-baseline", "model")
    assert "answered 2026-01-01 14:00:00 UTC, in 3 ms" in page
    assert "label negative (negative 0.700, neutral 0.200, positive 0.100)" in page
    assert f"model sentiment, {first}" in page
    assert "it was then champion, since 2026-01-01 13:00:00 UTC (push)" in page
    assert "was champion since 2026-01-01 13:00:00 UTC, until 2026-01-02 14:00:00 UTC" in page
    assert f"run {FIRST}, training: pushed, on process" in page
    assert f"code {'a' * 40}, with changes that were not committed" in page
    assert "feedback neutral, by agent, 2026-01-01 15:00:00 UTC; was taken back" in page
    assert "feedback negative, by agent, 2026-01-01 16:00:00 UTC; counts" in page
    assert "train-baseline/model" in page and "c0dec0de" in page and "111111111111" in page
    assert "near-duplicate" not in page, "the first champion did not know this text"


def test_a_request_that_was_trained_on_later_leads_to_the_model_that_did(story, trace):
    found = told(trace, "--request", "order-17:0")
    (placed,) = found["placed"]
    second = story.digest(SECOND, "ingest", "examples")
    assert (placed["examples"], placed["id"]) == (second, "order-17:0")
    assert found["users"][second] == [story.digest(SECOND, "train-baseline", "model")]
    assert list(found["numbers"].values()) == ["2"]
    assert [it["file"] for it in found["gathered"]] == ["0a1b.csv"]
    assert "order-17:0" not in {it["id"] for it in found["nearest"]}
    assert {it["relation"] for it in found["nearest"]} == {"similar"}
    assert found["nearest"][0]["label"] == "negative"


def test_an_answer_of_a_model_that_was_champion_no_longer_says_so(story, trace):
    found = told(trace, "--request", "order-19")
    role = "champion no longer: until 2026-01-02 14:00:00 UTC, 3,600 s before"
    assert list(found["roles"].values()) == [role]
    assert found["placed"] == [] and found["gone"] == []


def test_a_row_leads_to_the_models_that_were_trained_on_it_and_what_they_answered(story, trace):
    row = told(trace, "--request", "order-17")["nearest"][0]["id"]
    found = told(trace, "--row", row)
    assert found["placed"][0]["split"] == "train"
    assert {it["digest"]: it["versions"][0]["number"] for it in found["models"]} == {
        story.digest(FIRST, "train-baseline", "model"): "1",
        story.digest(SECOND, "train-baseline", "model"): "2",
    }
    first = story.digest(FIRST, "train-baseline", "model")
    assert found["traffic"][first]["texts"] == 4
    assert found["traffic"][first]["labels"] == {"negative": 3, "positive": 1}
    assert (found["traffic"][first]["judged"], found["traffic"][first]["confirmed"]) == (2, 1)
    page = trace("--row", row)[1]
    assert re.search(
        r"1 +baseline .* champion 2026-01-01 13:00 to .*2026-01-02 +4 +50.0% of 2", page
    )


def test_a_row_that_was_left_out_is_found_by_its_place_with_the_reason(story, trace):
    page = re.sub(r"\s+", " ", trace("--row", "again")[1])
    assert "left out: repeated text" in page
    assert "no model was trained on it" in page
    assert told(trace, "--row", "again")["models"] == []
    assert told(trace, "--row", "reviews.csv:29")["placed"][0]["id"] == "again"


def test_a_version_leads_to_its_answers_and_the_picture_shows_its_chain(story, trace, tmp_path):
    file = tmp_path / "trace.svg"
    code, output, _ = trace("--version", "1", "--picture", str(file))
    page = re.sub(r"\s+", " ", output)
    assert code == 0
    assert "answered 4 texts, 2026-01-01 14:00:00 UTC to 2026-01-02 15:00:00 UTC" in page
    assert "labels negative 75.0%, positive 25.0%" in page
    assert "feedback on 2 of them; 50.0% of these labels are confirmed" in page
    assert "27 rows (train " in page and "1 left out" in page
    assert file.read_text().startswith("<svg ")
    assert "nothing that the log still has" in trace("--version", "2")[1]


def test_a_version_of_a_retraining_tells_the_decision_behind_it(story, trace):
    said = {"id": "d1", "time": "2026-01-02T11:59:00.000Z"}
    decided = Line("decision", decision="retrain", reasons=["Accuracy fell by 4 points."], **said)
    log = story.folder / "retraining" / "decisions.jsonl"
    journal.append(log, decided)
    journal.append(log, Line("start", run=SECOND, **said))
    page = re.sub(r"\s+", " ", trace("--version", "2")[1])
    assert "by decision d1, 2026-01-02 11:59:00 UTC: Accuracy fell by 4 points." in page
    assert told(trace, "--version", "1")["decisions"] == {}
    log.write_text("nonsense\n" * 3)
    code, output, _ = trace("--version", "2")
    assert code == 0 and "by decision" not in output
    assert "line 1: it broke off while it was written" in re.sub(r"\s+", " ", output)


def test_data_leads_to_the_models_that_were_made_from_it(story, trace):
    found = told(trace, "--data", "reviews.csv")
    assert [it["versions"][0]["number"] for it in found["models"]] == ["1"]
    found = told(trace, "--data", "retraining/data/0a1b.csv")
    assert [it["versions"][0]["number"] for it in found["models"]] == ["2"]


def test_texts_are_shown_only_if_asked_for_and_as_they_were_kept(story, trace):
    for words in (("--request", "order-17"), ("--row", "neg-phone")):
        shown, hidden = trace(*words, "--show-texts")[1], trace(*words)[1]
        assert "terrible" in re.sub(r"\s+", " ", shown)
        assert "terrible" not in hidden
        assert "terrible" not in json.dumps(told(trace, *words))
    assert "kept redacted; SHOW_TEXTS=1 shows it" in trace("--request", "order-17")[1]


def test_a_page_is_at_most_100_columns_wide_and_has_no_colours_in_a_pipe(story, trace):
    for words in (("--request", "order-17", "--show-texts"), ("--row", "neg-phone"),
                  ("--version", "2")):  # fmt: skip
        lines = trace(*words)[1].splitlines()
        assert max(map(len, lines)) <= 100
        assert "\x1b" not in "".join(lines)


def test_a_text_cannot_steer_the_terminal(story, trace):
    story.write(entry("hostile", "\x1b[2Jgone\u202e[red]\nx"), part=1)
    page = trace("--request", "hostile", "--show-texts")[1]
    assert "\ufffd[2Jgone\ufffd[red] x" in page
    assert legible("a\tb\r\nc\x07") == "a b c\ufffd"


def test_what_is_gone_is_said_to_be_gone_and_the_rest_is_told(story, trace):
    shutil.rmtree(story.at(FIRST, "ingest").parents[2])
    run = story.client.get_model_version("sentiment", "1").run_id
    story.client.delete_run(run)
    code, output, _ = trace("--request", "order-17")
    page = re.sub(r"\s+", " ", output)
    assert code == 0
    assert "it was then champion, since 2026-01-01 13:00:00 UTC (push)" in page
    assert "neither a run here nor the registry has the model's files any more" in page
    assert "the registry's run of version 1 is deleted" in page
    assert f"run {FIRST} was deleted from this machine" in page
    assert "are not on this machine: no row can be held against the text" in page


def test_a_deleted_version_a_damaged_log_and_labels_are_said_as_well(story, trace, tmp_path):
    story.client.delete_model_version("sentiment", "1")
    (tmp_path / "labels.csv").write_text("nonsense")
    with (story.log / "requests-20260101T130000.000000Z-7-000000.jsonl").open("ab") as stream:
        stream.write(b'{"request_id":"order-17"')
    found = told(trace, "--request", "order-17", "--labels", str(tmp_path / "labels.csv"))
    assert "the registry has no version of this model: it was served from" in found["gone"][0]
    assert "no file of labels" in found["gone"][1]
    assert found["gone"][-1] == "lines of the log that are cut short: 1"
    assert found["models"][0]["origin"]["id"] == FIRST, "the runs know it still"


def test_a_text_that_was_not_kept_and_a_missing_environment_are_said(story, trace, monkeypatch):
    story.write(entry("silent", None, text_kept="none", digest="sha256:0"), part=1)
    found = told(trace, "--request", "silent")
    assert "the text was not kept" in " ".join(found["gone"])
    assert list(found["roles"].values()) == ["behind no alias: the promotion log does not know it"]
    monkeypatch.setattr(examples.environments, "ENVIRONMENTS", story.folder / "none")
    assert told(trace, "--request", "order-17")["gone"] == [examples.UNREADABLE]


def test_without_a_log_a_version_is_told_without_its_answers(story, trace):
    shutil.rmtree(story.log)
    found = told(trace, "--version", "1")
    assert found["traffic"] is None
    assert "no request log here" in found["gone"][0]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--request", "nobody"), "the log has no such request"),
        (("--request", "order"), "it is one of order-17, order-18, order-19"),
        (("--request", "order-18"), "name one: order-18:0, order-18:1"),
        (("--row", "nothing"), "none of the 2 examples artifacts here has this row"),
        (("--version", "9"), "sentiment has no version '9'; it has 1, 2"),
        (("--data", "nothing.csv"), "nothing.csv: no such file"),
        (("--row", "neg-phone", "--picture", "x.svg"), "a picture shows the chain of one model"),
    ],
)
def test_what_names_nothing_ends_in_one_line(story, trace, words, message):
    code, output, errors = trace(*words)
    assert (code, output) == (2, "")
    assert message in errors
    assert errors.count("\n") == 1
