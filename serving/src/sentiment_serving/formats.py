"""The formats of ``/invocations``: records in, a line each out, in SageMaker's three notations."""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sentiment_serving.batching import Rows
from sentiment_serving.calls import JSON, RefusedError, parse_request
from sentiment_serving.model import ENCODE, OpenModel
from sentiment_serving.schemas import MAX_CHARACTERS, MAX_RECORDS

LINES, CSV = b"application/jsonlines", b"text/csv"
NAMES = {
    JSON: JSON, LINES: LINES, b"application/x-ndjson": LINES, b"application/jsonl": LINES,
    b"application/x-jsonlines": LINES, CSV: CSV,
}  # fmt: skip
"""Content types by the notation that they name."""
LISTS = ("inputs", "instances")
"""Names under which MLflow's and TensorFlow's clients send their records as JSON."""


def texts_of(body: bytes, media_type: bytes) -> list[str]:
    """Returns the texts of a request's records, in their order.

    Raises:
        RefusedError: They are not in the notation, too many, or one is too long.
    """
    read: Mapping[bytes, Callable[[bytes], list[str]]] = {JSON: _json, LINES: _lines, CSV: _csv}
    texts = read[NAMES[media_type]](body)
    if not texts:
        raise _wrong("no record in the request")
    if len(texts) > MAX_RECORDS:
        raise _wrong(f"more than {MAX_RECORDS} records")
    for number, text in enumerate(texts, start=1):
        if len(text) > MAX_CHARACTERS:
            raise _wrong(f"record {number} has more than {MAX_CHARACTERS} characters")
    return texts


def notation(accepted: bytes | None, sent: bytes) -> bytes:
    """Returns the notation to answer in: what the caller accepts, else what it sent."""
    for part in (accepted or b"").split(b","):
        name = NAMES.get(part.partition(b";")[0].strip().lower())
        if name:
            return name
    return NAMES[sent]


def written(model: OpenModel, rows: Rows, wanted: bytes) -> bytes:
    """Returns the answer: a ``PredictResponse``, or a line a record."""
    if wanted == JSON:
        return model.answer(rows)
    if wanted == LINES:
        return "".join(f"{ENCODE(line)}\n" for line in model.predictions(rows)).encode()
    lines = (f"{model.label(row)},{','.join(map(repr, row))}\n" for row in rows)
    return "".join(lines).encode()


def _json(body: bytes) -> list[str]:
    content = _decoded(body)
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        # It is what reads /predict that says what is wrong with it.
        return parse_request(body).all_texts()
    for name in LISTS:
        if isinstance(value, dict) and set(value) == {name} and isinstance(value[name], list):
            return _texts(value[name])
    if isinstance(value, list):
        return _texts(value)
    return parse_request(body).all_texts()


def _lines(body: bytes) -> list[str]:
    lines = _decoded(body).removesuffix("\n").split("\n")
    return _texts([_line(number, line) for number, line in enumerate(lines, start=1)])


def _line(number: int, line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        raise _wrong(f"record {number} is not JSON") from None


def _texts(records: Sequence[Any]) -> list[str]:
    return [_text(number, record) for number, record in enumerate(records, start=1)]


def _text(number: int, record: Any) -> str:
    text = record.get("text") if isinstance(record, dict) else record
    if not isinstance(text, str):
        raise _wrong(f"record {number} is neither a text nor an object with 'text'")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _wrong(f"record {number} holds half of a character (a lone surrogate)") from None
    return text


def _csv(body: bytes) -> list[str]:
    try:
        rows = list(csv.reader(io.StringIO(_decoded(body), newline=""), strict=True))
    except csv.Error as error:
        raise _wrong(f"not CSV ({error})") from None
    for number, row in enumerate(rows, start=1):
        if len(row) > 1:
            raise _wrong(f"record {number} has {len(row)} columns: send the text alone, in quotes")
    return [row[0] if row else "" for row in rows]


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _wrong(f"not UTF-8 at byte {error.start}") from None


def _wrong(reason: str) -> RefusedError:
    return RefusedError(400, reason, "invalid")
