"""MLflow's registry without MLflow: its REST API, or read-only its tables in an sqlite store."""

import contextlib
import json
import shutil
import sqlite3
import urllib.parse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from sentiment_common.errors import InputError
from sentiment_common.mlflow_api import Server, ServerError

BUNDLE = "artifacts/bundle"
"""Where push puts the bundle inside the MLflow model."""
DIGEST = "digest"
"""Tag of a version: the digest of its bundle."""
VARIABLES = ("MLFLOW_REGISTRY_URI", "MLFLOW_TRACKING_URI")
UNKNOWN = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")
PROXIED = "mlflow-artifacts:"
COLUMNS = {
    "registered_model_aliases": {"name", "alias", "version"},
    "model_versions": {"name", "version", "source", "storage_location", "status"},
    "model_version_tags": {"name", "version", "key", "value"},
}
"""What we read of MLflow's tables; they have been like this since its release 2.3."""


@dataclass(frozen=True)
class Registered:
    """One version of a registered model.

    Attributes:
        version: Its number.
        digest: Digest of its bundle; empty if nobody wrote it down.
        location: Address of the MLflow model.
    """

    version: str
    digest: str
    location: str


class Registry(Protocol):
    """What a registry can be asked."""

    def look(self, name: str, alias: str, version: str) -> Registered:
        """Returns what an alias, or a version if there is none, stands for.

        Raises:
            InputError: There is no such model.
            ServerError: The registry does not answer.
        """
        ...

    def download(self, registered: Registered, folder: Path) -> None:
        """Copies the files of its bundle into a folder.

        Raises:
            InputError: There is none, or it cannot be read from here.
            ServerError: The registry does not answer.
        """
        ...


def registry_of(environment: Mapping[str, str]) -> Registry:
    """Returns the registry that MLflow's variables name.

    Raises:
        InputError: None is named, or it is neither a server nor an sqlite store.
    """
    variable = next((name for name in VARIABLES if environment.get(name)), None)
    if variable is None:
        raise InputError(
            "no registry to take the model from", where="models:/",
            mend="set MLFLOW_TRACKING_URI to its address, or to sqlite:///FILE",
        )  # fmt: skip
    address = environment[variable]
    if address.startswith("sqlite:///"):
        return SqliteRegistry(Path(address.removeprefix("sqlite:///").partition("?")[0]).absolute())
    return RestRegistry(Server.of(address, variable, environment))


class RestRegistry:
    """An MLflow server.

    Args:
        server: Where it is.
    """

    def __init__(self, server: Server) -> None:
        self._server = server

    def look(self, name: str, alias: str, version: str) -> Registered:
        """See ``Registry``."""
        path = "registered-models/alias" if alias else "model-versions/get"
        query = {"name": name} | ({"alias": alias} if alias else {"version": version})
        try:
            found = self._server.get(path, query, "model_version")
            number = str(found["version"])
            location = self._server.get(
                "model-versions/get-download-uri", {"name": name, "version": number}, "artifact_uri"
            )
            tags = {tag["key"]: tag["value"] for tag in found.get("tags", ())}
            return Registered(number, str(tags.get(DIGEST, "")), str(location))
        except ServerError as error:
            if error.code in UNKNOWN:
                raise _unknown(name, alias, version, self._server.address) from error
            raise
        except (KeyError, TypeError, AttributeError) as error:
            raise ServerError(f"{self._server.address} does not answer as MLflow does") from error

    def download(self, registered: Registered, folder: Path) -> None:
        """See ``Registry``; the server passes the files on, or they lie on a common disk."""
        if not registered.location.startswith(PROXIED):
            _copy_local(registered.location, folder)
            return
        root = urllib.parse.urlsplit(registered.location).path.strip("/")
        files = list(self._files(f"{root}/{BUNDLE}"))
        if not files:
            raise InputError(f"no {BUNDLE} in it", where=registered.location)
        for path in files:
            target = folder / path.removeprefix(f"{root}/{BUNDLE}/")
            if not target.resolve().is_relative_to(folder.resolve()):
                raise InputError("a file that leads elsewhere", where=path)
            target.parent.mkdir(parents=True, exist_ok=True)
            quoted = urllib.parse.quote(path)
            target.write_bytes(self._server.content(f"mlflow-artifacts/artifacts/{quoted}"))

    def _files(self, folder: str) -> Iterator[str]:
        query = urllib.parse.urlencode({"path": folder})
        text = self._server.content(f"mlflow-artifacts/artifacts?{query}")
        try:
            found: Any = json.loads(text)
            entries = [(str(item["path"]), bool(item.get("is_dir"))) for item in found["files"]]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ServerError(f"{self._server.address} does not answer as MLflow does") from error
        for name, is_folder in entries:
            path = f"{folder}/{name.rpartition('/')[2]}"
            if is_folder:
                yield from self._files(path)
            else:
                yield path


