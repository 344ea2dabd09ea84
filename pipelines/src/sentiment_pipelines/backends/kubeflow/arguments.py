"""What a run's parameters become in a cluster, where nothing of this machine can be seen.

Artifacts and files of data become addresses in the artifact store, small files their own text.
"""

import glob
import json
import os.path
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import unquote

from sentiment_common.addresses import NAMED, PLACEHOLDER, SEPARATOR
from sentiment_common.artifacts import MANIFEST
from sentiment_common.errors import InputError
from sentiment_pipelines.backends import reach
from sentiment_pipelines.backends.kubeflow.settings import Environment
from sentiment_pipelines.backends.kubeflow.store import S3Store, Tell
from sentiment_pipelines.parameters import KEYWORDS, SOURCES

TEXTS = ("schema", "rules", "policy", "alarms")
"""Parameters that may be the path of a small file, or the text in it."""
FOLDERS = {"log": "monitor", "history": "monitor"}
"""Parameters that are folders which live on beside the runs, with the stage that reads them."""
READERS = ("ingest", "batch_predict")
SECRETS_OF = {"source": READERS, "query": READERS, "out_of_domain": ("ingest",)}
"""Parameters that may hold ``${NAME}``, with the stages that put the secret in."""
MOST = 64 * 1024
"""Bytes of a text: a pod's command line has to hold it several times over."""
PATTERN = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class Sender:
    """Brings what parameters name to a cluster.

    Attributes:
        environment: The cluster.
        store: Its artifact store.
        stages: The stages of the pipeline.
        tell: Is told what is sent.
    """

    environment: Environment
    store: S3Store
    stages: frozenset[str]
    tell: Tell

    def values(self, given: Mapping[str, Any], found: Mapping[str, str]) -> dict[str, Any]:
        """Returns the parameters as the cluster is to be given them.

        Args:
            given: As for a run on this machine, with absolute paths.
            found: The folder of each artifact that was found before the run, by parameter.

        Raises:
            InputError: One names something that a cluster cannot be given, or cannot be sent.
        """
        for name, value in given.items():
            self._check(name, value)
        sent = {name: self._sent(name, value) for name, value in given.items() if name not in found}
        return sent | {name: self._artifact(name, Path(it)) for name, it in found.items()}

    def _check(self, name: str, value: Any) -> None:
        """Looks at a value before anything is sent."""
        if name in FOLDERS and value:
            self._check_mounted(name, str(value))
        elif name in SECRETS_OF:
            self._check_secrets(name, str(value))

    def _check_mounted(self, name: str, value: str) -> None:
        stage = FOLDERS[name]
        paths = [mount["path"] for mount in self.environment.stages[stage].mounts]
        if "://" not in value and not any(PurePath(value).is_relative_to(it) for it in paths):
            raise InputError(
                "no volume of the cluster is there", where=f"{name} {value}",
                mend=f"mount its claim: mounts of [stages.{stage}] in {self.environment.where}",
            )  # fmt: skip

    def _check_secrets(self, name: str, value: str) -> None:
        for stage in sorted(self.stages & set(SECRETS_OF[name])):
            settings = self.environment.stages[stage]
            known = {**settings.secrets, **settings.environment, **settings.config_maps}
            unknown = sorted(set(PLACEHOLDER.findall(value)) - set(known))
            if unknown and not unknown[0].startswith(reach.IN_A_FILE):
                raise InputError(
                    f"the cluster has no secret for ${{{unknown[0]}}}", where=name,
                    mend=f'add {unknown[0]} = "NAME-OF-SECRET/KEY" to [stages.{stage}.secrets] in '
                    f"{self.environment.where}",
                )  # fmt: skip

    def _sent(self, name: str, value: Any) -> Any:
        if not isinstance(value, str) or value in KEYWORDS:
            return value
        if name in TEXTS:
            return _text(name, value)
        return self._sources(name, value) if name in SOURCES else value

    def _artifact(self, name: str, folder: Path) -> str:
        return self.store.send_artifact(folder, artifact_key(folder), self._prefixed(name))

    def _sources(self, name: str, value: str) -> str:
        """Puts addresses in the place of paths; names and the signs between them stay."""
        if _matches(value):
            return self._source(name, value)
        ends = [0, *(end for it in SEPARATOR.finditer(value) for end in it.span()), len(value)]
        parts = [value[begin:end] for begin, end in pairwise(ends)]
        return "".join(
            part if place % 2 or not part.strip() else self._named(name, part.strip())
            for place, part in enumerate(parts)
        )

    def _named(self, name: str, part: str) -> str:
        named = None if _matches(part) else NAMED.fullmatch(part)
        if named:
            return f"{named['name']}={self._source(name, named['uri'])}"
        return self._source(name, part)

    def _source(self, name: str, place: str) -> str:
        files = _matches(place)
        if place in KEYWORDS or (reach.WORD.fullmatch(place) and not files):
            return place
        if place.startswith(reach.SQLITE) or (place.lower().endswith(".toml") and files):
            raise InputError(
                "it names files of this machine, which the cluster cannot see", where=place,
                mend=f"name the files themselves in {name}, parted by ' | '",
            )  # fmt: skip
        path = unquote(place.removeprefix(reach.FILE)) if place.startswith(reach.FILE) else place
        if "://" in path or path.startswith("${"):
            return place
        files = _matches(path)
        if not files:
            raise InputError("no such file", where=f"{name} {place}", mend="check the path")
        single = os.path.isfile(path)  # noqa: PTH113 (a pattern may be no path)
        base = Path(path).parent if single else _base(path)
        folder = self.store.send_files(files, base, self._prefixed(name))
        if single:
            return f"{folder}/{files[0].name}"
        return f"{folder}/{'*' if all(file.parent == base for file in files) else '**'}"

    def _prefixed(self, name: str) -> Tell:
        return lambda line: self.tell(f"{name}: {line}")


def artifact_key(folder: Path) -> str:
    """Returns what names an artifact by what is in it: its kind and digest.

    The manifest's own digest leaves out what differs from time to time (times, pages), so the same
    champion is the same address whenever it was fetched, and KFP's cache knows it again.
    """
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    kind, version = manifest["kind"], manifest["schema_version"]
    return f"{kind}-{version}-{manifest['digest'].removeprefix('sha256:')}"


def _text(name: str, value: str) -> str:
    """Returns the text of a file, or what is given in place of one."""
    if not os.path.isfile(value):  # noqa: PTH113 (a text may be too long for a path)
        return value
    try:
        text = Path(value).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"no text file ({error.reason})", where=f"{name} {value}") from error
    if not text.strip() or len(text.encode()) > MOST:
        raise InputError(
            "empty" if not text.strip() else f"over {MOST // 1024} KiB",
            where=f"{name} {value}", mend="a cluster is given the text of this file",
        )  # fmt: skip
    return text


def _matches(pattern: str) -> list[Path]:
    """Returns the files that a path or pattern stands for; linked twice, by the first name."""
    if not pattern or "\0" in pattern or "://" in pattern:
        return []
    if os.path.isfile(pattern):  # noqa: PTH113
        return [Path(pattern)]
    names = sorted(it for it in glob.glob(pattern, recursive=True) if os.path.isfile(it))  # noqa: PTH113, PTH207
    first = {os.path.realpath(name): name for name in reversed(names)}
    return [Path(name) for name in sorted(first.values())]


def _base(pattern: str) -> Path:
    """Returns the folder that a pattern looks in."""
    plain: list[str] = []
    for part in PurePath(pattern).parts:
        if PATTERN.search(part):
            break
        plain.append(part)
    return Path(*plain)
