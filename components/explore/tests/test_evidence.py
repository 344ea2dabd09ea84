import numpy as np
import planted

from sentiment_explore import evidence, marks


def test_lengths_are_told_by_label_and_fill_a_histogram(rows_of):
    rows = rows_of(planted.sound(300))
    found = evidence.lengths(rows, marks.mark(rows.texts))
    for it in found.values():
        assert abs(sum(it.histogram) - 1) < 1e-4
        assert it.words == sorted(it.words)
        assert it.characters[0] > it.words[0]


def test_sources_are_ranked_by_size_and_keep_every_row(rows_of):
    rows = rows_of(planted.sound(300))
    found = evidence.by_source(rows)
    sizes = [sum(counts.values()) for counts in found.values()]
    assert sizes == sorted(sizes, reverse=True)
    assert sum(sizes) == 300


def test_shares_of_marks_are_of_the_label(rows_of):
    written = [planted.alike(it, text="why? " * (it.label == "neutral") + "ok")
               for it in planted.sound(90)]  # fmt: skip
    rows = rows_of(written)
    assert evidence.shares(rows, marks.mark(rows.texts), ["question"]) == {
        "question": {"negative": 0.0, "neutral": 1.0, "positive": 0.0}
    }
    assert np.bincount(rows.labels).sum() == 90
