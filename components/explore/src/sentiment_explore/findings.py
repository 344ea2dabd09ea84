"""What is worth a person's time, ranked, each with what to do about it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from sentiment_explore.evidence import Evidence, by_source
from sentiment_explore.label_noise import CrossFitted
from sentiment_explore.reading import LABELS, Flags, Integers, excerpt

HIGH, MEDIUM, LOW = "high", "medium", "low"
SEVERITIES = (HIGH, MEDIUM, LOW)
NEVER = float("inf")
ENOUGH = 50
"""Rows of a source or period below which its shares say little."""

EXAMPLES = 2
FEW_ROWS = {HIGH: 300, MEDIUM: 1500}
WEAK_SIGNAL = 0.45
ONE_SIDED = 0.9
SHIFT, SHIFT_Z = 0.1, 4.0


@dataclass(frozen=True)
class Finding:
    """Something that was found.

    Attributes:
        check: Name of the check that found it.
        severity: ``high``: mend it before training; ``medium``: look at it; ``low``: know it.
        what: What it is, in one sentence.
        count: How many rows it concerns.
        share: The same as a share of the rows it was looked for in.
        remedy: What to do.
        examples: Beginnings of texts that show it, never of the test split.
    """

    check: str
    severity: str
    what: str
    count: int
    share: float
    remedy: str
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fault:
    """A fault that single texts have.

    Attributes:
        what: What the texts are.
        limits: Shares above which the fault is low, medium and high.
        remedy: What to do.
    """

    what: str
    limits: tuple[float, float, float]
    remedy: str


FAULTS = {
    "garbled": Fault(
        "are garbled by a wrong character encoding", (0, 0.002, 0.02),
        "export the source as UTF-8 again, or pin its encoding when you ingest",
    ),
    "no_letters": Fault(
        "have neither a letter nor an emoji", (0, 0.01, 0.05),
        "drop them if nobody can tell their sentiment",
    ),
    "links_only": Fault("are nothing but a link", (0, 0.01, 0.05), "drop them: nothing is said"),
    "other_language": Fault(
        "look like another language than English", (0.005, 0.05, 0.2),
        "keep other languages out, or train with a multilingual encoder: lemmas are English",
    ),
    "markup": Fault(
        "contain HTML tags or entities", (0, 0.05, 0.3),
        "export plain text: a model learns the markup of a source instead of its words",
    ),
    "long": Fault(
        "have more than 300 words", (0, 0.05, 0.2),
        "look whether rows ran together; encoders read the beginning alone",
    ),
    "one_word": Fault(
        "are a single word", (0.02, 0.15, 0.5),
        "make sure that the label does not rest on a rating the text says nothing of",
    ),
    "capitals": Fault(
        "are written in capitals alone", (0.05, 0.25, 0.6),
        "look whether a source shouts by its own nature, as a till or a form does",
    ),
}  # fmt: skip

Check = Callable[[Evidence], Iterator[Finding]]


def findings(evidence: Evidence) -> list[Finding]:
    """Makes every check; what was found is ranked by severity, then by share."""
    found = [it for check in CHECKS.values() for it in check(evidence)]
    found += [it for name, fault in FAULTS.items() for it in _fault(evidence, name, fault)]
    return sorted(found, key=lambda it: (SEVERITIES.index(it.severity), -it.share, it.check))


def passed(found: list[Finding]) -> list[str]:
    """Returns the names of the checks that found nothing."""
    fired = {it.check for it in found}
    return sorted({*CHECKS, *FAULTS} - fired)


def _severity(share: float, limits: tuple[float, float, float]) -> str | None:
    low, medium, high = limits
    return HIGH if share > high else MEDIUM if share > medium else LOW if share > low else None


def _examples(evidence: Evidence, chosen: Flags) -> tuple[str, ...]:
    places = np.flatnonzero(chosen & evidence.rows.shown)[:EXAMPLES]
    return _excerpts(evidence, places)


def _excerpts(evidence: Evidence, places: Integers) -> tuple[str, ...]:
    return tuple(excerpt(text) for text in evidence.rows.texts_at(places))


def _fault(evidence: Evidence, name: str, fault: Fault) -> Iterator[Finding]:
    flags = evidence.marks.flags[name]
    count, share = int(flags.sum()), float(flags.mean())
    if severity := _severity(share, fault.limits):
        examples = _examples(evidence, flags)
        what = f"Texts that {fault.what}"
        yield Finding(name, severity, what, count, share, fault.remedy, examples)


def _few_rows(evidence: Evidence) -> Iterator[Finding]:
    count = int((evidence.rows.splits == 0).sum())
    severity = next((it for it, limit in FEW_ROWS.items() if count < limit), None)
    if severity:
        what = "Few rows to train on: models of different seeds will differ by several points"
        yield Finding("few_rows", severity, what, count, 1.0, "gather more, or label more")


def _rare_label(evidence: Evidence) -> Iterator[Finding]:
    counts = evidence.rows.counts()
    label = min(counts, key=lambda it: counts[it])
    share = counts[label] / len(evidence.rows)
    if share < 0.1:
        yield Finding(
            "rare_label", HIGH if share < 0.05 else MEDIUM,
            f"The label {label} is rare", counts[label], share,
            "gather more of it, weigh classes in training, and look at its own scores",
        )  # fmt: skip


def _dropped_rows(evidence: Evidence) -> Iterator[Finding]:
    count = sum(evidence.dropped.reasons.values())
    share = count / (count + len(evidence.rows))
    if severity := _severity(share, (0.05, 0.2, 0.5)):
        reason = max(evidence.dropped.reasons.items(), key=lambda it: it[1])[0]
        what = f"Rows that ingest left out, most of them for: {reason}"
        remedy = "read dropped.jsonl beside the examples: it names file and row"
        yield Finding("dropped_rows", severity, what, count, share, remedy)


def _contradicting_repeats(evidence: Evidence) -> Iterator[Finding]:
    count = evidence.dropped.reasons.get("repeated text with another label", 0)
    share = count / (sum(evidence.dropped.reasons.values()) + len(evidence.rows))
    if severity := _severity(share, (0, 0.005, 0.02)):
        yield Finding(
            "contradicting_repeats", severity,
            "The same text came again with another label; ingest kept the first", count, share,
            "settle these by hand: dropped.jsonl names both rows",
        )  # fmt: skip


def _label_noise(evidence: Evidence) -> Iterator[Finding]:
    doubted = evidence.doubted
    if isinstance(doubted.fitted, CrossFitted):
        count = len(doubted.suspects)
        share = count / len(doubted.sample)
        if severity := _severity(share, (0.02, 0.05, NEVER)):
            yield Finding(
                "label_noise", severity, "Labels that the words of the text speak against", count,
                share, "read suspects.csv from the top and correct the source",
                _excerpts(evidence, doubted.sample[doubted.suspects[:EXAMPLES]]),
            )  # fmt: skip


def _weak_signal(evidence: Evidence) -> Iterator[Finding]:
    doubted = evidence.doubted
    if isinstance(doubted.fitted, CrossFitted) and doubted.fitted.macro_f1 < WEAK_SIGNAL:
        yield Finding(
            "weak_signal", HIGH,
            f"Words hardly tell the label: macro-F1 {doubted.fitted.macro_f1:.2f}, a guess 0.33",
            len(doubted.sample), 1.0,
            "look at twenty rows by hand: is this column the text, and that one its label?",
        )  # fmt: skip


def _missing_in_source(evidence: Evidence) -> Iterator[Finding]:
    found: dict[str, int] = {}
    for source, counts in by_source(evidence.rows).items():
        rows = sum(counts.values())
        absent = [label for label, count in counts.items() if not count]
        if rows >= ENOUGH and absent and len(evidence.rows.source_names) > 1:
            found[f"The source {source} has nothing labelled {' or '.join(absent)}"] = rows
    yield from _of_sources(
        evidence, "missing_in_source", found,
        "a model can learn the source instead of the sentiment: gather the missing label",
    )  # fmt: skip


def _one_sided_source(evidence: Evidence) -> Iterator[Finding]:
    overall = evidence.rows.counts()
    found: dict[str, int] = {}
    for source, counts in by_source(evidence.rows).items():
        rows = sum(counts.values())
        label = max(counts, key=lambda it: counts[it])
        usual = overall[label] / len(evidence.rows)
        if rows >= ENOUGH and counts[label] / rows > ONE_SIDED and usual < ONE_SIDED - SHIFT:
            share = f"{counts[label] / rows:.0%} of the source {source} are {label}"
            found[f"{share}, {usual:.0%} of all rows"] = rows
    yield from _of_sources(
        evidence, "one_sided_source", found,
        "the source nearly gives the label away: judge it by itself, or leave it out",
    )  # fmt: skip


def _of_sources(
    evidence: Evidence, check: str, found: dict[str, int], remedy: str
) -> Iterator[Finding]:
    """Yields one finding for all sources with a fault; forty would bury every other."""
    if found:
        what, rows = next(iter(found)), sum(found.values())
        more = f"; so it is with {len(found) - 1} more sources" if len(found) > 1 else ""
        yield Finding(
            check, MEDIUM, f"{what}{more}", rows, rows / len(evidence.rows), remedy,
        )  # fmt: skip


def _dominating_group(evidence: Evidence) -> Iterator[Finding]:
    sizes = np.bincount(evidence.rows.groups)
    largest = int(sizes.argmax())
    count, share = int(sizes[largest]), float(sizes[largest] / len(evidence.rows))
    severity = _severity(share, (0.02, 0.05, 0.2))
    if severity and count >= ENOUGH:
        yield Finding(
            "dominating_group", severity, "One author or group wrote much of the data", count,
            share, "cap the rows of a group: its habits would pass for everybody's",
            _examples(evidence, evidence.rows.groups == largest),
        )  # fmt: skip


def _alike(evidence: Evidence) -> Iterator[Finding]:
    count = evidence.repetition.alike
    share = count / max(int(evidence.rows.shown.sum()), 1)
    if severity := _severity(share, (0.005, 0.05, 0.2)):
        examples = tuple(it.words for it in evidence.repetition.forms[:EXAMPLES])
        yield Finding(
            "alike", severity, "Texts that differ from another in numbers or punctuation alone",
            count, share, "look for forms and automatic messages, and keep one of each", examples,
        )  # fmt: skip


def _template(evidence: Evidence) -> Iterator[Finding]:
    shown = max(int(evidence.rows.shown.sum()), 1)
    phrases = [*evidence.repetition.openings, *evidence.repetition.closings]
    common = [it for it in phrases if it.rows >= ENOUGH and it.rows / shown > 0.01]
    if common:
        most = max(common, key=lambda it: (it.rows, it.words))
        yield Finding(
            "template", LOW if most.rows / shown < 0.05 else MEDIUM,
            f"{len(common)} phrases open or close many texts", most.rows, most.rows / shown,
            "a template of the collecting form? strip it: it says nothing of the customer",
            tuple(it.words for it in common[:EXAMPLES]),
        )  # fmt: skip


def _contradicting_rating(evidence: Evidence) -> Iterator[Finding]:
    """Finds labels at the wrong end of the ratings; labels made from ratings cannot be."""
    ratings, labels = evidence.rows.ratings, evidence.rows.labels
    rated = ~np.isnan(ratings)
    if not rated.any():
        return
    low, high = float(ratings[rated].min()), float(ratings[rated].max())
    quarter = (high - low) / 4
    praised = (labels == LABELS.index("positive")) & (ratings <= low + quarter)
    blamed = (labels == LABELS.index("negative")) & (ratings >= high - quarter)
    wrong = (praised | blamed) & rated & (high > low)
    if severity := _severity(float(wrong.sum() / rated.sum()), (0, 0.01, 0.05)):
        yield Finding(
            "contradicting_rating", severity, "Labels that contradict the rating beside them",
            int(wrong.sum()), float(wrong.sum() / rated.sum()),
            "find out which of the two columns is right", _examples(evidence, wrong),
        )  # fmt: skip


def _time_gaps(evidence: Evidence) -> Iterator[Finding]:
    timeline = evidence.timeline
    if timeline is None:
        return
    empty = [at for at, it in zip(timeline.starts, timeline.counts, strict=True) if not sum(it)]
    share = len(empty) / len(timeline.starts)
    if severity := _severity(share, (0, 0.2, NEVER)):
        yield Finding(
            "time_gaps", severity,
            f"{len(empty)} of {len(timeline.starts)} {timeline.unit}s have no row, the first from "
            f"{empty[0]}", 0, share, "was an export forgotten?",
        )  # fmt: skip


def _undated(evidence: Evidence) -> Iterator[Finding]:
    timeline = evidence.timeline
    if timeline is not None:
        share = timeline.undated / len(evidence.rows)
        if severity := _severity(share, (0.02, 0.2, NEVER)):
            what = "Rows without a date, which are in no figure over time"
            remedy = "name the column with the date of every source"
            yield Finding("undated", severity, what, timeline.undated, share, remedy)


def _implausible_dates(evidence: Evidence) -> Iterator[Finding]:
    timeline = evidence.timeline
    if timeline is not None:
        share = timeline.implausible / len(evidence.rows)
        if severity := _severity(share, (0, 0.02, 0.2)):
            yield Finding(
                "implausible_dates", severity, "Dates that nobody can have written feedback on",
                timeline.implausible, share, "leave the date empty where the source knows none",
            )  # fmt: skip


def _label_shift(evidence: Evidence) -> Iterator[Finding]:
    """Finds the period whose label shares differ most from those of all others."""
    timeline = evidence.timeline
    if timeline is None or len(timeline.counts) < 2:
        return
    counts = np.array(timeline.counts, np.float64)
    sizes = counts.sum(axis=1, keepdims=True)
    others = counts.sum(axis=0) - counts
    rest = np.maximum(sizes.sum() - sizes, 1)
    here, there = counts / np.maximum(sizes, 1), others / rest
    pooled = counts.sum(axis=0) / sizes.sum()
    error = np.sqrt(np.maximum(pooled * (1 - pooled), 1e-9) * (1 / np.maximum(sizes, 1) + 1 / rest))
    moved = np.where((sizes >= ENOUGH) & (np.abs(here - there) > SHIFT_Z * error), here - there, 0)
    period, label = (int(it) for it in np.unravel_index(np.abs(moved).argmax(), moved.shape))
    if abs(moved[period, label]) > SHIFT:
        yield Finding(
            "label_shift", MEDIUM,
            f"{here[period, label]:.0%} of the {timeline.unit} from {timeline.starts[period]} are "
            f"{LABELS[label]}, {there[period, label]:.0%} of all other times",
            int(sizes[period, 0]), float(sizes[period, 0] / len(evidence.rows)),
            "find out what happened; validate a model on the newest feedback as well",
        )  # fmt: skip


CHECKS: dict[str, Check] = {
    "few_rows": _few_rows,
    "rare_label": _rare_label,
    "dropped_rows": _dropped_rows,
    "contradicting_repeats": _contradicting_repeats,
    "label_noise": _label_noise,
    "weak_signal": _weak_signal,
    "missing_in_source": _missing_in_source,
    "one_sided_source": _one_sided_source,
    "dominating_group": _dominating_group,
    "alike": _alike,
    "template": _template,
    "contradicting_rating": _contradicting_rating,
    "time_gaps": _time_gaps,
    "undated": _undated,
    "implausible_dates": _implausible_dates,
    "label_shift": _label_shift,
}
