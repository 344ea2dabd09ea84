"""Models are told apart by role, and described only if they are what they say."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sentiment_common.errors import InputError
from sentiment_evaluate.contenders import candidates, champion, withdrawn


def test_candidates_of_one_name_get_names_of_their_own(good: Path, poor: Path) -> None:
    found = candidates([("candidate", good), ("candidate_2", poor), ("candidate_3", good)])
    assert [it.name for it in found] == ["good", "poor", "good (candidate_3)"]
    assert [it.model for it in found] == ["good", "poor", "good"]


def test_a_candidate_that_was_changed_is_refused(
    tmp_path: Path, write_model: Callable[..., Path]
) -> None:
    model = write_model(tmp_path / "model", "m")
    (model / "vocabulary.txt").write_text("other\n")
    with pytest.raises(InputError, match="its files have the digest sha256:"):
        candidates([("candidate", model)])


def test_no_champion_yet_is_none(champion_of: Callable[[Path | None], Path]) -> None:
    assert champion(champion_of(None)) is None


def test_the_champion_is_named_as_such(
    good: Path, champion_of: Callable[[Path | None], Path]
) -> None:
    found = champion(champion_of(good))
    assert found is not None
    assert (found.role, found.name) == ("champion", "champion (good)")
    assert found.digest == candidates([("candidate", good)])[0].digest


def test_a_champion_of_another_digest_is_refused(
    good: Path, champion_of: Callable[[Path | None], Path]
) -> None:
    folder = champion_of(good)
    facts = json.loads((folder / "champion.json").read_text())
    (folder / "champion.json").write_text(json.dumps({**facts, "digest": "sha256:other"}))
    with pytest.raises(InputError, match=r"champion\.json says sha256:other"):
        champion(folder)


@pytest.mark.parametrize("content", ["{", "{}", "[]", None])
def test_a_damaged_champion_is_refused(
    champion_of: Callable[[Path | None], Path], content: str | None
) -> None:
    folder = champion_of(None)
    path = folder / "champion.json"
    path.unlink()
    if content is not None:
        path.write_text(content)
    for read in (champion, withdrawn):
        with pytest.raises(InputError, match=r"champion\.json: it tells no champion"):
            read(folder)
