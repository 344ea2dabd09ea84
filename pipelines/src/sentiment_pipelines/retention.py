"""Which runs are kept and which are deleted, and what that gives back to the disk.

Runs share the files of reused tasks by hard links. So deleting a run frees only what no other run
holds, and what a kept run holds stays usable: the links by key are turned to it first.
"""

import datetime
import itertools
import os
import shutil
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sentiment_pipelines import cache, history, runs
from sentiment_pipelines.runs import Run

if TYPE_CHECKING:
    from sentiment_pipelines.champion import Champion

BLOCK = 512
"""Bytes of a block, as the system counts them."""
DELETED = ".deleted-"
"""Begins the name of a run's folder while it is deleted."""


@dataclass(frozen=True)
class Plan:
    """What a clean-up does.

    Attributes:
        kept: Why each run that stays is kept, by id, the latest first.
        deleted: What each run that goes came to, by id.
        links: For each key whose link changes, the folder it will lead to; None if the link goes.
        checkpoints: Folders with the progress of tasks that nobody will continue.
        ruins: Repetitions of runs that go, and what a clean-up left that was killed.
    """

    kept: Mapping[str, str]
    deleted: Mapping[str, str]
    links: Mapping[str, Path | None]
    checkpoints: Sequence[Path]
    ruins: Sequence[Path]

    @property
    def paths(self) -> list[Path]:
        """Everything that will be gone."""
        gone = [by_key() / key for key, folder in self.links.items() if folder is None]
        runs_ = [Run(run).folder for run in self.deleted]
        return [*runs_, *gone, *self.checkpoints, *self.ruins]


def by_key() -> Path:
    """Returns where the links to finished tasks lie, see ``cache``."""
    return runs.folder() / "by-key"


def plan(keep: int, champion: "Champion | None", challenger: "Champion | None" = None) -> Plan:
    """Decides what stays. Call it inside ``runs.undisturbed``, so that no run is alive.

    Args:
        keep: How many of the last finished runs of each pipeline stay.
        champion: The champion, None if there is none.
        challenger: The challenger, None if there is none.
    """
    known = _all()
    kept = reasons(known, keep, {"challenger": challenger, "champion": champion})
    deleted = [run for run in known if run.id not in kept]
    repeated = (runs.folder().parent / "reproductions").glob("*")
    ruins = [*runs.folder().glob(f"{DELETED}*"), *by_key().glob(".*")]
    ruins += [path for path in repeated if path.name not in kept]
    links = _links([run for run in known if run.id in kept], deleted)
    outcomes = {run.id: str(run.facts.get("outcome", runs.KILLED)) for run in deleted}
    return Plan(kept, outcomes, links, _abandoned(known, kept), ruins)


def _all() -> list[Run]:
    """Returns every run, the latest first; also one that was killed before it had a state."""
    found = (path.name for path in runs.folder().glob("[0-9]*") if history.ID.fullmatch(path.name))
    return [Run(name) for name in sorted(found, reverse=True)]


def reasons(
    known: Sequence[Run], keep: int, held: Mapping[str, "Champion | None"]
) -> dict[str, str]:
    """Returns why each run that stays is kept.

    Args:
        known: All runs, the latest first.
        keep: Of each pipeline, how many finished runs stay, and how many unfinished ones since the
            last of them.
        held: Champion and challenger; None where there is none.
    """
    kept: dict[str, str] = {}
    for pipeline in sorted({run.pipeline for run in known}):
        kept |= _last([run for run in known if run.pipeline == pipeline], keep)
    open_ = (runs.RUNNING, runs.SUBMITTED)
    running = [run for run in known if run.facts.get("status") in open_]
    kept |= {run.id: "not closed yet" for run in running}
    for alias, model in held.items():
        if model:
            kept |= dict(_behind(known, alias, model, kept))
    return {run.id: kept[run.id] for run in known if run.id in kept}


def _last(known: Sequence[Run], keep: int) -> dict[str, str]:
    """Returns the last runs of one pipeline, and why each is kept."""
    finished = [run for run in known if run.facts.get("status") == runs.FINISHED]
    since = [run for run in known if not finished or run.id > finished[0].id]
    return {
        **{run.id: "one of the last that finished" for run in finished[:keep]},
        **{run.id: "not finished: the next run goes on from it" for run in since[:keep]},
    }


