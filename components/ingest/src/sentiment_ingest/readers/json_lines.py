"""JSON lines: one object a line."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sentiment_common.errors import InputError
from sentiment_ingest.readers.files import check_columns, read_text
from sentiment_ingest.records import Record


def read_json_lines(path: Path, columns: Sequence[str]) -> Iterator[Record]:
    """Yields one record per line that is not blank; a key that a line lacks is None."""
    text = read_text(path)
    if text.lstrip().startswith("["):
        raise InputError(
            "one JSON array, not JSON lines",
            where=str(path),
            mend=f"write one object a line, e.g. jq -c '.[]' {path.name}",
        )
    keys: dict[str, None] = {}
    for line, content in enumerate(text.split("\n"), start=1):
        if content.strip():
            values, problem = _parse(content)
            keys.update(dict.fromkeys(values))
            yield Record(
                path.name,
                line,
                {name: values.get(name) for name in columns},
                "not a JSON object" if problem else "",
                problem,
            )
    # Only the whole file says which keys there are.
    check_columns(path, columns, keys)


def _parse(content: str) -> tuple[dict[str, Any], str]:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        return {}, str(error)
    if not isinstance(value, dict):
        return {}, f"a {type(value).__name__} instead"
    return value, ""
