"""Environments: what differs between clusters, in TOML and not in Python.

``base.toml`` holds for all of them. Another file says what differs from it, or from the environment
that its ``extends`` names. A table is merged with the one below, a value or list takes its place.
``[stage]`` is about every stage, ``[stages.NAME]`` about one, which goes before.
"""

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sentiment_common.errors import InputError
from sentiment_pipelines.backends.kubeflow.settings import (
    SECTIONS,
    STAGE,
    Environment,
    Images,
    Kind,
    Stage,
    StoreSettings,
    Tracking,
)
from sentiment_pipelines.backends.kubeflow.types import Connection
from sentiment_pipelines.environments import ROOT

CONF = ROOT / "pipelines" / "conf"
"""Where the environments lie."""
BASE, VARIABLE, EXTENDS = "base", "SENTIMENT_CONF", "extends"
ALL, EACH = "stage", "stages"
SCRATCH = "/tmp"  # noqa: S108 (a disk of the pod's own)
CONTROL_PLANE = "pipelines"
"""The one image beside the components' that a pipeline may run."""


def read(name: str, folder: Path = CONF) -> Environment:
    """Returns an environment.

    Args:
        name: Of a file below the folder, e.g. ``kind``, or the path of a file anywhere.
        folder: Where the environments lie.

    Raises:
        InputError: There is no such environment, or it says what nobody understands.
    """
    path = _path(name, folder)
    merged: dict[str, Any] = {}
    for layer in reversed(_layers(path, folder)):
        merged = _merged(merged, _checked(layer))
    every, single = merged.get(ALL, {}), merged.get(EACH, {})
    environment, where = path.stem, _shown(path)
    said = {"api": "", "ui": "", **merged.get("connection", {})}
    found = {stage: Stage(**_merged(every, single.get(stage, {}))) for stage in stages()}
    for stage, settings in found.items():
        _check_together(settings, f"{where}, [{EACH}.{stage}]")
    return Environment(
        environment,
        where,
        Connection(environment, **said, where=where),
        Images(**merged.get("images", {})),
        StoreSettings(**merged.get("store", {})),
        Tracking(**merged.get("tracking", {})),
        found,
    )


def is_ours(environment: Environment) -> bool:
    """Tells whether an environment is one of this repository, which our images have inside."""
    return (ROOT / environment.where).parent == CONF


def stages() -> tuple[str, ...]:
    """Returns the names of the stages that a pipeline may run."""
    found = (path.parent.name for path in sorted((ROOT / "components").glob("*/component.yaml")))
    return (*found, CONTROL_PLANE)


def _path(name: str, folder: Path) -> Path:
    if name.endswith(".toml"):
        path = Path(name)
        if not path.is_file():
            raise InputError("no such file", where=name, mend=f"check {VARIABLE}")
        return path
    known = sorted(path.stem for path in folder.glob("*.toml"))
    if name not in known:
        raise InputError(
            f"no environment {name!r}", where=VARIABLE,
            mend=f"there is {', '.join(known)}, or give the path of a .toml file",
        )  # fmt: skip
    return folder / f"{name}.toml"


def _layers(path: Path, folder: Path) -> list[Path]:
    """Returns the files of an environment, what goes before the others first."""
    found = [path]
    base = folder / f"{BASE}.toml"
    while found[-1].resolve() != base.resolve():
        under = str(_content(found[-1]).get(EXTENDS, BASE))
        below = _path(under, folder)
        if below.resolve() in [it.resolve() for it in found]:
            raise InputError("extends itself", where=_shown(found[-1]), mend=f"mend `{EXTENDS}`")
        found.append(below)
    return found


def _content(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"no TOML ({error})", where=_shown(path)) from error


def _checked(path: Path) -> dict[str, Any]:
    """Returns what a file says, every value in its own type."""
    content, where = _content(path), _shown(path)
    content.pop(EXTENDS, None)
    _check_names(content, (*SECTIONS, ALL, EACH), "section", where)
    found: dict[str, Any] = {}
    for name, kinds in (*SECTIONS.items(), (ALL, STAGE)):
        if name in content:
            found[name] = _section(content[name], kinds, f"{where}, [{name}]")
    if EACH in content:
        each = _table(content[EACH], f"{where}, [{EACH}]")
        _check_names(each, stages(), "stage", f"{where}, [{EACH}]")
        found[EACH] = {
            stage: _section(said, STAGE, f"{where}, [{EACH}.{stage}]")
            for stage, said in each.items()
        }
    return found


def _section(said: Any, kinds: Mapping[str, Kind], where: str) -> dict[str, Any]:
    table = _table(said, where)
    _check_names(table, kinds, "setting", where)
    found = {}
    for name, value in table.items():
        try:
            found[name] = kinds[name].read(value)
        except InputError as error:
            raise InputError(error.what, where=f"{where}, {name}", mend=error.mend) from error
        except ValueError as error:
            # The value is not repeated: it may be a secret in the wrong place.
            wanted = kinds[name].wanted
            raise InputError(
                f"{name} cannot be understood", where=where, mend=f"it takes {wanted}"
            ) from error
    return found


def _check_together(settings: Stage, where: str) -> None:
    """Refuses what Kubernetes would not make a pod of, minutes later."""
    for name in ("cpu", "memory"):
        asked, most = (_quantity(getattr(settings, it)) for it in (name, f"{name}_limit"))
        if most and asked > most:
            raise InputError(
                f"{name} is over {name}_limit", where=where, mend=f"raise {name}_limit as well"
            )
    if settings.scratch and any(mount["path"] == SCRATCH for mount in settings.mounts):
        raise InputError(
            f"scratch is at {SCRATCH} already", where=where, mend='take it away: scratch = ""'
        )


def _quantity(text: str) -> float:
    """Returns cores or bytes, as Kubernetes reads them; 0 for none."""
    match = re.fullmatch(r"([\d.]*)(m|[KMGTPE]?i?)", text)
    if not match or not match[1]:
        return 0.0
    number, unit = match.groups()
    factor = 1024 if unit.endswith("i") else 1000
    return float(number) * (1e-3 if unit == "m" else factor ** " KMGTPE".index(unit[:1] or " "))


def _table(said: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(said, Mapping):
        raise InputError("no table", where=where, mend="write it as [NAME] on its own line")
    return said


def _check_names(given: Iterable[str], known: Iterable[str], what: str, where: str) -> None:
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise InputError(
            f"no {what} {unknown[0]!r}", where=where, mend=f"there is {', '.join(known)}"
        )


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(below)
    for name, value in above.items():
        under = result.get(name)
        both = isinstance(under, Mapping) and isinstance(value, Mapping)
        result[name] = _merged(under, value) if both else value  # type: ignore[arg-type]
    return result


def _shown(path: Path) -> str:
    return os.path.relpath(path, ROOT) if path.is_relative_to(ROOT) else str(path)
