"""Takes labels in from files, and has DVC keep the version."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sentiment_common.errors import InputError
from sentiment_pipelines import dvc, versions
from sentiment_pipelines.labelling import batches, sheet, store
from sentiment_pipelines.labelling.batches import Ask, Batch

NAME = re.compile(r"\w[\w.@+ -]{0,39}")


@dataclass(frozen=True)
class Imported:
    """What became of a file.

    Attributes:
        added: Labels that are new.
        changed: Labels that took the place of another one of the same labeller.
        known: Labels that were there already.
        empty: Rows without a label.
        repeated: Rows that say once more what another row says.
        batches: The batches that the file's texts belong to.
    """

    added: int
    changed: int
    known: int
    empty: int
    repeated: int
    batches: Sequence[Batch]


def named(by: str) -> str:
    """Returns a labeller's name; in small letters, for phones begin a name with a large one.

    Raises:
        InputError: It is none.
    """
    by = unicodedata.normalize("NFC", by.strip().casefold())
    if not NAME.fullmatch(by):
        raise InputError(
            f"{by!r} is no name", where="labeller",
            mend="1 to 40 letters, digits and . @ + - _, e.g. anna",
        )  # fmt: skip
    return by


def take_in(file: Path, by: str, path: Path, *, replace: bool) -> Imported:
    """Adds the labels of a file to the others; twice the same file is once.

    Args:
        file: What a spreadsheet saved.
        by: Who filled it in.
        path: The file of all labels.
        replace: Whether a label may take the place of what the same labeller said before.

    Raises:
        InputError: The file contradicts itself, what was asked, or what the labeller said before.
            Nothing was added then.
    """
    known = batches.read_all()
    # Of a text that several batches ask about, the latest is meant.
    asked = {ask.id: (batch, ask) for batch in known for ask in batch.asks}
    said = sheet.read(file, {id_: ask.text for id_, (_, ask) in asked.items()})
    before: dict[str, str] = {}

    def choose(rows: list[store.Row]) -> list[store.Row]:
        before.update((row.text, row.label) for row in rows if row.by == by)
        new = {id_: it for id_, it in said.labels.items() if before.get(asked[id_][1].text) != it}
        if not replace:
            _check_steady(new, before, asked, file)
        moment = store.now()
        return [row_of(*asked[id_], label, by, moment) for id_, label in new.items()]

    added = store.append(path, choose)
    changed = sum(row.text in before for row in added)
    met = {asked[id_][0].id for id_ in said.labels}
    return Imported(
        len(added) - changed, changed, len(said.labels) - len(added), said.empty, said.repeated,
        [batch for batch in known if batch.id in met],
    )  # fmt: skip


def row_of(batch: Batch, ask: Ask, label: str, by: str, moment: str) -> store.Row:
    """Returns what a labeller says of a text that a batch asks about."""
    return store.Row(
        ask.request_id, ask.position, ask.text, label, by, moment, batch.id, ask.reason
    )


def _check_steady(
    new: Mapping[str, str], before: Mapping[str, str], asked: Mapping[str, tuple[Batch, Ask]],
    file: Path,
) -> None:  # fmt: skip
    for id_, label in new.items():
        if earlier := before.get(asked[id_][1].text):
            raise InputError(
                f"{id_} is {label} here, and the same labeller has called it {earlier}",
                where=f"{file}, column label",
                mend="correct it, or say that the new one counts: REPLACE=1",
            )  # fmt: skip


def record(path: Path) -> str:
    """Has DVC keep the labels as they are now.

    Args:
        path: The file of all labels.

    Returns:
        What was done, or could not be, for people; the labels are on the disk in any case.
    """
    top = versions.top_of(path.parent)
    if top is None:
        return f"not versioned: {path} is in no git repository; `git init`, and commit once"
    if not versions.place_of(path).is_relative_to(top / dvc.FOLDER):
        return f"not versioned: {path} lies outside of {top / dvc.FOLDER}"
    try:
        # DVC takes the file away and puts it back as its own: nobody may add to it meanwhile.
        with store.alone(path.parent):
            file = dvc.add(top, path)
            found = versions.of(path)
    except InputError as error:
        return f"not versioned ({error}); `make data-add FILE={path}` tries again"
    if found is not None and found.state == "committed":
        return f"version: {found}"
    kept = " ".join(str(it.relative_to(top)) for it in (file, file.parent / ".gitignore"))
    return f"version: {found}; keep it: git add .dvc {kept} && git commit"
