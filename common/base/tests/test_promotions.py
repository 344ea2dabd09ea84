"""The log and the alias tell the same story, whatever died between two steps."""

import contextlib
import json
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common import promotions
from sentiment_common.errors import InputError
from sentiment_common.promotions import (
    Promotion,
    promote,
    read,
    read_all,
    standing,
    withdrawn,
)


class KilledError(Exception):
    """The process dies here."""


@dataclass
class Registry:
    """A registry in memory that dies before its n-th write. Real ones: see push and pipelines."""

    tags: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    lives: float = float("inf")

    def get_registered_model(self, name: str) -> "Registry":
        return self

    def get_model_version(self, name: str, version: str) -> SimpleNamespace:
        tags = {"digest": f"sha256:{version}", "candidate": "deep"}
        return SimpleNamespace(tags=tags, creation_timestamp=1_700_000_000_000)

    def set_registered_model_tag(self, name: str, key: str, value: str) -> None:
        self._live()
        self.tags[key] = value

    def delete_registered_model_tag(self, name: str, key: str) -> None:
        self._live()
        del self.tags[key]

    def set_registered_model_alias(self, name: str, alias: str, version: str) -> None:
        self._live()
        self.aliases[alias] = version

    def delete_registered_model_alias(self, name: str, alias: str) -> None:
        self._live()
        del self.aliases[alias]

    def _live(self) -> None:
        self.lives -= 1
        if self.lives < 0:
            raise KilledError


def move(version: str, action: str = promotions.PUSH, alias: str = "champion") -> Promotion:
    return Promotion(promotions.now(), alias, action, version, f"sha256:{version}")


def told(registry: Registry) -> list[tuple[str, str, str]]:
    return [(it.action, it.previous, it.version) for it in read(registry, "sentiment", "champion")]


def promote_all(registry: Registry, *moves: Promotion) -> None:
    for it in moves:
        promote(registry, "sentiment", it)


def test_every_move_is_written_down_with_what_was_before() -> None:
    registry = Registry()
    promote_all(registry, move("1"), move("2"), move("1", promotions.ROLLBACK))
    assert registry.aliases == {"champion": "1"}
    assert told(registry) == [("push", "", "1"), ("push", "1", "2"), ("rollback", "2", "1")]
    assert list(registry.tags) == ["promotion.0001", "promotion.0002", "promotion.0003"]
    assert json.loads(registry.tags["promotion.0003"])["done"] is True


def test_a_move_to_where_the_alias_is_changes_nothing() -> None:
    registry = Registry()
    promote_all(registry, move("1"), move("1"))
    assert told(registry) == [("push", "", "1")]


def test_each_alias_has_a_story_of_its_own() -> None:
    registry = Registry()
    promote_all(registry, move("1"), move("2", alias="challenger"), move("3"))
    assert told(registry) == [("push", "", "1"), ("push", "1", "3")]
    registry.aliases["challenger"] = "9"
    assert [(it.alias, it.action, it.version) for it in read_all(registry, "sentiment")] == [
        ("champion", "push", "1"), ("challenger", "push", "2"), ("champion", "push", "3"),
        ("challenger", "found", "9"),
    ]  # fmt: skip


def withdrawal(alias: str = "challenger") -> Promotion:
    return Promotion(promotions.now(), alias, promotions.WITHDRAW, "", reason="it is slow")


def test_an_alias_is_taken_away_with_the_reason_and_given_again() -> None:
    registry = Registry()
    promote_all(registry, move("1"), move("2", alias="challenger"), withdrawal(), withdrawal())
    assert registry.aliases == {"champion": "1"}
    log = read(registry, "sentiment", "challenger")
    assert [(it.action, it.previous, it.version) for it in log] == [
        ("push", "", "2"), ("withdraw", "2", ""),
    ]  # fmt: skip
    promote(registry, "sentiment", move("3", alias="challenger"))
    assert [it.version for it in read(registry, "sentiment", "challenger")] == ["2", "", "3"]


@pytest.mark.parametrize("lives", range(4))
def test_a_withdrawal_that_dies_between_two_writes_is_told_by_the_alias(lives: int) -> None:
    registry = Registry()
    promote_all(registry, move("1", alias="challenger"))
    registry.lives = lives
    with contextlib.suppress(KilledError):
        promote(registry, "sentiment", withdrawal())
    last = read(registry, "sentiment", "challenger")[-1]
    assert last.version == registry.aliases.get("challenger", "")
    registry.lives = float("inf")
    promote(registry, "sentiment", withdrawal())
    assert registry.aliases == {}
    log = read_all(registry, "sentiment")
    assert [(it.action, it.done) for it in log] == [("push", True), ("withdraw", True)]


