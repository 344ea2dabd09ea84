import asyncio

import pytest

from sentiment_serving.signals.harmless import Harmless


def test_every_error_is_counted_and_the_first_told_with_its_trace(caplog):
    counted = []
    harmless = Harmless(lambda: counted.append(1))
    for number in range(3):
        with harmless:
            raise ValueError(f"number {number}")
    with harmless:
        pass
    assert len(counted) == 3
    (told,) = caplog.records
    assert str(told.exc_info[1]) == "number 0"


@pytest.mark.parametrize("kind", [asyncio.CancelledError, KeyboardInterrupt, SystemExit])
def test_what_ends_a_task_or_the_process_goes_on(kind):
    counted = []
    with pytest.raises(kind), Harmless(lambda: counted.append(1)):
        raise kind
    assert counted == []
