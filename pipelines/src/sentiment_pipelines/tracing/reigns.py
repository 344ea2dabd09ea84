"""When which model was behind which alias, as the promotion log tells it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sentiment_common.promotions import FOUND, Promotion


@dataclass(frozen=True)
class Reign:
    """A time in which a version was behind an alias.

    Attributes:
        alias: The alias.
        version: The version.
        digest: Digest of its bundle.
        begin: When it began, ISO 8601.
        end: When the alias moved on; empty if it has not.
        action: How it began, see ``sentiment_common.promotions``; ``found`` if nobody wrote down
            when and why.
        by: Who began it, where a person did.
        reason: Why, in that person's words.
    """

    alias: str
    version: str
    digest: str
    begin: str
    end: str
    action: str
    by: str
    reason: str

    @property
    def recorded(self) -> bool:
        """Whether its beginning was written down when it happened."""
        return self.action != FOUND

    def covers(self, time: str) -> bool:
        """Tells whether it was at a time."""
        return moment(self.begin) <= moment(time) and (
            not self.end or moment(time) < moment(self.end)
        )


def reigns(log: Sequence[Promotion]) -> list[Reign]:
    """Returns the reigns under every alias, the earliest first.

    Args:
        log: The promotions behind every alias, the earliest first.
    """
    found = []
    for place, it in enumerate(log):
        later = (other.time for other in log[place + 1 :] if other.alias == it.alias)
        if it.version:
            end = next(later, "")
            found.append(
                Reign(it.alias, it.version, it.digest, it.time, end, it.action, it.by, it.reason)
            )
    return sorted(found, key=lambda it: moment(it.begin))


def moment(time: str) -> datetime:
    """Reads an ISO 8601 time; one without a zone is in UTC.

    Raises:
        ValueError: It is none.
    """
    found = datetime.fromisoformat(time)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def role(every: Sequence[Reign], digest: str, time: str) -> str:
    """Says what a model was at a time: behind which alias, no longer, or not yet.

    Args:
        every: All reigns.
        digest: Digest of its bundle.
        time: ISO 8601.
    """
    own = [it for it in every if it.digest == digest]
    if now := [it for it in own if it.covers(time)]:
        return ", ".join(f"{it.alias}, since {shown(it.begin)} ({it.action})" for it in now)
    if not own:
        return "behind no alias: the promotion log does not know it"
    at = moment(time)
    if ended := [it for it in own if it.end and moment(it.end) <= at]:
        last = max(ended, key=lambda it: moment(it.end))
        past = (at - moment(last.end)).total_seconds()
        return f"{last.alias} no longer: until {shown(last.end)}, {past:,.0f} s before"
    first = own[0]
    doubt = "" if first.recorded else "; nobody wrote down when the alias moved"
    return f"{first.alias} only later: since {shown(first.begin)}{doubt}"


def shown(time: str) -> str:
    """Returns a time as people read it, in UTC to the second."""
    return f"{moment(time).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
