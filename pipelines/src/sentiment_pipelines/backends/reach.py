"""What a task reaches beyond its artifacts: the files, addresses and secrets its parameters name.

A container sees nothing of the machine but what is found here, and has a network only where the
table below says that its stage may need one, and one of the options named there really does.
"""

import configparser
import glob
import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from sentiment_common.addresses import NAMED, PLACEHOLDER, SEPARATOR
from sentiment_pipelines.backends.container import hides_the_image

IN_A_FILE = "file:"
SQLITE, FILE = "sqlite:///", "file://"
HERE = ("", "none", "random", "word2vec")
"""What an option says if nothing is to be fetched for it."""
MOST_FILES = 32
"""Files of a pattern that are shown to a container one by one; of more their folder is."""
WORD = re.compile(r"[\w-]+")
"""What is no path and no address is the name of something published."""
WEB = r"(HTTPS?|ALL|NO)_PROXY|SSL_CERT_(FILE|DIR)|(REQUESTS|CURL|AWS)_CA_BUNDLE"
STORES = r"AWS_\w+|GOOGLE_\w+|GCS?_\w+|HF_(TOKEN|ENDPOINT)|PG\w+"
PACKAGES = r"PIP_\w+|NETRC"
REGISTRY = r"MLFLOW_\w+"
HOME_FILES = {
    "PIP_CONFIG_FILE": ("~/.config/pip/pip.conf", "~/.pip/pip.conf", "/etc/pip.conf"),
    "NETRC": ("~/.netrc",),
    "AWS_SHARED_CREDENTIALS_FILE": ("~/.aws/credentials",),
    "AWS_CONFIG_FILE": ("~/.aws/config",),
    "GOOGLE_APPLICATION_CREDENTIALS": ("~/.config/gcloud/application_default_credentials.json",),
    "PGPASSFILE": ("~/.pgpass",),
}
"""Where clients look for their settings. A container has another home: variables tell it."""
NAMES_FILES = ("PIP_CONFIG_FILE", "AWS_CONFIG_FILE")
"""Those of them that name further files: certificates, folders of packages."""


@dataclass(frozen=True)
class Needs:
    """What a stage may need of other machines.

    Attributes:
        places: Options that name places to read or write: paths, patterns, addresses, or several.
        texts: Options that may hold ``${NAME}`` beside them, e.g. what to ask of a database.
        packages: Options that may name something which is published as a package.
        registry: Whether it writes to the model registry.
    """

    places: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    registry: bool = False


NEEDS: Mapping[str, Needs] = {
    "ingest": Needs(places=("source",), texts=("query",), packages=("source",)),
    "batch_predict": Needs(places=("source", "to"), texts=("query",)),
    "train_baseline": Needs(places=("lexicon",), packages=("lexicon",)),
    "train_deep": Needs(places=("embeddings", "lexicon"), packages=("embeddings", "lexicon")),
    "train_transfer": Needs(places=("encoder", "lexicon"), packages=("encoder", "lexicon")),
    "push": Needs(registry=True),
}
"""The stages that may need more than files. ``beam``, of any stage, may name a cluster."""


@dataclass
class Reach:
    """What a task reaches.

    Attributes:
        reads: Files and folders that it reads, as they are named.
        writes: Folders outside its own that it writes to.
        variables: Environment variables of the caller: those that its parameters name, and those
            that tell clients of servers what to do (proxies, certificates, credentials).
        settings: Variables that the caller has not, naming files of such settings in the home.
        network: Whether it needs another machine.
    """

    reads: set[Path] = field(default_factory=set)
    writes: set[Path] = field(default_factory=set)
    variables: set[str] = field(default_factory=set)
    settings: dict[str, str] = field(default_factory=dict)
    network: bool = False


def of(
    stage: str, parameters: Mapping[str, Any], environment: Mapping[str, str], store: str = ""
) -> Reach:
    """Finds what a task reaches.

    Args:
        stage: Its component, e.g. ``ingest``.
        parameters: Its parameters.
        environment: The caller's environment variables.
        store: The tracking server: an address, or a database or folder of this machine.
    """
    needs, reach = NEEDS.get(stage, Needs()), Reach()
    texts = {name: value for name, value in parameters.items() if isinstance(value, str)}
    clients = {REGISTRY} if needs.registry else set()
    for name, value in texts.items():
        for place in _places(value):
            if name in (*needs.places, *needs.texts):
                _find_secrets(place, reach)
            resolved = _resolved(place, environment)
            if _find_files(resolved, reach):
                continue
            if name in needs.places and ("://" in resolved or "${" in resolved):
                clients.add(STORES)
            if name in needs.packages and resolved not in HERE and WORD.fullmatch(resolved):
                clients.add(PACKAGES)
    if needs.registry and not _find_store(store, reach):
        clients.add(STORES)
    reach.network = bool(clients - {REGISTRY} or texts.get("beam"))
    if reach.network:
        clients.add(WEB)
    _find_settings(clients, environment, reach)
    return reach


def downloads(stage: str) -> bool:
    """Tells whether a stage may download packages, which it keeps in the cache of all runs."""
    return bool(NEEDS.get(stage, Needs()).packages)


