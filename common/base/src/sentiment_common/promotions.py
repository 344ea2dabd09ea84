"""The promotion log: which version of a registered model was in production when, and why.

It lies in the registry, as tags of the registered model: ``promotion.0001``, ``promotion.0002``,
each one promotion as JSON. A promotion is written down before the alias moves and confirmed after
it has: whatever dies in between, the next reader knows by the alias what became of it. The alias is
what services follow, so where both differ the alias is right. Each alias has a story of its own:
that of the champion, and that of the challengers which meet live traffic beside it.
"""

import datetime
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Protocol

from sentiment_common.errors import InputError

PUSH, FORCE, ROLLBACK, FOUND = "push", "force", "rollback", "found"
EXPERIMENT, WITHDRAW = "experiment", "withdraw"
TIME = "%Y-%m-%dT%H:%M:%SZ"
TAG = re.compile(r"promotion\.(\d{4,})")
MOST_CHARACTERS = 500
"""So many of a reason are kept: a tag holds a few thousand, and a screen far less."""


@dataclass(frozen=True)
class Promotion:
    """One move of an alias.

    Attributes:
        time: When, in UTC, e.g. ``2026-11-23T07:41:05Z``.
        alias: The alias that moved.
        action: ``push``, ``experiment`` (a challenger that live traffic has proved), ``force``
            (either of them against its gate), ``rollback``, ``withdraw`` (the alias was taken
            away), or ``found`` where the alias was moved by other means than these.
        version: The version it moved to; empty where the alias was taken away.
        digest: Digest of that version's bundle.
        model: Name of the model, e.g. ``deep``.
        previous: The version it moved from; empty for the first.
        by: Who moved it, where a person did.
        reason: Why, in that person's words.
        run: The pipeline's run, where one did.
        macro_f1: On the test split of the evaluation in which it was chosen.
        done: Whether the alias has moved.
    """

    time: str
    alias: str
    action: str
    version: str
    digest: str = ""
    model: str = ""
    previous: str = ""
    by: str = ""
    reason: str = ""
    run: str = ""
    macro_f1: float | None = None
    done: bool = False

    @property
    def date(self) -> str:
        """The day, e.g. ``2026-11-23``."""
        return self.time.partition("T")[0]

    @property
    def told(self) -> str:
        """Says what a rollback or withdrawal did to a model, when and why."""
        how = "by rollback" if self.action == ROLLBACK else f"as {self.alias}"
        return f"withdrawn {how} on {self.date}: {self.reason}"


class RegisteredModel(Protocol):
    """What the registry says of a registered model, as ``mlflow.entities`` has it."""

    tags: Mapping[str, str]
    aliases: Mapping[str, Any]


class Registry(Protocol):
    """The registry, as ``mlflow.MlflowClient`` is one."""

    def get_registered_model(self, name: str) -> RegisteredModel:
        """Returns a registered model."""
        ...

    def get_model_version(self, name: str, version: str) -> Any:
        """Returns a version of it."""
        ...

    def set_registered_model_tag(self, name: str, key: str, value: Any) -> None:
        """Sets a tag of a registered model."""
        ...

    def delete_registered_model_tag(self, name: str, key: str) -> None:
        """Deletes a tag of a registered model."""
        ...

    def set_registered_model_alias(self, name: str, alias: str, version: str) -> None:
        """Moves an alias."""
        ...

    def delete_registered_model_alias(self, name: str, alias: str) -> None:
        """Takes an alias away."""
        ...


def now() -> str:
    """Returns the time as a promotion has it."""
    return datetime.datetime.now(datetime.UTC).strftime(TIME)


def parse(tags: Mapping[str, str]) -> dict[str, Promotion]:
    """Returns the promotions of a registered model's tags by their keys, the earliest first.

    Raises:
        InputError: A tag of that name holds something else.
    """
    known = {field.name for field in fields(Promotion)}
    numbered = ((int(match[1]), key) for key in tags if (match := TAG.fullmatch(key)))
    found = {}
    for _, key in sorted(numbered):
        try:
            stored = json.loads(tags[key])
            found[key] = Promotion(**{name: it for name, it in stored.items() if name in known})
        except (ValueError, TypeError, AttributeError) as error:
            raise InputError(
                f"no promotion that this version reads ({error})",
                where=f"tag {key} of the registered model",
                mend="delete the tag; what it said of the past is lost",
            ) from error
    return found


def read(registry: Registry, name: str, alias: str) -> list[Promotion]:
    """Returns the promotions behind an alias, the earliest first, as the alias confirms them.

    Args:
        registry: The registry.
        name: Name of the registered model.
        alias: The alias.
    """
    model = registry.get_registered_model(name)
    kept = _confirmed(parse(model.tags), alias, _reigning(model, alias))
    return [*_of_alias(kept.values(), alias), *_found(registry, name, model, alias, kept)]


def read_all(registry: Registry, name: str) -> list[Promotion]:
    """Returns the promotions behind every alias, the earliest first, as the aliases confirm them.

    Args:
        registry: The registry.
        name: Name of the registered model.
    """
    model = registry.get_registered_model(name)
    stored = kept = parse(model.tags)
    aliases = sorted({it.alias for it in stored.values()} | set(model.aliases))
    for alias in aliases:
        kept = _confirmed(kept, alias, _reigning(model, alias))
    found = [it for alias in aliases for it in _found(registry, name, model, alias, kept)]
    return [*kept.values(), *found]


