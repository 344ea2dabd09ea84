"""``sentiment-serve replay``: asks another model what the request log was asked, and compares."""

import argparse
import json
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from sentiment_common import report
from sentiment_common.errors import InputError
from sentiment_common.redaction import RULES
from sentiment_common.request_log import Account, Entry, read_log
from sentiment_serving.references import MODELS, parse
from sentiment_serving.settings import Settings

LABELS = ("negative", "neutral", "positive")
BATCH = 512
MOST = 10
SHOWN_CHARACTERS = 60
JSON_LINES, HTML = ".jsonl", ".html"
DESCRIPTION = """Scores the texts of a request log with a model and shows where its answers differ
from the logged ones, or from those of a second model."""
Score = Callable[[Sequence[str]], list[dict[str, float]]]


@dataclass(frozen=True)
class Pair:
    """What two models say about one text.

    Attributes:
        time, request_id, position, text: As in the log.
        old: Probabilities before, by label.
        new: Probabilities of the model that is tried.
        shift: Total variation distance of the two, 0 to 1: the probability that has moved.
    """

    time: str
    request_id: str
    position: int
    text: str
    old: Mapping[str, float]
    new: Mapping[str, float]
    shift: float

    @property
    def labels(self) -> tuple[str, str]:
        """The most probable label before and now."""
        return _label(self.old), _label(self.new)


