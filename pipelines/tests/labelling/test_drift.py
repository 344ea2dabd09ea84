import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.errors import InputError
from sentiment_pipelines.labelling.drift import Training

KNOWN = "the parcel came late and the box was broken"
NEW = "the parcel has crypto coins for my hardware wallet"


@pytest.fixture(scope="module")
def training(bundle):
    """What the bundle tells."""
    return Training.of(bundle)


def test_a_text_of_new_words_is_stranger_than_one_of_known_words(training):
    known, new = training.strangeness(KNOWN), training.strangeness(NEW)
    assert known.score < 0 < new.score
    assert "of 8 words new, “hardware”" in new.reason or "words new, “hardware”" in new.reason


def test_of_two_texts_with_the_same_share_the_longer_is_the_surer(training):
    short, long = "crypto parcel", "crypto parcel wallet phone ledger camera miner box"
    assert training.strangeness(long).score > training.strangeness(short).score


@pytest.mark.parametrize("text", ["no me gusta nada el teléfono y la caja", "مرحبا بكم يا أصدقاء"])
def test_a_language_that_training_had_not_counts_even_where_it_has_no_words(training, text):
    found = training.strangeness(text)
    assert found.score > training.strangeness(KNOWN).score + 1
    assert found.reason.startswith("unlike training: language ")


def test_a_length_that_training_had_not_counts(training):
    assert "length" in training.strangeness(f"{KNOWN} " * 9).reason
    assert "length" not in training.strangeness(KNOWN).reason


@given(st.text(max_size=80))
def test_whatever_a_text_is_it_has_a_score(training, text):
    found = training.strangeness(text)
    assert abs(found.score) < 1_000 and found.reason


def test_a_bundle_of_an_older_trainer_says_nothing_of_its_training(bundle, tmp_path):
    older = shutil.copytree(bundle, tmp_path / "older")
    (older / "reference.json").unlink()
    assert Training.of(older) is None


def test_a_damaged_bundle_is_refused_in_one_line(bundle, tmp_path):
    damaged = shutil.copytree(bundle, tmp_path / "damaged")
    (damaged / "reference.json").write_text("{}")
    with pytest.raises(InputError, match="damaged"):
        Training.of(damaged)
