import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.request_log.entry import entries, entry_line, from_fields, hashed

SALT = b"salt"


def test_an_entry_says_all_about_its_text(answered):
    request = answered("Good", "Mail me: a@b.example", caller="key", variant="control")
    first, second = entries(7, request, "redacted", SALT)
    assert (first.seq, second.seq, first.position, second.position) == (7, 8, 0, 1)
    assert first.time == "2023-11-14T22:13:20.125Z"
    assert (first.text, second.text) == ("Good", "Mail me: redacted@email.invalid")
    assert (first.label, first.latency_ms, first.variant) == ("positive", 4.2, "control")
    assert first.probabilities == {"negative": 0.1, "neutral": 0.2, "positive": 0.7}


@pytest.mark.parametrize(("kept", "text"), [("none", None), ("raw", "a@b.example")])
def test_the_text_is_kept_as_it_was_settled(answered, kept, text):
    (entry,) = entries(0, answered("a@b.example"), kept, SALT)
    assert (entry.text, entry.text_kept) == (text, kept)


def test_a_caller_is_known_again_but_not_by_name(answered):
    request = answered("Good", caller="secret-key")
    (entry,) = entries(0, request, "raw", SALT)
    assert entry.caller == hashed("secret-key", SALT) != hashed("secret-key", b"other")
    assert b"secret-key" not in entry_line(entry)
    assert next(entries(0, answered("Good"), "raw", SALT)).caller == ""
    assert next(entries(0, request, "raw", b"")).caller == "", "a hash without salt can be guessed"


@given(st.text())
def test_any_text_comes_back_from_its_line(text):
    # Half a surrogate pair is no text that UTF-8 can hold, yet JSON can bring it.
    for given_text in (text, f"{text}\ud83d"):
        fields = dict.fromkeys("seq time request_id position model digest variant".split(), 0)
        rest = {"text_kept": "raw", "label": "", "probabilities": {}, "latency_ms": 0, "caller": ""}
        entry = from_fields({**fields, **rest, "text": given_text, "added later": 1})
        line = entry_line(entry)
        assert line.count(b"\n") == 1
        assert from_fields(json.loads(line.decode())) == entry