@dataclass
class Comparison:
    """What a replay has found.

    Attributes:
        names: How the two sides are called.
        compared: Texts that both sides have scored.
        confusion: How often a label before met a label now.
        shift: Sum of all shifts.
        largest: The pairs with the largest shifts, the largest first; each text once.
        answered_by: Logged entries by digest of the model that answered.
        without_text: Logged entries whose text was not kept.
        redacted: Logged texts in which personal data were replaced.
    """

    names: tuple[str, str]
    compared: int = 0
    confusion: Counter[tuple[str, str]] = field(default_factory=Counter)
    shift: float = 0.0
    largest: list[Pair] = field(default_factory=list)
    answered_by: Counter[str] = field(default_factory=Counter)
    without_text: int = 0
    redacted: int = 0

    @property
    def agreement(self) -> float:
        """Share of the texts that keep their label; there must be texts."""
        same = sum(count for (old, new), count in self.confusion.items() if old == new)
        return same / self.compared


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declares the command."""
    replay = commands.add_parser(
        "replay", help="ask another model what the request log was asked, and compare",
        description=DESCRIPTION, allow_abbrev=False,
    )  # fmt: skip
    replay.add_argument("--log", metavar="DIR", type=Path, required=True, help="the request log")
    replay.add_argument(
        "--model", metavar="MODEL", required=True,
        help="the model that is tried: a bundle, models:/NAME@ALIAS or models:/NAME/VERSION",
    )  # fmt: skip
    replay.add_argument(
        "--against", metavar="MODEL",
        help="the model it is compared with (default: the logged answers)",
    )  # fmt: skip
    replay.add_argument(
        "--out", metavar="FILE", type=Path,
        help=f"write every text with both answers ({JSON_LINES}), or a report ({HTML})",
    )  # fmt: skip
    replay.add_argument(
        "--most", metavar="N", type=int, default=MOST,
        help=f"texts with the largest shifts to show (default: {MOST})",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> str:
    """Executes the command.

    Returns:
        What it has to say.

    Raises:
        InputError: The log or a bundle cannot be used, or the file cannot be written.
    """
    out = arguments.out
    if out and out.suffix not in (JSON_LINES, HTML):
        raise InputError(f"neither {JSON_LINES} nor {HTML}", where=f"--out {out}")
    new_name, new = _opened(arguments.model)
    old_name, old = _opened(arguments.against) if arguments.against else ("the log", None)
    account, found = Account(), Comparison((old_name, new_name))
    # What a shadow made of a text was no answer, and the control's to the same text is there too.
    answered = (entry for entry in read_log(arguments.log, account) if not entry.shadow)
    scored = _pairs(answered, new, old, found)
    pairs = _watched(scored, found, arguments.most)
    if out and out.suffix == JSON_LINES:
        _write(out, (json.dumps(_fields(pair), ensure_ascii=False) + "\n" for pair in pairs))
    else:
        for _ in pairs:
            pass
    if out and out.suffix == HTML:
        _write(out, [_page(found, account)])
    return _told(found, account)


def _opened(given: str) -> tuple[str, Score]:
    """Returns how a model is called, and what scores with it."""
    import sentiment_models
    from sentiment_serving.checks import check
    from sentiment_serving.model import shelf_of

    folder = Path(given)
    if given.startswith(MODELS):
        shelf = shelf_of(Settings.from_environment(os.environ), os.environ)
        folder = shelf.first(parse(given)).folder
    bundle, digest = check(folder)
    predictor = sentiment_models.load(folder)

    def score(texts: Sequence[str]) -> list[dict[str, float]]:
        rows = predictor.predict_proba(texts).tolist()
        return [dict(zip(predictor.labels, row, strict=True)) for row in rows]

    return f"{bundle.name} {digest[:19]}", score


def _pairs(
    entries: Iterator[Entry], new: Score, old: Score | None, found: Comparison
) -> Iterator[Pair]:
    while batch := list(islice(entries, BATCH)):
        found.answered_by.update(entry.digest for entry in batch)
        with_text = [entry for entry in batch if entry.text is not None]
        found.without_text += len(batch) - len(with_text)
        found.redacted += sum(map(_is_redacted, with_text))
        texts = [entry.text or "" for entry in with_text]
        if not texts:
            continue
        before = old(texts) if old else [dict(entry.probabilities) for entry in with_text]
        for entry, text, one, other in zip(with_text, texts, before, new(texts), strict=True):
            shift = sum(abs(one.get(label, 0.0) - other[label]) for label in other) / 2
            yield Pair(entry.time, entry.request_id, entry.position, text, one, other, shift)


def _watched(pairs: Iterator[Pair], found: Comparison, most: int) -> Iterator[Pair]:
    """Adds each pair to the comparison as it passes."""
    largest: dict[str, Pair] = {}
    for pair in pairs:
        found.compared += 1
        found.confusion[pair.labels] += 1
        found.shift += pair.shift
        # What customers write again and again is shown once.
        known = largest.get(pair.text)
        if known is None or known.shift < pair.shift:
            largest[pair.text] = pair
        if len(largest) > most:
            del largest[min(largest, key=lambda text: largest[text].shift)]
        yield pair
    found.largest = sorted(largest.values(), key=lambda pair: -pair.shift)


def _label(probabilities: Mapping[str, float]) -> str:
    return max(probabilities, key=probabilities.__getitem__)


def _fields(pair: Pair) -> dict[str, Any]:
    old_label, new_label = pair.labels
    return {**asdict(pair), "old_label": old_label, "new_label": new_label}


def _is_redacted(entry: Entry) -> bool:
    text = entry.text or ""
    return entry.text_kept == "redacted" and any(rule.replacement in text for rule in RULES)


def _warnings(found: Comparison) -> list[str]:
    warnings = []
    if found.without_text:
        warnings.append(f"{found.without_text:,} entries were logged without text: not compared")
    if found.redacted and found.names[0] == "the log":
        warnings.append(
            f"{found.redacted:,} texts were redacted after they were answered: a difference there "
            "may come from that; --against avoids it"
        )
    return warnings


def _summary(found: Comparison) -> list[str]:
    if not found.compared:
        return [f"no text to compare: {found.names[0]} -> {found.names[1]}"]
    changed = found.compared - round(found.agreement * found.compared)
    return [
        f"{found.compared:,} texts: {found.names[0]} -> {found.names[1]}",
        f"agreement {found.agreement:.2%}, {changed:,} texts change their label",
        f"mean shift of probability {found.shift / found.compared:.4f}",
    ]


def _confusion(found: Comparison) -> list[list[object]]:
    return [[old, *(found.confusion[old, new] for new in LABELS)] for old in LABELS]


def _shifts(found: Comparison) -> list[list[object]]:
    return [
        [pair.shift, *(_figure(side) for side in (pair.old, pair.new)), _short(pair.text)]
        for pair in found.largest
    ]


def _figure(probabilities: Mapping[str, float]) -> str:
    label = _label(probabilities)
    return f"{label} {probabilities[label]:.3f}"


def _short(text: str) -> str:
    line = "".join(c if c.isprintable() else " " for c in " ".join(text.split()))
    return line if len(line) <= SHOWN_CHARACTERS else f"{line[: SHOWN_CHARACTERS - 1]}…"


def _told(found: Comparison, account: Account) -> str:
    lines = [f"log: {account}", *_summary(found)]
    lines += [f"warning: {warning}" for warning in _warnings(found)]
    if len(found.answered_by) > 1:
        lines += ["", *_columns(["answered by", "entries"], found.answered_by.most_common())]
    lines += ["", *_columns(["before \\ now", *LABELS], _confusion(found))]
    if found.largest:
        lines += ["", *_columns(["shift", "before", "now", "text"], _shifts(found))]
    return "\n".join(lines)


def _columns(names: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    cells = [list(names), *([_shown(value) for value in row] for row in rows)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(names))]
    return [
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]


def _shown(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _page(found: Comparison, account: Account) -> str:
    sections = [report.paragraph(line) for line in (*_summary(found), f"Log: {account}.")]
    sections += [report.paragraph(f"Warning: {warning}.") for warning in _warnings(found)]
    sections += [
        report.heading("Labels before, by label now"),
        report.table(["before", *LABELS], _confusion(found)),
        report.heading("Largest shifts"),
        report.table(["shift", "before", "now", "text"], _shifts(found)),
        report.heading("Who answered"),
        report.table(["digest", "entries"], found.answered_by.most_common()),
    ]
    return report.page("Replay of the request log", sections)


def _write(path: Path, parts: Iterable[str]) -> None:
    """Writes a file that appears whole or not; its owner alone may read what customers wrote."""
    try:
        with tempfile.TemporaryDirectory(prefix=".replay-", dir=path.parent) as folder:
            whole = Path(folder) / path.name
            with whole.open("w", encoding="utf-8", errors="backslashreplace") as stream:
                stream.writelines(parts)
            whole.chmod(0o600)
            whole.replace(path)
    except OSError as error:
        raise InputError(f"cannot be written ({error.strerror})", where=f"--out {path}") from error