def registers(stage: str) -> bool:
    """Tells whether a stage writes to the model registry."""
    return NEEDS.get(stage, Needs()).registry


def _places(value: str) -> Iterator[str]:
    """Yields the places that a value names, as ``sentiment_sources`` parts it."""
    for part in [value] if os.path.exists(value) else SEPARATOR.split(value):  # noqa: PTH110
        text = part.strip()
        named = None if os.path.exists(text) else NAMED.fullmatch(text)  # noqa: PTH110
        yield named["uri"] if named else text
        if text.lower().endswith(".toml") and os.path.isabs(text):  # noqa: PTH117
            yield from _listed(Path(text))


def _listed(path: Path) -> Iterator[str]:
    """Yields what a file of sources names: places, and what is asked of databases."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8")).get("source", [])
    except (OSError, ValueError):
        return  # its reader says what is wrong with it
    for table in tables if isinstance(tables, list) else ():
        uri = str(table.get("uri", "")) if isinstance(table, dict) else ""
        if uri.startswith(SQLITE):
            yield SQLITE + str(path.parent / uri.removeprefix(SQLITE))
        elif uri:
            yield uri if "://" in uri or uri.startswith("${") else str(path.parent / uri)
            yield str(table.get("query", ""))


def _find_secrets(text: str, reach: Reach) -> None:
    for name in PLACEHOLDER.findall(text):
        if name.startswith(IN_A_FILE):
            path = Path(name.removeprefix(IN_A_FILE))
            reach.reads |= {path} if path.is_file() else set()  # else its reader misses it
        else:
            reach.variables.add(name)


def _resolved(place: str, environment: Mapping[str, str]) -> str:
    """Puts variables in: one may hold a whole address, or a path."""
    return PLACEHOLDER.sub(lambda match: environment.get(match[1], match[0]), place)


def _find_files(place: str, reach: Reach) -> bool:
    """Adds the files that a place stands for; tells whether it stands for any of this machine."""
    if place.startswith(SQLITE):
        path = Path(re.split(r"[?#]", place.removeprefix(SQLITE))[0])
        files = (path, *_companions(path)) if path.is_absolute() else ()
        reach.reads |= {it for it in files if it.is_file()}
        return True
    if place.startswith(FILE):
        place = unquote(place.removeprefix(FILE))
    if "\0" in place or not os.path.isabs(place):  # noqa: PTH117
        return False
    if os.path.isdir(place):  # noqa: PTH112
        folder = Path(place)
        below = () if hides_the_image(folder) else folder.rglob("*")
        reach.reads |= {folder, *_targets(path for path in below if path.is_symlink())}
        return True
    exists = os.path.isfile(place)  # noqa: PTH113
    found = [place] if exists else sorted(glob.glob(place, recursive=True))  # noqa: PTH207
    reach.reads |= _condensed([Path(it) for it in found])
    return bool(found)


def _companions(database: Path) -> Iterator[Path]:
    """Yields the files that SQLite keeps beside a database while somebody writes to it."""
    return (database.with_name(database.name + end) for end in ("-wal", "-shm", "-journal"))


def _condensed(files: Sequence[Path]) -> set[Path]:
    if len(files) <= MOST_FILES:
        return set(files)
    folder = Path(os.path.commonpath([path.parent for path in files]))
    return {folder, *_targets(path for path in files if path.is_symlink())}


def _targets(links: Iterable[Path]) -> Iterator[Path]:
    """Yields where links lead: a folder shows the links in it, and not what is behind them."""
    return (target for link in links if (target := link.resolve()).exists())


def _find_store(store: str, reach: Reach) -> bool:
    """Adds the folder that a tracking server is; tells whether it is one of this machine."""
    if store.startswith(SQLITE):
        reach.writes.add(Path(store.removeprefix(SQLITE)).absolute().parent)
    elif store.startswith(FILE) or "://" not in store:
        reach.writes.add(Path(unquote(store.removeprefix(FILE))).absolute())
    else:
        return False
    return True


def _find_settings(clients: Iterable[str], environment: Mapping[str, str], reach: Reach) -> None:
    wanted = re.compile("|".join(clients) or "(?!)", re.IGNORECASE)
    reach.variables |= {name for name in environment if wanted.fullmatch(name)}
    for name, places in HOME_FILES.items():
        found = next((it for place in places if (it := Path(place).expanduser()).is_file()), None)
        if found and name not in environment and wanted.fullmatch(name):
            reach.settings[name] = str(found)
    told = {name: environment[name] for name in reach.variables if name in environment}
    told |= reach.settings
    inner = (_values(Path(told[name])) for name in NAMES_FILES if name in told)
    # A variable of these may name a file: credentials, certificates, a folder of packages.
    for value in {*told.values(), *chain.from_iterable(inner)}:
        path = Path(value)
        if path.is_absolute() and os.path.exists(value) and not hides_the_image(path):  # noqa: PTH110
            reach.reads.add(path)


def _values(path: Path) -> list[str]:
    """Returns the values of a file of settings, each of their words by itself."""
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, configparser.Error):
        return []  # its reader says what is wrong with it
    return [word for part in parser.values() for value in part.values() for word in value.split()]
