"""Replay: beside what is new, a share of the earlier train rows is trained on once more.

Validation and test are carried over whole, so that models are judged on what they were judged on.
Of train those rows stay whose hash is below the share: permanent random numbers, as samples use
them that are drawn again and again (Ohlsson, Coordination of samples using permanent random
numbers, 1995). Which rows these are depends on nothing but their ids; a larger share contains a
smaller one; the same share of what it has left is all of it; and every label and source is hit
alike. Whole groups would be hit less evenly: a tenth of the default corpus is then off by 9 points
in a label's share, by rows it is by 2. What is left of a group stays in train.
"""

import hashlib
from dataclasses import dataclass

from sentiment_common.errors import InputError
from sentiment_ingest.examples import Ingested
from sentiment_ingest.increments import Increment
from sentiment_ingest.rows import Dropped, Example
from sentiment_ingest.split import TRAIN

OPTION, REASON = "--replay", "not replayed"
BITS = 64


@dataclass(frozen=True)
class Replayed:
    """What is trained and judged on.

    Attributes:
        examples: The rows that are kept, in their order.
        left_out: The earlier train rows that are not, each with its split, which stays its own.
    """

    examples: list[Example]
    left_out: list[Dropped]


def parse_share(text: str, since: str) -> float | None:
    """Returns the share that ``--replay`` gives; None if it is empty.

    Args:
        text: The option.
        since: ``--since``, which carries earlier examples over in another way.

    Raises:
        InputError: It is no number from 0 to 1, or both are given.
    """
    if not text:
        return None
    if since:
        raise InputError(
            "it reads all rows, whatever their date, and --since does not",
            where=OPTION, mend="give one of the two",
        )  # fmt: skip
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise InputError(
            f"{text!r} is no share", where=OPTION, mend="give a number from 0 to 1, e.g. 0.25"
        )
    return share


def is_replayed(identity: str, share: float) -> bool:
    """Tells whether a row is among those that a share of all rows is made of, by its id."""
    digest = hashlib.sha256(f"replay\0{identity}".encode()).digest()
    # Exact numbers on both sides: a share of 1 leaves nobody out, one of 0 everybody.
    return int.from_bytes(digest[: BITS // 8], "big") < share * 2**BITS


def thin(ingested: Ingested, increment: Increment, share: float | None) -> Replayed:
    """Leaves out the earlier train rows that are not replayed, and that nobody has sent again.

    Args:
        ingested: The earlier rows, then those that are new.
        increment: Says which of them stood in train.
        share: Share of them to keep; None to keep all.
    """
    if share is None:
        return Replayed(ingested.examples, [])
    kept: list[Example] = []
    left_out: list[Dropped] = []
    for at, row in enumerate(ingested.examples):
        earlier = at < len(increment.splits) and increment.splits[at] == TRAIN
        if earlier and at not in ingested.seen and not is_replayed(row.id, share):
            left_out.append(Dropped(row.file, row.row, REASON, id=row.id, split=TRAIN))
        else:
            kept.append(row)
    return Replayed(kept, left_out)


def apart(increment: Increment, share: float | None) -> frozenset[str]:
    """Returns the ids of rows that do not count when new rows are shared out.

    Of train only a part is there: were it counted, all new rows would go to train, and nobody would
    be judged on any of them.
    """
    return frozenset() if share is None else frozenset(row.id for row in increment.examples)
