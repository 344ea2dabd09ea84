import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from sentiment_serving.signals.sample import Sample

chance = random.Random
REQUESTS = st.lists(st.integers(0, 40), max_size=20)


@given(REQUESTS, st.integers(1, 10), st.integers(0, 99))
def test_it_holds_so_many_of_the_texts_each_once(requests, size, seed):
    sample, names = Sample(size, 9, chance(seed)), iter(range(10_000))
    for count in requests:
        sample.offer([str(next(names)) for _ in range(count)])
    kept, offered = sample.take()
    assert offered == sum(requests)
    assert len({text for text, _ in kept}) == len(kept) == min(size, offered)
    assert {int(text) for text, _ in kept} <= set(range(offered))


def test_every_place_in_every_request_is_as_probable():
    chosen, source = Counter(), chance(5)
    for _ in range(4_000):
        sample = Sample(4, 9, source)
        for request in ("abcdefgh", "i", "jklmnopqrs", "t"):
            sample.offer(list(request))
        chosen.update(text for text, _ in sample.take()[0])
    # 800 are expected of each; the deviation of one is 25.
    assert len(chosen) == 20
    assert all(700 < count < 900 for count in chosen.values())


def test_it_begins_anew_when_it_is_taken():
    sample = Sample(2, 9, chance(5))
    sample.offer(["a", "b", "c"])
    sample.take()
    assert sample.take() == ([], 0)
    sample.offer(["d"])
    assert sample.take() == ([("d", 1)], 1)


def test_of_a_long_text_the_beginning_and_the_length_are_kept():
    sample = Sample(2, 3, chance(5))
    sample.offer(["x" * 20_000])
    assert sample.take() == ([("xxx", 20_000)], 1)
