"""Adaptive batching: what arrives while a batch is scored becomes the next batch."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

Rows = list[list[float]]


class Batcher:
    """Scores in one thread; whoever comes meanwhile waits and is scored together.

    An idle model scores a text at once, a busy one in batches that grow with the load: no text
    waits for others, and none longer than the batch before it takes (the scheme of Clipper,
    Crankshaw et al. 2017, section 4.3, without its delay). A long request is scored in parts, so
    that short ones go in between.

    Args:
        score: Takes texts, gives a row of probabilities each.
        observe: Is told the size of each batch.
        max_batch: Texts of the largest batch.
    """

    def __init__(
        self,
        score: Callable[[list[str]], Rows],
        observe: Callable[[int], None],
        max_batch: int,
    ) -> None:
        self._score, self._observe, self._max_batch = score, observe, max_batch
        self._waiting: deque[tuple[Sequence[str], asyncio.Future[Rows]]] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="scorer")
        self._running: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """Texts that wait for the batch before theirs."""
        return sum(len(texts) for texts, _ in self._waiting)

    async def score(self, texts: Sequence[str]) -> Rows:
        """Scores texts, in their order.

        Raises:
            Exception: What the scorer raised for the batch that they were in.
        """
        rows: Rows = []
        for start in range(0, len(texts), self._max_batch):
            rows += await self._enqueue(texts[start : start + self._max_batch])
        return rows

    def _enqueue(self, texts: Sequence[str]) -> "asyncio.Future[Rows]":
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Rows] = loop.create_future()
        self._waiting.append((texts, answer))
        if self._running is None or self._running.done():
            self._running = loop.create_task(self._run())
        return answer

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while batch := self._next_batch():
            texts = [text for part, _ in batch for text in part]
            self._observe(len(texts))
            try:
                rows = await loop.run_in_executor(self._thread, self._score, texts)
            except Exception as error:  # noqa: BLE001 (it belongs to those who wait)
                for _, answer in batch:
                    if not answer.done():
                        answer.set_exception(error)
                continue
            for part, answer in batch:
                # Who gave up meanwhile has cancelled its answer.
                if not answer.done():
                    answer.set_result(rows[: len(part)])
                del rows[: len(part)]

    def _next_batch(self) -> list[tuple[Sequence[str], "asyncio.Future[Rows]"]]:
        batch: list[tuple[Sequence[str], asyncio.Future[Rows]]] = []
        size = 0
        while self._waiting and size + len(self._waiting[0][0]) <= self._max_batch:
            texts, answer = self._waiting.popleft()
            if not answer.done():
                batch.append((texts, answer))
                size += len(texts)
        return batch
