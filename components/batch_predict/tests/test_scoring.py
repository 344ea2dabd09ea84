"""Scores are those of the bundle, whatever is scored together and by however many processes."""

import multiprocessing
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_batch_predict.scoring import Scorer, batches, processes
from sentiment_common import cores
from sentiment_common.errors import InputError


@given(st.lists(st.text(max_size=4)), st.integers(1, 5))
def test_batches_hold_each_text_once_by_length_and_tell_where_it_went(texts, size):
    found = batches(texts, size)
    distinct = [text for batch in found.batches for text in batch]
    assert sorted(set(texts)) == sorted(distinct)
    assert [len(text) for text in distinct] == sorted(map(len, distinct))
    assert [distinct[at] for at in found.positions] == texts


@pytest.mark.parametrize(("workers", "size"), [(1, 7), (2, 256)])
def test_probabilities_are_those_of_the_bundle_to_the_last_bit(
    model, predictor, texts, workers, size
):
    done = []
    with Scorer(model, workers, size) as scorer:
        pending = [scorer.submit(texts[:600], done.append), scorer.submit(texts[600:], done.append)]
        found = np.concatenate([one.result() for one in pending])
    assert np.array_equal(found, predictor.predict_proba(texts))
    assert sum(done) == len(texts)


def test_a_second_process_starts_tensorflow_only_for_many_rows(model, tmp_path):
    inside = tmp_path / "members" / "deep" / "saved_model"
    inside.mkdir(parents=True)
    (inside / "saved_model.pb").touch()
    counts = [processes(tmp_path, rows) for rows in (1, 9_999, 10_000, 0)]
    assert counts == [1, 1, cores.available(), cores.available()]
    assert processes(model, 1) == cores.available()


def test_no_texts_have_no_probabilities(model):
    with Scorer(model, 1, 8) as scorer:
        assert scorer.submit([], lambda rows: None).result().shape == (0, 3)


def test_a_damaged_bundle_is_told_as_the_bundles_own_error(tmp_path):
    with Scorer(tmp_path, 1, 8) as scorer, pytest.raises(InputError, match=str(tmp_path)):
        scorer.submit(["fine"], lambda rows: None).result()


def test_a_killed_process_is_told_with_what_to_do_about_it(model):
    with Scorer(model, 1, 8) as scorer:
        scorer.submit(["fine"], lambda rows: None).result()
        [process] = multiprocessing.active_children()
        process.kill()
        with pytest.raises(InputError, match="want of memory"):
            scorer.submit(["fine"], lambda rows: None).result()


def test_each_process_keeps_one_core_busy_and_this_one_is_not_told(model):
    before = os.getenv("OMP_NUM_THREADS")
    with Scorer(model, 1, 8) as scorer:
        scorer.submit(["fine"], lambda rows: None).result()
        told = scorer._processes.submit(os.getenv, "OMP_NUM_THREADS").result()
    assert told == "1"
    assert os.getenv("OMP_NUM_THREADS") == before
