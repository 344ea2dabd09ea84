"""One text on which the two text engines differ is enough to refuse the model."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from sentiment_common.errors import InputError
from sentiment_common.text import Tokenizer, current, probes
from sentiment_models import Bundle, load
from sentiment_models.bundle import write_bundle
from sentiment_push import parity, smoke

SPECIFICATION = current({"works": "work"})
TEXTS = {"validation": ["It works."], "test": ["Great :)", "Don't!"]}


class Uncertain(tf.Module):
    """Gives every text the same probabilities and does not tell its tokens."""

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def serve(self, texts: Any) -> Any:
        return tf.fill([tf.size(texts), 3], 1 / 3)


class Recorded(Uncertain):
    """A text graph that knows some texts by heart: raw text to its tokens, joined by spaces."""

    def __init__(self, tokens: Mapping[bytes, str]) -> None:
        super().__init__()
        known = tf.lookup.KeyValueTensorInitializer(list(tokens), list(tokens.values()))
        self.table = tf.lookup.StaticHashTable(known, "?")

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def tokens(self, texts: Any) -> Any:
        return tf.strings.split(self.table.lookup(texts), " ")


def python_tokens() -> dict[bytes, str]:
    """What the Python engine makes of every text, by the bytes that reach the graph."""
    tokenizer = Tokenizer(SPECIFICATION)
    texts = [*probes(SPECIFICATION), *(text for _, text in smoke.named(TEXTS))]
    sent = (text.replace("\ud83d", " ").encode() for text in texts)
    return {raw: " ".join(tokenizer.tokens(text)) for raw, text in zip(sent, texts, strict=True)}


@pytest.fixture
def save(tmp_path: Path) -> Callable[[tf.Module], Path]:
    """Saves a module as a bundle."""

    def save(module: tf.Module) -> Path:
        folder = tmp_path / "model"
        folder.mkdir()
        SPECIFICATION.save(tmp_path / "text_spec")
        facts = Bundle("deep", "tensorflow", SPECIFICATION.digest)
        write_bundle(folder, facts, tmp_path / "text_spec")
        tf.saved_model.save(module, str(folder / "saved_model"))
        return folder

    return save


def test_engines_that_agree_on_every_text_pass(
    save: Callable[[tf.Module], Path], caplog: pytest.LogCaptureFixture
) -> None:
    bundle = save(Recorded(python_tokens()))
    with caplog.at_level(logging.INFO):
        parity.check(load(bundle), bundle, smoke.named(TEXTS))
    compared = len(probes(SPECIFICATION)) + len(smoke.AWKWARD) + 3
    assert f"both text engines agree on {compared} texts" in caplog.text


@pytest.mark.parametrize(
    ("text", "served", "message"),
    [
        (b"Great :)", "great", "row 1 of the test split, from token 2 on"),
        (b"Don't!", "do n't !", "row 2 of the test split, from token 2 on"),
        (b"It works.", "it work . .", "row 1 of the validation split, from token"),
        (smoke.AWKWARD["emoji"].encode(), "", "differ on emoji, from token 1 on"),
        (b"", "", "differ on probe 1, from token 1 on"),
    ],
)
def test_one_difference_refuses_and_names_the_text_but_not_its_words(
    save: Callable[[tf.Module], Path], text: bytes, served: str, message: str
) -> None:
    bundle = save(Recorded({**python_tokens(), text: served}))
    with pytest.raises(InputError, match=message) as caught:
        parity.check(load(bundle), bundle, smoke.named(TEXTS))
    assert "nothing was pushed" in str(caught.value)
    assert "Great" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_each_member_of_an_ensemble_is_compared(
    save: Callable[[tf.Module], Path], make_model: Callable[..., Path],
    make_ensemble: Callable[..., Path], caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    member = save(Recorded({**python_tokens(), b"Great :)": "great"}))
    bundle = make_ensemble([make_model("baseline"), member])
    with pytest.raises(InputError, match=r"ensemble/members/model: .* row 1 of the test split"):
        parity.check(load(bundle), bundle, smoke.named(TEXTS))


def test_a_graph_that_tells_no_tokens_is_let_through_with_a_warning(
    save: Callable[[tf.Module], Path], caplog: pytest.LogCaptureFixture
) -> None:
    bundle = save(Uncertain())
    parity.check(load(bundle), bundle, smoke.named(TEXTS))
    assert "the graph of deep does not tell its tokens: not compared" in caplog.text


def test_a_linear_bundle_has_one_engine_and_nothing_to_compare(
    make_model: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    bundle = make_model("good")
    with caplog.at_level(logging.INFO):
        parity.check(load(bundle), bundle, iter([("row 1", "It works.")]))
    assert caplog.text == ""


ANSWERS = ["It is great.", "The case broke.", "It is black."]


def test_a_bundle_that_answers_as_when_it_was_judged_passes(
    make_model: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    bundle = make_model("good")
    expected = load(bundle).predict_proba(ANSWERS).round(12).tolist()
    parity.check_answers(load(bundle), bundle, [*ANSWERS, "more"], expected)
    assert "it answers 3 test rows as it did when it was judged" in caplog.text


def test_a_linear_bundle_that_answers_otherwise_by_a_billionth_is_refused(
    make_model: Callable[..., Path],
) -> None:
    bundle = make_model("good")
    expected = load(bundle).predict_proba(ANSWERS)
    for gap, refused in ((0.9e-9, False), (1.1e-9, True), (float("nan"), True)):
        other = expected.copy()
        other[1, 2] += gap
        if not refused:
            parity.check_answers(load(bundle), bundle, ANSWERS, other.tolist())
            continue
        with pytest.raises(InputError, match="it answers row 2 of the test split otherwise"):
            parity.check_answers(load(bundle), bundle, ANSWERS, other.tolist())


def test_a_blessing_without_answers_passes_with_a_warning(
    make_model: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    bundle = make_model("good")
    parity.check_answers(load(bundle), bundle, ANSWERS, ())
    assert "no answers to hold the bundle against" in caplog.text
