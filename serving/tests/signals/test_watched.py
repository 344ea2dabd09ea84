import pytest

from sentiment_common.errors import InputError
from sentiment_models.bundle import read_bundle
from sentiment_serving.signals.watched import EXAMINED_TEXTS, Watched

SURE, UNSURE = [0.0, 0.0, 1.0], [0.34, 0.33, 0.33]


@pytest.fixture
def watched(watched_bundle):
    return Watched.of(watched_bundle, read_bundle(watched_bundle), "tiny", "sha256:1")


def test_labels_and_confidence_are_those_of_all_texts(watched):
    watched.scored(["a"] * 900, [SURE, SURE, UNSURE] * 300)
    scored = watched.take()
    assert scored.labels == [300, 0, 600]
    assert (scored.confidence[0], scored.confidence[-1]) == (300, 600)
    assert scored.certainty == pytest.approx(600 + 300 * 0.34)
    assert (len(scored.texts), scored.offered) == (EXAMINED_TEXTS, 900)


def test_what_was_taken_is_not_counted_again(watched):
    watched.scored(["a"], [SURE])
    watched.take()
    scored = watched.take()
    assert (sum(scored.labels), sum(scored.confidence), scored.certainty) == (0, 0, 0)


def test_a_damaged_reference_is_refused(watched_bundle, tmp_path):
    (tmp_path / "reference.json").write_text("{}")
    with pytest.raises(InputError, match="damaged"):
        Watched.of(tmp_path, read_bundle(watched_bundle), "tiny", "sha256:1")