def _behind(
    known: Sequence[Run], alias: str, model: "Champion", kept: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Yields the runs that hold what a model came from, and why each is needed.

    Where the run that pushed it is gone, the latest that holds the same model stands in.
    """
    made = {run.id: _digests(run) for run in known}
    origins = [run for run, held in made.items() if ("pushed_model", model.digest) in held]
    for run in origins:
        yield run, f"the {alias} came from it"
    needed = {("model", model.digest): f"it holds the {alias}'s model"}
    if model.examples:
        needed["examples", model.examples] = f"it holds the examples the {alias} was chosen on"
    for what, why in needed.items():
        holders = [run for run, held in made.items() if what in held]
        if holders and not any(run in kept or run in origins for run in holders):
            yield holders[0], why


def _digests(run: Run) -> set[tuple[str, str]]:
    """Returns kind and digest of each artifact of a run; of a pushed model, the model's."""
    found = set()
    for _, (_, manifest) in history.artifacts(run.folder):
        pushed = manifest["kind"] == "pushed_model"
        digest = manifest["inputs"]["model"] if pushed else manifest["digest"]
        found.add((manifest["kind"], digest))
    return found


def _links(kept: Sequence[Run], deleted: Sequence[Run]) -> dict[str, Path | None]:
    """Returns the links by key that lead to a run that goes or to nothing, and where to turn them.

    Args:
        kept: Runs that stay, the latest first.
        deleted: Runs that go.
    """
    going = {run.folder.resolve() for run in deleted}
    turned: dict[str, Path | None] = {
        link.name: None
        for link in sorted(by_key().glob("[0-9a-f]*"))
        if not link.exists() or not going.isdisjoint(link.resolve().parents)
    }
    staying = {run.folder for run in kept}
    for entry in cache.entries(runs.folder()):
        link = by_key() / entry.key.digest
        wanted = turned.get(link.name) is None if link.name in turned else not link.is_symlink()
        if wanted and not staying.isdisjoint(entry.folder.parents) and not entry.damage():
            turned[link.name] = entry.folder
    return turned


def _abandoned(known: Sequence[Run], kept: Mapping[str, str]) -> list[Path]:
    """Returns the checkpoints that were last written by a run nobody will go on from."""
    pending = {
        run.id for run in known if run.id in kept and run.facts.get("status") != runs.FINISHED
    }
    return [
        folder
        for folder in sorted(checkpoints().glob("*"))
        if pending.isdisjoint(_writers(known, _written(folder)))
    ]


def checkpoints() -> Path:
    """Returns where tasks that did not finish keep their progress, a folder each."""
    return runs.folder().parent / "checkpoints"


def _written(folder: Path) -> datetime.datetime:
    newest = max(path.lstat().st_mtime for path in (folder, *folder.rglob("*")))
    return datetime.datetime.fromtimestamp(newest, datetime.UTC)


def _writers(known: Sequence[Run], at: datetime.datetime) -> Iterator[str]:
    """Yields the runs that may have written something at a time.

    Runs under one lock do not overlap: of each, it is the last that had begun.
    """
    for lock in (None, *runs.LOCKS.values()):
        of_lock = (run.id for run in known if runs.LOCKS.get(run.pipeline) == lock)
        yield from itertools.islice((it for it in of_lock if history.begin(it) <= at), 1)


def freed(paths: Iterable[Path]) -> int:
    """Returns the bytes of disk that deleting files and folders gives back.

    A file counts only if all its hard links are among them.
    """
    names: Counter[tuple[int, int]] = Counter()
    sizes: dict[tuple[int, int], tuple[int, int]] = {}
    for path in paths:
        below = path.rglob("*") if path.is_dir() and not path.is_symlink() else ()
        for file in (path, *below):
            facts = file.lstat()
            links = 1 if file.is_dir() and not file.is_symlink() else facts.st_nlink
            names[facts.st_dev, facts.st_ino] += 1
            sizes[facts.st_dev, facts.st_ino] = (facts.st_blocks * BLOCK, links)
    return sum(size for inode, (size, links) in sizes.items() if names[inode] >= links)


def carry_out(what: Plan) -> None:
    """Deletes what a plan says. Killed at any moment, it leaves whole runs and usable links."""
    for key, folder in what.links.items():
        if folder is not None:
            _turn(by_key() / key, folder)
    paths = what.paths
    for run in what.deleted:
        # A run that is half deleted must not be found as one.
        paths.append(Run(run).folder.rename(runs.folder() / f"{DELETED}{run}"))
    _point_latest(what.kept)
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _turn(link: Path, folder: Path) -> None:
    staged = link.with_name(f".{uuid.uuid4().hex}")
    staged.symlink_to(os.path.relpath(folder, link.parent))
    staged.replace(link)


def _point_latest(kept: Mapping[str, str]) -> None:
    latest = runs.folder() / "latest"
    if latest.is_symlink() and not latest.exists():
        latest.unlink()
        if kept:
            latest.symlink_to(next(iter(kept)))
