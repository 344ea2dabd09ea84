import subprocess
import sys

import pytest

from sentiment_transform.explain import explain
from sentiment_transform.specification import english


@pytest.fixture
def shown():
    def run(*words):
        line = [sys.executable, "-m", "sentiment_transform.explain", *words]
        return subprocess.run(line, capture_output=True, text=True, check=False)

    return run


def test_each_step_that_changes_the_text_has_a_line(specification):
    assert explain("It's SOOO good, batteries :)", specification).split("\n") == [
        "characters        it's sooo good, batteries :)",
        "happy faces       it's sooo good, batteries _positive_",
        "repeated letters  it's soo good, batteries _positive_",
        "other characters  it s soo good batteries _positive_",
        "lemmas            it s soo good battery _positive_",
        "tokens            it s soo good battery _positive_",
        "",
    ]


def test_it_is_a_command_and_shows_stop_words(shown):
    assert shown("-", "Batteries!").stdout.endswith("tokens             battery !\n")
    lines = shown("--stop-words", "--no-lemmas", "--", "-- the batteries").stdout.split("\n")
    assert lines[-3:] == ["stop words        batteries", "tokens            batteries", ""]


def test_it_shows_what_a_model_of_its_own_specification_does(shown, tmp_path):
    english(stop_words=True).save(tmp_path)
    process = shown("--specification", str(tmp_path), "It is the best")
    assert process.stdout == "characters  it is the best\nstop words  best\ntokens      best\n"
    (tmp_path / "lemmas.tsv").unlink()
    process = shown("--specification", str(tmp_path), "It is the best")
    assert (process.returncode, process.stdout) == (2, "")
    assert process.stderr.endswith("lemmas.tsv is missing\n")
