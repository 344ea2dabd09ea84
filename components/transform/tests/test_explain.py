import subprocess
import sys

from sentiment_transform.explain import explain


def test_each_step_that_changes_the_text_has_a_line():
    assert explain("It's SOOO good :)").split("\n") == [
        "characters          it's sooo good :)",
        "happy faces         it's sooo good _positive_",
        "repeated letters    it's soo good _positive_",
        "other contractions  it soo good _positive_",
        "tokens              it soo good _positive_",
        "",
    ]


def test_it_is_a_command():
    line = [sys.executable, "-m", "sentiment_transform.explain", "-", "Batteries!"]
    shown = subprocess.run(line, capture_output=True, text=True, check=True).stdout
    assert shown.endswith("tokens             battery !\n")
