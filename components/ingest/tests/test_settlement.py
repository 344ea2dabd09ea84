"""Who stays, who follows and who has to go where rows of two splits are tied together."""

from sentiment_ingest.near_duplicates import NearDuplicates
from sentiment_ingest.previous import Previous
from sentiment_ingest.rows import Example
from sentiment_ingest.settlement import Rows, settle

# Ten words; a word exchanged makes a near-duplicate, two make none.
ONE = "a b c d e f g h i j"
NEAR_ONE = "a b c d e f g h i x"
BRIDGE = "a b c d e f g h y x"
NEAR_TWO = "a b c d e f g z y x"
TWO = "a b c d e f w z y x"


def settled(*present, gone=()):
    """Settles rows of (id, text, group or "", split or None)."""
    examples = [
        Example(name, text, "neutral", None, "a", group or name, None, "a.csv", place)
        for place, (name, text, group, _) in enumerate(present)
    ]
    bound = [split for *_, split in present] + [row.split for row in gone]
    texts = [row.text for row in (*examples, *gone)]
    rows = Rows(examples, gone, bound, texts, NearDuplicates(texts))
    found = settle(rows, range(len(texts)))
    names = [name for name, *_ in present]
    return (
        {names[row]: split for row, split in found.splits.items()},
        {row.id: (row.reason, row.detail, row.split) for row in found.dropped.values()},
    )


def test_the_one_row_between_two_splits_goes_and_its_neighbours_stay():
    splits, dropped = settled(
        ("one", ONE, "", "train"),
        ("near one", NEAR_ONE, "", None),
        ("bridge", BRIDGE, "", None),
        ("near two", NEAR_TWO, "", None),
        ("two", TWO, "", "test"),
    )
    assert splits == {"one": "train", "near one": "train", "bridge": "train", "two": "test"}
    assert dropped == {
        "near two": (
            "near-duplicate in another split", "near 'bridge', near 'two'", None,
        )
    }  # fmt: skip


def test_of_two_changed_rows_that_became_near_that_of_train_goes_and_keeps_its_split_in_mind():
    splits, dropped = settled(("one", ONE, "", "train"), ("near one", NEAR_ONE, "", "test"))
    assert splits == {"near one": "test"}
    assert dropped == {
        "one": (
            "near-duplicate in another split",
            "near 'near one'",
            "train",
        )
    }


def test_a_group_in_two_splits_stays_where_most_of_it_stood():
    splits, dropped = settled(
        ("1", ONE, "g", "train"), ("2", "other words", "g", "train"), ("3", "more", "g", "test")
    )
    assert splits == {"1": "train", "2": "train"}
    assert dropped == {"3": ("group in another split", "of the group of '1'", "test")}


def test_a_new_row_of_a_group_that_is_near_to_another_split_goes():
    splits, dropped = settled(
        ("1", "other words", "g", "train"), ("2", ONE, "", "test"), ("3", NEAR_ONE, "g", None)
    )
    assert splits == {"1": "train", "2": "test"}
    assert dropped["3"] == (
        "near-duplicate in another split", "near '2', of the group of '1'", None,
    )  # fmt: skip


def test_who_is_no_more_binds_only_rows_that_nobody_else_binds():
    gone = [Previous("gone", "test", ONE, "gone")]
    splits, dropped = settled(
        ("1", "a b c d e f g h i k", "g", None), ("2", "other words", "g", "train"), gone=gone
    )
    assert (splits, dropped) == ({"1": "train", "2": "train"}, {})
    splits, dropped = settled(
        ("1", NEAR_ONE, "", None), ("2", "other words", "", "train"), gone=gone
    )
    assert (splits, dropped) == ({"1": "test", "2": "train"}, {})


def test_rows_that_only_a_dropped_row_ties_are_free():
    splits, dropped = settled(
        ("1", "other words", "g", "train"),
        ("2", ONE, "", "test"),
        ("tied", NEAR_ONE, "g", None),
        ("free", BRIDGE, "", None),
    )
    assert splits == {"1": "train", "2": "test"}
    assert list(dropped) == ["tied"]
