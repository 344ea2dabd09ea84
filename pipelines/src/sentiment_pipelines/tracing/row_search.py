"""Looks into the rows of examples; runs in the environment of ingest, which reads Parquet.

A question comes as JSON on standard input, and its answer goes as JSON to standard output. It is
started by its path (see ``sentiment_pipelines.tracing.examples``), so that the control plane needs
no Parquet reader and imports no stage.
"""

import heapq
import json
import math
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

SPLITS = ("train", "validation", "test")
COLUMNS = ["id", "text", "label", "source"]
ADDRESS = re.compile(r"@\w+|https?://\S+|www\.\S+")
SIGNS = ("@", "://", "www.")
"""Without one of these there is no mention and no address."""
WORD = re.compile(r"[^\W_]+")
LEAST_WORDS = 5
SAME, NEAR, SIMILAR = "same text", "near-duplicate", "similar"
ORDER = (SAME, NEAR, SIMILAR)


def words(text: str) -> set[str]:
    """Returns the distinct words of a text in one case, without mentions and addresses."""
    folded = text.casefold()
    if any(sign in folded for sign in SIGNS):  # most texts have none, and looking is cheaper
        folded = ADDRESS.sub(" ", folded)
    return set(WORD.findall(folded))


def nearest(
    read: Callable[[], Iterable[Mapping[str, Any]]], text: str, count: int
) -> list[dict[str, Any]]:
    """Returns the rows whose texts are nearest to a text, the nearest first.

    First come rows of the same text (but for white space and case), then near-duplicates as ingest
    has them (Jaccard similarity of the sets of words at least 4/5; the same words, below five),
    then the most similar by the weighted Jaccard similarity of their words (Ioffe, ICDM 2010): a
    word weighs what it tells, its inverse document frequency over the rows (Sparck Jones, 1972).

    Args:
        read: Reads the rows, each time from the first.
        text: The text.
        count: So many at most; rows without a common word are none of them.
    """
    wanted, folded = words(text), _folded(text)
    weights = _weights(read)
    total = _sum(weights, wanted)
    best: list[tuple[int, float, int, dict[str, Any]]] = []
    for place, row in enumerate(read()):
        found = words(row["text"])
        same = found == wanted and _folded(row["text"]) == folded
        common = wanted & found
        if not (common or same):
            continue
        relation = SAME if same else _relation(wanted, found)
        rank, shared = -ORDER.index(relation), _sum(weights, common)
        # No union is smaller than the text alone: most rows need not be weighed whole.
        if len(best) == count and not same and (rank, shared / total) < best[0][:2]:
            continue
        score = 1.0 if same else shared / (total + _sum(weights, found - wanted))
        told = {**row, "relation": relation, "similarity": round(score, 4)}
        keep = heapq.heappush if len(best) < count else heapq.heappushpop
        keep(best, (rank, score, -place, told))
    return [told for *_, told in sorted(best, key=lambda it: it[:3], reverse=True)]


def _weights(read: Callable[[], Iterable[Mapping[str, Any]]]) -> dict[str, float]:
    """Returns the inverse document frequency of each word; one of no row is as rare as can be."""
    frequencies: Counter[str] = Counter()
    rows = 0
    for row in read():
        frequencies.update(words(row["text"]))
        rows += 1
    weights: dict[str, float] = defaultdict(lambda: math.log(1 + rows))
    # Above 0 even for a word of all rows: a text may have no other.
    weights.update({word: math.log((1 + rows) / count) for word, count in frequencies.items()})
    return weights


def _sum(weights: Mapping[str, float], its: Iterable[str]) -> float:
    # Exact, so that it does not depend on the order in which a set is gone through.
    return math.fsum(map(weights.__getitem__, its))


def _relation(wanted: set[str], found: set[str]) -> str:
    if min(len(wanted), len(found)) < LEAST_WORDS:
        return NEAR if wanted == found else SIMILAR
    common = len(wanted & found)
    return NEAR if 9 * common >= 4 * (len(wanted) + len(found)) else SIMILAR


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def rows_of(folder: Path, split: str, *, redacted: bool = False) -> Iterator[dict[str, Any]]:
    """Yields the rows of a split, with their texts redacted if those they are held against are."""
    import pyarrow.parquet as pq

    from sentiment_common.redaction import redact

    for path in sorted((folder / split).glob("*.parquet")):
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(columns=COLUMNS):
                for row in batch.to_pylist():
                    yield {**row, "text": redact(row["text"]) if redacted else row["text"]}


def locate(folder: Path, name: str) -> dict[str, Any] | None:
    """Returns where an examples artifact has the row of an id, None if it has not.

    Args:
        folder: The artifact.
        name: The row's id, or ``FILE:ROW`` of a row that was left out.
    """
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    for split in SPLITS:
        for path in sorted((folder / split).glob("*.parquet")):
            place = pc.index(pq.read_table(path, columns=["id"])["id"], name).as_py()
            if place >= 0:
                (row,) = pq.read_table(path).slice(place, 1).to_pylist()
                kept = {key: row.get(key) for key in ("id", "text", "label", "source", "group")}
                return {**kept, "split": split}
    return _dropped(folder / "dropped.jsonl", name)


def _dropped(path: Path, name: str) -> dict[str, Any] | None:
    if not path.is_file():
        return None
    file, _, number = name.rpartition(":")
    with path.open(encoding="utf-8") as stream:
        for line in stream:
            row = json.loads(line)
            at = (str(row.get("file")), str(row.get("row")))
            if row.get("id") == name or at == (file, number):
                return {"id": row.get("id", ""), "split": "", "reason": row.get("reason", "")} | {
                    "detail": row.get("detail", "")
                }
    return None


def answer(question: Mapping[str, Any]) -> Any:
    """Answers a question."""
    if question["what"] == "nearest":
        folder, redacted = Path(question["folder"]), bool(question["redacted"])
        read = partial(rows_of, folder, "train", redacted=redacted)
        return nearest(read, question["text"], question["count"])
    return {
        folder: found
        for folder in question["folders"]
        if (found := locate(Path(folder), question["id"]))
    }


if __name__ == "__main__":
    json.dump(answer(json.load(sys.stdin)), sys.stdout)
