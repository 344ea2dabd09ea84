"""Who is asked what: hands the texts of a batch out to the labellers of the page.

Most texts go to one labeller, a hidden share to everybody, and a tie to somebody who has not
labelled it. What one labeller looks at is kept from the others for a while; should two label it all
the same, both labels count.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sentiment_common.errors import InputError
from sentiment_models.bundle import LABELS
from sentiment_pipelines.labelling import store
from sentiment_pipelines.labelling.batches import Ask, Batch
from sentiment_pipelines.labelling.keeping import named, row_of

LEASE_SECONDS = 300.0
"""How long a text is kept for the one who looks at it."""


class Desk:
    """Hands texts out and takes labels in; its methods may be called from several threads.

    Args:
        batch: The batch.
        path: The file of all labels.
        clock: Seconds that only go forward.
    """

    def __init__(
        self, batch: Batch, path: Path, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._batch, self._path, self._clock = batch, path, clock
        self._asks = {ask.id: ask for ask in batch.asks}
        self._leases: dict[str, tuple[str, float]] = {}
        self._skipped: dict[str, Counter[str]] = {}
        self._lock = threading.Lock()

    def state(self, by: str) -> dict[str, Any]:
        """Returns what a labeller's page shows: the next text and how far everybody is.

        Raises:
            InputError: That is no name, or the labels cannot be read.
        """
        by = named(by)
        rows = store.read(self._path)
        with self._lock:
            ask = self._next(by, rows)
        said = _by_text(rows)
        done = sum(ask.text in said for ask in self._batch.asks)
        mine = self._mine(by, rows)
        return {
            "batch": self._batch.id, "labels": LABELS, "by": by, "done": done, "mine": len(mine),
            "total": len(self._batch.asks), "last": mine[-1].label if mine else "",
            "next": {"id": ask.id, "text": ask.text} if ask else None,
        }  # fmt: skip

    def label(self, by: str, id_: str, label: str) -> None:
        """Takes a label down; it is on the disk when this returns.

        Raises:
            InputError: That is no name, no label, or nobody asks about this text.
        """
        by, ask = named(by), self._asked(id_)
        if label not in LABELS:
            raise InputError(f"{label!r} is no label", mend=f"it is one of {', '.join(LABELS)}")
        row = row_of(self._batch, ask, label, by, store.now())

        def choose(rows: list[store.Row]) -> Sequence[store.Row]:
            same = (row.text, by, label)
            return [] if same in {(it.text, it.by, it.label) for it in rows} else [row]

        store.append(self._path, choose)
        self._release(id_)

    def skip(self, by: str, id_: str) -> None:
        """Puts a text that a labeller cannot judge behind all others, until the page is restarted.

        Raises:
            InputError: That is no name, or nobody asks about this text.
        """
        by, ask = named(by), self._asked(id_)
        with self._lock:
            self._skipped.setdefault(by, Counter())[ask.id] += 1
        self._release(id_)

    def undo(self, by: str) -> None:
        """Takes the last label of a labeller in this batch back; they are asked again.

        Raises:
            InputError: They have given none.
        """
        by = named(by)

        def choose(rows: list[store.Row]) -> Sequence[store.Row]:
            mine = self._mine(by, rows)
            if not mine:
                raise InputError("there is nothing to undo")
            ask = next(it for it in self._batch.asks if it.text == mine[-1].text)
            return [row_of(self._batch, ask, store.WITHDRAWN, by, store.now())]

        (withdrawn,) = store.append(self._path, choose)
        id_ = f"{withdrawn.request_id}:{withdrawn.position}"
        with self._lock:
            self._lease(id_, by)
            self._skipped.get(by, Counter()).pop(id_, None)

    def _asked(self, id_: str) -> Ask:
        if id_ not in self._asks:
            raise InputError(f"nobody was asked about {id_!r}", mend="load the page again")
        return self._asks[id_]

    def _mine(self, by: str, rows: Sequence[store.Row]) -> list[store.Row]:
        return [row for row in rows if row.by == by and row.batch == self._batch.id]

    def _lease(self, id_: str, by: str) -> None:
        # One looks at one text: what they looked at before is free.
        others = {other: it for other, it in self._leases.items() if it[0] != by}
        self._leases = {**others, id_: (by, self._clock() + LEASE_SECONDS)}

    def _release(self, id_: str) -> None:
        with self._lock:
            self._leases.pop(id_, None)

    def _next(self, by: str, rows: Sequence[store.Row]) -> Ask | None:
        """Returns the text a labeller is asked about now, and keeps it from the others."""
        said, skipped = _by_text(rows), self._skipped.get(by, Counter())
        open_ = [ask for ask in self._batch.asks if self._wanted(ask, by, said.get(ask.text, []))]
        # What one looks at comes first: loading the page again does not change the text.
        open_.sort(key=lambda ask: (skipped[ask.id], self._leases.get(ask.id, ("", 0))[0] != by))
        if not open_:
            return None
        if not open_[0].shared:
            self._lease(open_[0].id, by)
        return open_[0]

    def _wanted(self, ask: Ask, by: str, said: Sequence[str]) -> bool:
        if by in said:
            return False
        if ask.shared:
            return True
        holder, until = self._leases.get(ask.id, ("", 0.0))
        return not said and (holder == by or until <= self._clock())


def _by_text(rows: Sequence[store.Row]) -> dict[str, list[str]]:
    """Returns who has labelled each text."""
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row.text, []).append(row.by)
    return found
