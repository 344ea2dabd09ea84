import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sentiment_compare.joining import NOBODY, find


@given(st.lists(st.integers(0, 8)), st.lists(st.integers(0, 8)))
def test_the_last_of_equal_keys_is_found(keys, wanted):
    found = find(np.array(keys, dtype=np.uint64), np.array(wanted, dtype=np.uint64))
    expected = [
        max((at for at, it in enumerate(keys) if it == key), default=NOBODY) for key in wanted
    ]
    assert found.tolist() == expected
