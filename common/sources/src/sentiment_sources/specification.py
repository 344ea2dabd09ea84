"""What to read and how: one specification per source, from a line of text or a file."""

import difflib
import glob
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sentiment_common.addresses import NAMED, SEPARATOR, refuse_literal
from sentiment_common.errors import InputError

ROLES = ("text", "label", "rating", "id", "group", "source", "created_at")
PINS = ("encoding", "delimiter", "quotes", "header", "format")
KEYS = ("name", "uri", "query", "columns", "labels", "rating_thresholds", *ROLES, *PINS)
"""What a table of a file of sources may hold."""
SQLITE = "sqlite:///"


@dataclass(frozen=True)
class SourceSpec:
    """One source: where it is, which column holds what, and what is not to be guessed.

    Attributes:
        uri: Path, pattern of paths, or address. It never holds a secret: ``${NAME}`` in it stands
            for an environment variable and is put in only where it is opened.
        name: What its rows are called the origin of; empty for the file's stem.
        columns: Column by role, over those that all sources share.
        query: What to ask of a database, in SQL.
        pins: How to read it where no guess is wanted: ``encoding``, ``delimiter``, ``quotes``,
            ``header``, ``format``.
        labels: What its labels mean, e.g. ``{"1": "positive"}``.
        rating_thresholds: What its ratings mean, ``NEGATIVE_TO,POSITIVE_FROM``.
    """

    uri: str
    name: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    query: str = ""
    pins: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    rating_thresholds: str = ""


def parse_sources(text: str) -> list[SourceSpec]:
    """Returns the sources that an option names.

    Args:
        text: Paths, patterns or addresses, separated by ``|`` between spaces or by line ends; each
            may be given a name, ``NAME=URI``, or be a ``.toml`` file of sources.

    Raises:
        InputError: It names nothing, a file of sources cannot be understood, or an address holds a
            secret.
    """
    parts = [text] if _is_there(text) else [part.strip() for part in SEPARATOR.split(text)]
    specs = [spec for part in parts if part for spec in _specs(part)]
    if not specs:
        raise InputError("names no source", where=repr(text), mend="give a path or an address")
    return specs


def _specs(part: str) -> Iterable[SourceSpec]:
    named = None if _is_there(part) else NAMED.fullmatch(part)
    name, uri = (named[1], named[2]) if named else ("", part)
    if "://" not in uri and uri.lower().endswith(".toml"):
        if name:
            raise InputError(
                "a file of sources with a name", where=part, mend="name the sources in the file"
            )
        return list(_file(Path(uri)))
    refuse_literal(uri)
    return [SourceSpec(uri, name)]


def _is_there(text: str) -> bool:
    """Tells whether a text, whatever characters are in it, is a file's name or matches some."""
    if "\n" in text or "\0" in text or "://" in text:
        return False
    try:
        return Path(text).exists() or any(glob.iglob(text, recursive=True))  # noqa: PTH207
    except OSError:  # longer than a name can be
        return False


def _file(path: Path) -> Iterator[SourceSpec]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            f"cannot be read ({error.strerror})", where=str(path), mend="check --source"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"no TOML: {error}", where=str(path), mend="mend that line") from error
    _check_keys(content, ("source",), str(path))
    tables = content.get("source", [])
    if not (isinstance(tables, list) and tables and all(isinstance(one, dict) for one in tables)):
        raise InputError(
            "holds no sources", where=str(path), mend="begin each source with [[source]]"
        )
    for number, table in enumerate(tables, start=1):
        yield _spec(table, f"{path}, source {number}", path.parent)


def _spec(table: Mapping[str, Any], where: str, folder: Path) -> SourceSpec:
    _check_keys(table, KEYS, where)
    columns = _texts(table, "columns", where)
    _check_keys(columns, ROLES, f"{where}, columns")
    flat = {role: _text(table, role, where) for role in ROLES if role in table}
    if twice := set(columns) & set(flat):
        raise InputError(
            f"two columns for {min(twice)!r}", where=where, mend="name it in one place"
        )
    spec = SourceSpec(
        uri=_text(table, "uri", where),
        name=_text(table, "name", where),
        columns={**columns, **flat},
        query=_text(table, "query", where),
        pins={pin: _text(table, pin, where) for pin in PINS if pin in table},
        labels=_texts(table, "labels", where),
        rating_thresholds=_text(table, "rating_thresholds", where),
    )
    if not spec.uri:
        raise InputError("no uri", where=where, mend="say where it is: uri = 'reviews.csv'")
    refuse_literal(spec.uri, where)
    return replace(spec, uri=_from(folder, spec.uri))


def _from(folder: Path, uri: str) -> str:
    """Returns an address with a relative path in it taken from the file's folder."""
    if uri.startswith(SQLITE):
        return SQLITE + str(folder.absolute() / uri.removeprefix(SQLITE))
    return uri if "://" in uri or uri.startswith("${") else str(folder / uri)


def _text(table: Mapping[str, Any], key: str, where: str) -> str:
    value = table.get(key, "")
    if isinstance(value, bool):
        return str(value).lower()
    if key == "rating_thresholds" and isinstance(value, list):
        return ",".join(str(one) for one in value)
    if not isinstance(value, str):
        # It is not repeated: an address in a list would stand there with its password.
        raise InputError(f"{key!r} is no text", where=where, mend="put it in quotes")
    return value


def _texts(table: Mapping[str, Any], key: str, where: str) -> dict[str, str]:
    values = table.get(key, {})
    if not isinstance(values, dict):
        raise InputError(f"{key} is no table", where=where, mend=f'write {key} = {{a = "b"}}')
    return {name: _text(values, name, f"{where}, {key}") for name in values}


def _check_keys(table: Mapping[str, Any], known: Iterable[str], where: str) -> None:
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, list(known), n=1)
            mend = f"did you mean {near[0]!r}? " if near else ""
            raise InputError(
                f"unknown key {key!r}", where=where, mend=f"{mend}there is {', '.join(known)}"
            )