def promote(registry: Registry, name: str, promotion: Promotion) -> None:
    """Moves an alias and writes it down; what an earlier one left undone is settled first.

    A promotion to no version takes the alias away. Nothing is done where the alias and the log are
    there already.

    Args:
        registry: The registry.
        name: Name of the registered model.
        promotion: What to do; its ``previous`` and ``done`` are found here.
    """
    model, alias = registry.get_registered_model(name), promotion.alias
    stored = parse(model.tags)
    kept = _confirmed(stored, alias, _reigning(model, alias))
    for key in stored.keys() - kept.keys():
        registry.delete_registered_model_tag(name, key)
    for key, it in kept.items():
        if it != stored[key]:
            _write(registry, name, key, it)
    for found in _found(registry, name, model, alias, kept):
        key = _next(kept)
        kept[key] = found
        _write(registry, name, key, found)
    reigning = _reigning(model, alias)
    if reigning == promotion.version:
        return
    key, reason = _next(kept), promotion.reason[:MOST_CHARACTERS]
    pending = replace(promotion, previous=reigning, reason=reason, done=False)
    _write(registry, name, key, pending)
    if promotion.version:
        registry.set_registered_model_alias(name, alias, promotion.version)
    else:
        registry.delete_registered_model_alias(name, alias)
    _write(registry, name, key, replace(pending, done=True))


def standing(log: Sequence[Promotion]) -> list[Promotion]:
    """Returns the champions that stand one upon the other, the reigning one last.

    A rollback takes away all that was promoted after the version it goes back to; the last but one
    is where the next rollback goes.
    """
    stack: list[Promotion] = []
    for promotion in log:
        versions = [it.version for it in stack]
        if promotion.action == ROLLBACK and promotion.version in versions:
            del stack[versions.index(promotion.version) + 1 :]
        else:
            stack.append(promotion)
    return stack


def withdrawn(log: Iterable[Promotion], alias: str) -> dict[str, Promotion]:
    """Returns what keeps a model from an alias, by digest: the rollback or withdrawal it had last.

    What was taken away from one alias is kept from all of them, unless it reigns under another
    (a challenger that has become champion). Whoever promotes it to one again, against the gate or
    by another rollback, ends its withdrawal there.

    Args:
        log: The promotions behind every alias, the earliest first.
        alias: The alias it would be promoted to.
    """
    found: dict[str, Promotion] = {}
    reigning: dict[str, str] = {}
    for promotion in log:
        gone = reigning.pop(promotion.alias, "")
        lost = promotion.action == ROLLBACK or (
            promotion.action == WITHDRAW and gone not in reigning.values()
        )
        if gone and lost:
            found[gone] = promotion
        if promotion.alias == alias:
            found.pop(promotion.digest, None)
        reigning[promotion.alias] = promotion.digest
    return found


def _confirmed(log: Mapping[str, Promotion], alias: str, reigning: str) -> dict[str, Promotion]:
    """Returns what really happened to an alias: what was begun counts if the alias is there."""
    kept = {}
    for key, it in log.items():
        if it.alias != alias or it.done:
            kept[key] = it
        elif it.version == reigning:
            kept[key] = replace(it, done=True)
    return kept


def _found(
    registry: Registry,
    name: str,
    model: RegisteredModel,
    alias: str,
    log: Mapping[str, Promotion],
) -> list[Promotion]:
    """Returns the move of the alias that nobody wrote down, if there was one."""
    reigning, known = _reigning(model, alias), _of_alias(log.values(), alias)
    if not reigning or (known and known[-1].version == reigning):
        return []
    version = registry.get_model_version(name, reigning)
    made = datetime.datetime.fromtimestamp(version.creation_timestamp / 1000, datetime.UTC)
    # Where the log begins the version's own age is the best guess; later on it is a wrong one.
    time = now() if known else made.strftime(TIME)
    return [
        Promotion(
            time, alias, FOUND, reigning, version.tags.get("digest", ""),
            version.tags.get("candidate", ""), known[-1].version if known else "",
            reason="the alias was there; nobody wrote down why", done=True,
        )
    ]  # fmt: skip


def _of_alias(log: Iterable[Promotion], alias: str) -> list[Promotion]:
    return [it for it in log if it.alias == alias]


def _reigning(model: RegisteredModel, alias: str) -> str:
    version = model.aliases.get(alias)
    return "" if version is None else str(version)


def _next(log: Mapping[str, Promotion]) -> str:
    """Returns the key after the last; one that died on its way is used again."""
    last = list(log)[-1] if log else "promotion.0000"
    return f"promotion.{int(last.partition('.')[2]) + 1:04}"


def _write(registry: Registry, name: str, key: str, promotion: Promotion) -> None:
    told = asdict(promotion).items()
    given = {field: it for field, it in told if field == "version" or it not in ("", None)}
    text = json.dumps(given, separators=(",", ":"), ensure_ascii=False)
    registry.set_registered_model_tag(name, key, text)
