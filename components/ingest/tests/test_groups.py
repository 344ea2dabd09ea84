from hypothesis import given
from hypothesis import strategies as st

from sentiment_ingest.groups import DisjointSets, join_groups


def test_groups_with_near_duplicates_have_one_name_that_of_the_first():
    assert join_groups(["a", "b", "c"], [0, 1, 0]) == ["a", "b", "a"]


def test_groups_are_joined_through_others():
    assert join_groups(["a", "b", "a", "c"], [0, 1, 1, 3]) == ["a", "a", "a", "c"]


def test_without_near_duplicates_groups_stay_as_they_are():
    assert join_groups(["b", "a", "b"], [0, 1, 2]) == ["b", "a", "b"]


@given(st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=30))
def test_sets_are_what_walking_from_number_to_number_reaches(pairs):
    sets, reached = DisjointSets(20), {number: {number} for number in range(20)}
    for one, other in pairs:
        sets.join(one, other)
        both = reached[one] | reached[other]
        for number in both:
            reached[number] = both
    assert [sets.first(number) for number in range(20)] == [min(reached[n]) for n in range(20)]
