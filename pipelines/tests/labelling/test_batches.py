import pytest

from sentiment_common.errors import InputError
from sentiment_pipelines.labelling import batches
from sentiment_pipelines.labelling.batches import Ask, Batch


def batch(text, made="2026-11-21T00:00:00.000Z"):
    return Batch(made, "s", "u", 13, 100, (Ask("r0", 0, text, "random", "random", False),), ())


def test_a_batch_is_kept_once_for_its_owner_alone_and_found_by_its_beginning(kept_batches):
    one, two = batch("a"), batch("b", made="2026-11-22T00:00:00.000Z")
    for it in (two, one, one):
        kept = batches.keep(it)
    assert kept.stat().st_mode & 0o777 == 0o600 and kept_batches.stat().st_mode & 0o777 == 0o700
    assert batches.read_all() == [one, two] and batches.pick("") == two
    assert batches.pick(one.id[:5]) == one
    with pytest.raises(InputError, match="no single batch 'zz'"):
        batches.pick("zz")


def test_a_place_that_takes_nothing_is_one_line(kept_batches):
    kept_batches.parent.mkdir()
    kept_batches.write_text("in the way")
    with pytest.raises(InputError, match="cannot be written"):
        batches.keep(batch("a"))


def test_before_the_first_batch_it_says_how_to_make_one(kept_batches):
    with pytest.raises(InputError, match="make label-sample"):
        batches.pick("")


@pytest.mark.parametrize("content", ["{", "[]", '{"schema": 2}', '{"schema": 1, "asks": []}'])
def test_a_damaged_batch_is_said_in_one_line(kept_batches, content):
    kept_batches.mkdir(parents=True)
    (kept_batches / "b.json").write_text(content)
    with pytest.raises(InputError, match="no batch of texts to label"):
        batches.read_all()