class SqliteRegistry:
    """The database of an MLflow store on this machine, read-only.

    Args:
        database: Its file.
    """

    def __init__(self, database: Path) -> None:
        self._database = database

    def look(self, name: str, alias: str, version: str) -> Registered:
        """See ``Registry``."""
        with self._connected() as connection:
            self._check(connection)
            if alias:
                rows = connection.execute(
                    "SELECT version FROM registered_model_aliases WHERE name = ? AND alias = ?",
                    (name, alias),
                ).fetchall()
                version = str(rows[0][0]) if rows else ""
            rows = connection.execute(
                "SELECT coalesce(storage_location, source) FROM model_versions"
                " WHERE name = ? AND version = ? AND status = 'READY'",
                (name, version),
            ).fetchall()
            if not rows:
                raise _unknown(name, alias, version, str(self._database))
            tags = connection.execute(
                "SELECT value FROM model_version_tags WHERE name = ? AND version = ? AND key = ?",
                (name, version, DIGEST),
            ).fetchall()
        return Registered(version, str(tags[0][0]) if tags else "", str(rows[0][0]))

    def download(self, registered: Registered, folder: Path) -> None:
        """See ``Registry``."""
        _copy_local(registered.location, folder)

    @contextlib.contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        if not self._database.is_file():
            raise ServerError(f"there is no database {self._database}")
        address = f"file:{urllib.parse.quote(str(self._database))}?mode=ro"
        try:
            with contextlib.closing(sqlite3.connect(address, uri=True)) as connection:
                yield connection
        except sqlite3.Error as error:
            raise ServerError(f"{self._database} cannot be read ({error})") from error

    def _check(self, connection: sqlite3.Connection) -> None:
        for table, wanted in COLUMNS.items():
            found = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
            if missing := sorted(wanted - found):
                raise InputError(
                    f"its table {table} lacks {', '.join(missing)}: not a store of an MLflow that "
                    "this service knows", where=str(self._database),
                    mend="start mlflow server on it and give the server's address",
                )  # fmt: skip


def _unknown(name: str, alias: str, version: str, where: str) -> InputError:
    wanted = f"alias {alias!r}" if alias else f"version {version}"
    return InputError(
        f"no {wanted} of a model {name!r} in the registry", where=where,
        mend="push a model, or check the name",
    )  # fmt: skip


def _copy_local(location: str, folder: Path) -> None:
    parts = urllib.parse.urlsplit(location)
    if parts.scheme not in ("", "file"):
        raise InputError(
            f"files at {parts.scheme}: cannot be read from here", where=location,
            mend="let the MLflow server pass them on (--serve-artifacts), or give a folder",
        )  # fmt: skip
    bundle = Path(urllib.parse.unquote(parts.path)) / BUNDLE
    if not bundle.is_dir():
        raise InputError(f"no {BUNDLE} in it", where=location)
    shutil.copytree(bundle, folder, dirs_exist_ok=True)
