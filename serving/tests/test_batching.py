import asyncio
import gc
import threading
import weakref

import pytest

from sentiment_serving.batching import Batcher


class Slow:
    """Gives each text its length, once it is let."""

    def __init__(self, let=True):
        self.gate, self.batches = threading.Event(), []
        if let:
            self.gate.set()

    def __call__(self, texts):
        self.batches.append(len(texts))
        self.gate.wait(10)
        if "bad" in texts:
            raise ValueError("bad")
        return [[float(len(text))] for text in texts]


def test_what_arrives_meanwhile_is_scored_together():
    score, sizes = Slow(let=False), []

    async def ask():
        batcher = Batcher(score, sizes.append, 256)
        waiting = [asyncio.create_task(batcher.score(["x" * n])) for n in range(20)]
        while not score.batches:
            await asyncio.sleep(0.001)
        waiting += [asyncio.create_task(batcher.score(["x" * n])) for n in range(20, 40)]
        await asyncio.sleep(0.01)
        score.gate.set()
        return await asyncio.gather(*waiting)

    assert asyncio.run(ask()) == [[[float(n)]] for n in range(40)]
    assert sizes == score.batches == [20, 20]


def test_a_batch_is_not_larger_than_allowed_and_a_long_request_goes_in_parts():
    score = Slow()

    async def ask():
        batcher = Batcher(score, lambda size: None, 4)
        return await asyncio.gather(batcher.score(["a"] * 10), batcher.score(["bb"]))

    assert asyncio.run(ask()) == [[[1.0]] * 10, [[2.0]]]
    assert max(score.batches) == 4
    assert score.batches[1] == 1, "the short request goes in between the parts of the long one"


def test_an_error_reaches_those_of_its_batch_and_nobody_else():
    async def ask():
        batcher = Batcher(Slow(), lambda size: None, 1)
        return await asyncio.gather(
            batcher.score(["bad"]), batcher.score(["good"]), return_exceptions=True
        )

    failed, answered = asyncio.run(ask())
    assert isinstance(failed, ValueError)
    assert answered == [[4.0]]


def test_who_gives_up_takes_nobody_along():
    score = Slow(let=False)

    async def ask():
        batcher = Batcher(score, lambda size: None, 256)
        first = asyncio.create_task(batcher.score(["a"]))
        while not score.batches:
            await asyncio.sleep(0.001)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await batcher.score(["bb"])
        last = asyncio.create_task(batcher.score(["ccc"]))
        await asyncio.sleep(0)
        score.gate.set()
        return await asyncio.gather(first, last)

    assert asyncio.run(ask()) == [[[1.0]], [[3.0]]]
    assert score.batches == [1, 1]


def test_a_batcher_that_nobody_holds_goes_with_its_scorer():
    async def ask():
        batcher = Batcher(Slow(), lambda size: None, 8)
        await batcher.score(["a"])
        return weakref.ref(batcher)

    gc.disable()
    try:
        assert asyncio.run(ask())() is None
    finally:
        gc.enable()