def test_what_one_alias_lost_is_kept_from_all_until_it_returns_to_each() -> None:
    registry = Registry()
    promote_all(registry, move("1"), move("2", alias="challenger"), withdrawal())

    def kept_from(alias: str) -> list[str]:
        return sorted(withdrawn(read_all(registry, "sentiment"), alias))

    assert kept_from("challenger") == kept_from("champion") == ["sha256:2"]
    promote(registry, "sentiment", move("2", promotions.FORCE, "challenger"))
    assert (kept_from("challenger"), kept_from("champion")) == ([], ["sha256:2"])
    promote(registry, "sentiment", move("2", promotions.FORCE))
    assert kept_from("champion") == []


def test_a_challenger_that_has_become_champion_may_lose_its_old_alias() -> None:
    registry = Registry()
    promote_all(registry, move("1"), move("2", alias="challenger"))
    promote_all(registry, move("2", promotions.EXPERIMENT), withdrawal())
    assert withdrawn(read_all(registry, "sentiment"), "champion") == {}
    promote(registry, "sentiment", move("1", promotions.ROLLBACK))
    log = read_all(registry, "sentiment")
    assert withdrawn(log, "champion").keys() == withdrawn(log, "challenger").keys() == {"sha256:2"}


def test_an_alias_that_was_moved_by_hand_is_found_where_it_is() -> None:
    registry = Registry(aliases={"champion": "4"})
    assert told(registry) == [("found", "", "4")]
    assert read(registry, "sentiment", "champion")[0].time == "2023-11-14T22:13:20Z"
    promote(registry, "sentiment", move("5"))
    registry.aliases["champion"] = "2"
    promote(registry, "sentiment", move("6"))
    assert told(registry) == [
        ("found", "", "4"), ("push", "4", "5"), ("found", "5", "2"), ("push", "2", "6"),
    ]  # fmt: skip


@pytest.mark.parametrize("lives", range(6))
def test_whatever_dies_between_two_writes_log_and_alias_agree_and_the_next_completes_it(
    lives: int,
) -> None:
    registry = Registry(aliases={"champion": "1"}, lives=lives)
    died = False
    try:
        promote_all(registry, move("2"))
    except KilledError:
        died = True
    assert died == (lives < 4)
    assert told(registry)[-1][2] == registry.aliases["champion"]
    registry.lives = float("inf")
    promote(registry, "sentiment", move("2"))
    assert told(registry) == [("found", "", "1"), ("push", "1", "2")]
    assert registry.aliases == {"champion": "2"}
    promote(registry, "sentiment", move("3"))
    assert [json.loads(it)["done"] for it in registry.tags.values()] == [True, True, True]


def test_a_rollback_takes_away_all_that_was_promoted_after_its_version() -> None:
    registry = Registry()
    promote_all(registry, move("1"), move("2"), move("3"), move("2", promotions.ROLLBACK))
    log = read(registry, "sentiment", "champion")
    assert [it.version for it in standing(log)] == ["1", "2"]
    promote_all(registry, move("1", promotions.ROLLBACK), move("4"))
    log = read(registry, "sentiment", "champion")
    assert [it.version for it in standing(log)] == ["1", "4"]
    assert withdrawn(log, "champion").keys() == {"sha256:3", "sha256:2"}


@pytest.mark.parametrize("action", [promotions.FORCE, promotions.ROLLBACK])
def test_promoting_a_withdrawn_model_again_ends_its_withdrawal(action: str) -> None:
    registry = Registry()
    promote_all(registry, move("1"), move("2"), move("1", promotions.ROLLBACK))
    assert withdrawn(read(registry, "sentiment", "champion"), "champion").keys() == {"sha256:2"}
    promote(registry, "sentiment", move("2", action))
    found = withdrawn(read(registry, "sentiment", "champion"), "champion")
    assert found.keys() == ({"sha256:1"} if action == promotions.ROLLBACK else set())


@pytest.mark.parametrize("value", ["", "3", "{}", "[]", '{"time": 1'])
def test_a_tag_that_holds_no_promotion_is_one_line(value: str) -> None:
    with pytest.raises(InputError, match=r"tag promotion\.0001 .* delete the tag"):
        promotions.parse({"promotion.0001": value, "team": "support"})


def test_what_a_later_version_adds_is_read_past() -> None:
    later = {"time": "t", "alias": "a", "action": "push", "version": "1", "shadow": True}
    assert promotions.parse({"promotion.0001": json.dumps(later)})["promotion.0001"].version == "1"


@given(st.lists(st.tuples(st.sampled_from("12345"), st.sampled_from(["push", "rollback"]))))
def test_the_reigning_champion_stands_last_and_is_never_withdrawn(
    moves: list[tuple[str, str]],
) -> None:
    registry = Registry()
    promote_all(registry, *(move(version, action) for version, action in moves))
    log = read(registry, "sentiment", "champion")
    if moves:
        assert standing(log)[-1].version == registry.aliases["champion"] == moves[-1][0]
        assert f"sha256:{moves[-1][0]}" not in withdrawn(log, "champion")
