"""JSON lines: one object a line."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sentiment_common.errors import InputError
from sentiment_sources.content import Content
from sentiment_sources.formats.files import check_columns, read_text
from sentiment_sources.records import Record


def read_json_lines(
    content: Content,
    columns: Mapping[str, str],
    pins: Mapping[str, str],
    tell: Callable[[str], None],
) -> Iterator[Record]:
    """Yields one record per line that is not blank; a key that a line lacks is None."""
    text = read_text(content)
    if text.lstrip().startswith("["):
        raise InputError(
            "one JSON array, not JSON lines",
            where=content.place,
            mend=f"write one object a line, e.g. jq -c '.[]' {content.name}",
        )
    keys: dict[str, None] = {}
    for line, row in enumerate(text.split("\n"), start=1):
        if row.strip():
            values, problem = _parse(row)
            keys.update(dict.fromkeys(values))
            yield Record(
                content.name,
                line,
                {role: values.get(name) for role, name in columns.items()},
                "not a JSON object" if problem else "",
                problem,
            )
    # Only the whole file says which keys there are.
    check_columns(content, columns.values(), keys)


def _parse(content: str) -> tuple[dict[str, Any], str]:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        return {}, str(error)
    if not isinstance(value, dict):
        return {}, f"a {type(value).__name__} instead"
    return value, ""
