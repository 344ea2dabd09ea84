import numpy as np
import pytest

from sentiment_common.errors import InputError
from sentiment_train_ensemble.members import Rows
from sentiment_train_ensemble.selection import Table, choose, folds, macro_f1, select
from sentiment_train_ensemble.settings import Settings

SETTINGS = Settings(("weights",), 0.01, 4, 13)


@pytest.fixture(scope="module")
def table(make):
    targets = make.truth()
    groups = np.array([f"group-{row // 2}" for row in range(len(targets))])
    rows = Rows([str(row) for row in range(len(targets))], targets, groups)
    given = {
        "one": make.told(targets, 5, 1.5),
        "two": make.told(targets, 6, 1.5),
        "copy": make.told(targets, 6, 1.5),
    }
    return Table(given, rows, folds(rows, SETTINGS), SETTINGS)


def test_no_group_is_on_both_sides_and_every_row_is_held_out_once(table):
    held = []
    for others, at in table.folds:
        assert not set(table.rows.groups[others]) & set(table.rows.groups[at])
        held.extend(at.tolist())
    assert sorted(held) == list(range(len(table.rows.targets)))


def test_of_two_equal_members_one_is_dropped(table):
    choice = choose(table)
    assert "one" in choice.members
    assert len(choice.members) == 2
    assert choice.gains["one"] > SETTINGS.min_gain > min(choice.gains.values())


def test_figures_are_those_of_rows_held_out_from_the_choice_too(table):
    chosen = select(table)
    others, at = table.folds[0]
    part = table.taken(others)
    assert len(part.folds) == len(table.folds) - 1
    assert not set(part.rows.ids) & {table.rows.ids[row] for row in at}
    alone = macro_f1(table.probabilities["one"], table.rows.targets)
    assert chosen.metrics["cross_validated_macro_f1"] > alone


def test_a_method_with_more_weights_must_gain_as_much_as_a_member(table):
    settings = Settings(("weights", "stacking"), 0.01, 4, 13)
    both = Table(table.probabilities, table.rows, folds(table.rows, settings), settings)
    assert choose(both).method == "weights"


def test_too_few_groups_are_refused(table):
    rows = Rows(["a", "b"], np.array([0, 2]), np.array(["x", "y"]))
    with pytest.raises(InputError, match="only 1 groups have the label negative"):
        folds(rows, SETTINGS)
