"""The commands as people give them, from the request log to the estimate."""

import csv
import json

import pytest

from sentiment_pipelines.labelling import batches, store

TRUTH = {"lovely": "positive", "broken": "negative"}


@pytest.fixture
def run(run_command, tmp_path, monkeypatch, kept_batches):
    """Runs a command in an empty folder that no repository has."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.chdir(tmp_path)
    return run_command


@pytest.fixture
def sample(run, busy, bundle):
    """Chooses texts from the log."""
    folder = busy.write()

    def choose(*options):
        window = ("--window", "1d", "--until", "2026-11-21T00:00:00Z", "--model", str(bundle))
        return run("label-sample", "--log", str(folder), *window, "--rows", "30", *options)

    return choose


def fill(path, label=None):
    """Labels a file as somebody does, by what they think of the first word."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        row["label"] = label or TRUTH.get(row["text"].split()[0], "neutral")
    with path.open("w", newline="", encoding="utf-8") as stream:
        lines = csv.DictWriter(stream, rows[0], delimiter=";")
        lines.writeheader()
        lines.writerows(rows)
    return rows


def test_from_the_log_to_labels_and_an_estimate(sample, run, tmp_path):
    code, said, complaint = sample()
    assert (code, complaint) == (0, "")
    assert "30 texts to label: " in said and "10 random" in said and "6 drifted" in said
    assert "drawn at random: 10 of 106 answers of the window, each with probability 0.09434" in said
    rows = fill(tmp_path / "to-label.csv")
    assert list(rows[0]) == ["id", "text", "label", "reason", "batch"]
    code, said, complaint = run("label-import", "to-label.csv", "--by", "anna")
    assert (code, complaint) == (0, "")
    assert "30 labels of anna added" in said
    assert "from 10 of 10 texts drawn at random (Wilson, 95%)" in said
    assert "not versioned: " in said
    right = sum(it.text.startswith("lovely") for it in batches.pick("").draws)
    window = "2026-11-20T00:00:00.000Z to 2026-11-21T00:00:00.000Z"
    assert f"accuracy of 111111111111, {window}: {10 * right}.0%" in said
    assert len(store.read(tmp_path / "data" / "labels.csv")) == 30


def test_the_model_s_answers_are_in_no_file_for_labellers(sample, tmp_path):
    sample()
    assert "positive" not in (tmp_path / "to-label.csv").read_text(encoding="utf-8-sig")


def test_two_labellers_have_a_file_each_and_their_agreement_is_told(sample, run, tmp_path):
    assert sample("--labeller", "anna", "--labeller", "ben")[0] == 0
    fill(tmp_path / "to-label-anna.csv")
    ben = fill(tmp_path / "to-label-ben.csv")
    assert run("label-import", "to-label-anna.csv", "--by", "anna")[0] == 0
    code, said, _ = run("label-import", "to-label-ben.csv", "--by", "ben")
    assert code == 0 and "agreement on 3 texts: alpha " in said
    code, said, _ = run("label-agreement")
    assert code == 0 and "3 texts with two labels or more" in said
    assert "Krippendorff's alpha, ordinal" in said and "Cohen's kappa" in said
    code, said, _ = run("label-agreement", "--json")
    found = json.loads(said)
    assert found["raw"]["value"] == 1 and found["labellers"][1]["texts"] == len(ben)


def test_a_refused_file_is_one_line_exit_code_two_and_nothing_written(sample, run, tmp_path):
    sample()
    fill(tmp_path / "to-label.csv", "great")
    code, said, complaint = run("label-import", "to-label.csv", "--by", "anna")
    assert (code, said, complaint.count("\n")) == (2, "", 1)
    assert "to-label.csv, row 2, column label: unknown label 'great'; it is one of" in complaint
    assert not (tmp_path / "data").exists()


def test_a_file_that_may_hold_labels_is_not_written_over(sample, tmp_path):
    sample()
    fill(tmp_path / "to-label.csv")
    before = (tmp_path / "to-label.csv").read_bytes()
    code, _, complaint = sample()
    assert code == 2 and "it is there already, and may hold labels" in complaint
    assert (tmp_path / "to-label.csv").read_bytes() == before
    assert sample("--replace")[0] == 0


def test_the_same_log_and_seed_give_the_same_file(sample, tmp_path):
    sample()
    before = (tmp_path / "to-label.csv").read_bytes()
    sample("--replace")
    assert (tmp_path / "to-label.csv").read_bytes() == before
    assert len(batches.read_all()) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("label-sample", "--rows", "0"), "--rows: has to be 1 to 5,000"),
        (("label-sample", "--log", "none", "--model", "none"), "none"),
        (("label-import", "none.csv", "--by", "anna"), "none.csv: cannot be read"),
        (("label-import", "none.csv", "--by", "="), "labeller: '=' is no name; 1 to 40 letters"),
        (("label-sample", "--window", "999999d"), "--window: it begins before 1970"),
        (("label-sample", "--out", ""), "--out: '.' is no file"),
        (("label-agreement", "--labels", "."), "no file of labels"),
        (("label",), "nothing to label yet; `make label-sample` chooses texts"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_two(run, words, said):
    code, _, complaint = run(*words)
    assert code == 2 and said in complaint and complaint.count("\n") == 1


def test_without_any_labels_agreement_says_so(run):
    assert run("label-agreement")[:2] == (0, "no text has the labels of two people yet\n")


def test_before_the_first_champion_nothing_is_drifted(run, busy, registry):
    words = ("--log", str(busy.write()), "--window", "1d", "--until", "2026-11-21T00:00:00Z")
    code, said, _ = run("label-sample", *words, "--rows", "30")
    assert code == 0 and "no part is drifted: no champion" in said


@pytest.mark.parametrize("name", ["label-sample", "label", "label-import", "label-agreement"])
def test_help_gives_examples(run, name):
    code, said, _ = run(name, "--help")
    assert code == 0 and f"examples:\n  sentiment-pipelines {name}" in said
