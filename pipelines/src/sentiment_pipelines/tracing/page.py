"""A trace as one page of text."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from sentiment_common.artifacts import Source
from sentiment_common.request_log import Entry
from sentiment_pipelines.lineage.tree import revision, short
from sentiment_pipelines.tracing.answers import Answer
from sentiment_pipelines.tracing.examples import Near, Placed
from sentiment_pipelines.tracing.models import Made, Origin
from sentiment_pipelines.tracing.reigns import Reign, shown
from sentiment_pipelines.tracing.trace import Trace
from sentiment_pipelines.tracing.traffic import Tally

WIDTH = 100
"""Columns of the output where it is no terminal."""
NONE = "–"
ASK = "SHOW_TEXTS=1 shows it"
Fact = tuple[str, str]
"""What it is, and what is known of it."""
_UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def page(trace: Trace, *, texts: bool) -> RenderableType:
    """Returns the page.

    Args:
        trace: What is told.
        texts: Whether texts of customers are shown.
    """
    parts: list[RenderableType] = []
    if trace.answer:
        parts.append(_section(trace.asked, _answer(trace, trace.answer, texts=texts)))
    else:
        parts.append(Text(legible(trace.asked), "bold"))
    if trace.data:
        parts.append(_section("data", [("version", it) for it in trace.data]))
    if trace.placed:
        title = "trained on since" if trace.answer else "in the examples"
        parts.append(_section(title, _placed(trace, texts=texts)))
    elif trace.users:
        parts.append(_section("in the examples", _used(trace)))
    if len(trace.models) > 1 or (trace.users and not trace.answer):
        parts.append(_models(trace))
    else:
        parts += [part for made in trace.models for part in _model(trace, made)]
    if trace.nearest:
        parts.append(_nearest(trace.nearest, texts=texts))
    if trace.gone:
        parts.append(_section("gone", [("✗", it) for it in trace.gone], "red"))
    return Group(*parts)


def legible(text: str) -> str:
    """Replaces what would steer a terminal or turn a line around; a line feed becomes a space."""
    return _UNPRINTABLE.sub("\ufffd", " ".join(text.splitlines()).replace("\t", " "))


def _section(title: str, facts: Iterable[Fact], style: str = "bold") -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in facts:
        table.add_row(f"  {name}", Text(legible(value)))
    return Group(Text(f"\n{legible(title)}", style), table)


def _answer(trace: Trace, answer: Answer, *, texts: bool) -> Iterable[Fact]:
    entry = answer.entry
    yield "answered", f"{shown(entry.time)}, in {entry.latency_ms:,.0f} ms{_asker(entry)}"
    yield "label", _scores(entry)
    yield "text", _text(entry.text, entry.text_kept, texts=texts)
    yield "model", f"{entry.model}, {entry.digest}"
    if entry.experiment:
        yield "variant", f"{entry.variant} of experiment {entry.experiment}"
    yield "it was then", trace.roles[entry.digest]
    for it in answer.shadows:
        told = f"{it.variant or it.model}, {short(it.digest)}: {_scores(it)}; nobody was told"
        yield "shadow", f"{told}; it was then {trace.roles[it.digest]}"
    for it in answer.earlier:
        yield "before", f"the same id was given to {shown(it.time)}: {it.label}"
    for number, said in enumerate(answer.feedback, start=1):
        counts = "counts" if number == len(answer.feedback) else "was taken back"
        yield "feedback", f"{said.label}, {_by(said.by)}{shown(said.time)}; {counts}"
    if not answer.feedback:
        yield "feedback", "none"
    for row in trace.labels:
        yield "labelled", f"{row.label}, by {row.by}, {shown(row.labelled_at)} ({row.reason})"
    if trace.labels:
        yield "comes to", trace.settled or "nothing: they are at odds"
    for file in trace.gathered:
        yield "gathered", f"as {file.label}, {_by(file.by)}into {file.file}"
    if not trace.placed:
        yield "trained on", "by no model here: no examples have it as a row"


def _by(who: str) -> str:
    return f"by {who}, " if who else ""


def _asker(entry: Entry) -> str:
    role = ", as a shadow: nobody was told" if entry.shadow else ""
    return f", to caller {entry.caller}{role}" if entry.caller else role


def _scores(entry: Entry) -> str:
    ordered = sorted(entry.probabilities.items(), key=lambda it: -it[1])
    return f"{entry.label} ({', '.join(f'{label} {share:.3f}' for label, share in ordered)})"


def _text(text: str | None, kept: str, *, texts: bool) -> str:
    if texts and text is not None:
        return f"{text} ({kept})"
    return f"kept {kept}; {ASK}" if kept != "none" else "not kept"


def _placed(trace: Trace, *, texts: bool) -> Iterable[Fact]:
    for it in trace.placed:
        yield short(it.examples), _row(it, texts=texts)
        yield "", _trained(trace, it.examples) if it.split == "train" else _judged(it)


def _row(it: Placed, *, texts: bool) -> str:
    if not it.split:
        return f"left out: {it.reason}"
    text = f": {it.text}" if texts and it.text is not None else ""
    return f"{it.split} split, row {it.id}, {it.label}, from {it.source}, group {it.group}{text}"


def _judged(it: Placed) -> str:
    if not it.split:
        return "no model was trained on it"
    why = "stopped and calibrated by it" if it.split == "validation" else "judged by it"
    return f"no model was trained on it; those of these examples were {why}"


def _used(trace: Trace) -> Iterable[Fact]:
    for digest in trace.users:
        yield short(digest), _trained(trace, digest)


def _trained(trace: Trace, digest: str) -> str:
    named = [_named(it, trace) for it in trace.users[digest]]
    return f"models trained on them: {', '.join(named) if named else 'none here'}"


def _named(digest: str, trace: Trace) -> str:
    number = trace.numbers.get(digest)
    return f"{short(digest)} (version {number})" if number else short(digest)


def _models(trace: Trace) -> RenderableType:
    """One line a model; ``VERSION=`` tells all of one."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for title in ("  version", "model", "bundle", "was", "answered", "confirmed"):
        right = title in ("  version", "answered")
        table.add_column(title, overflow="fold", justify="right" if right else "left")
    for made in trace.models:
        tally = (trace.traffic or {}).get(made.digest)
        numbers = ", ".join(it.number for it in made.versions)
        table.add_row(
            numbers or NONE, Text(legible(_called(made, trace))), Text(short(made.digest), "cyan"),
            Text("\n".join(map(_reigned, made.reigns)) or NONE),
            f"{tally.texts:,}" if tally else NONE, _confirmed(tally) if tally else NONE,
        )  # fmt: skip
    return Group(Text("\nmodels", "bold"), table)


def _called(made: Made, trace: Trace) -> str:
    if made.versions:
        return made.versions[0].model
    task = made.steps[-1].title.partition("/")[0] if made.steps else NONE
    users = (it for it in trace.models if it.versions)
    parts = [it.versions[0].number for it in users if made.digest in {s.digest for s in it.steps}]
    return f"{task}, in {', '.join(parts)}" if parts else f"{task}, never pushed"


def _reigned(it: Reign) -> str:
    until = f"to {shown(it.end)[:16]}" if it.end else "and is"
    return f"{it.alias} {shown(it.begin)[:16]} {until}"


def _confirmed(tally: Tally) -> str:
    if not tally.judged:
        return "none" if tally.texts else NONE
    return f"{tally.confirmed / tally.judged:.1%} of {tally.judged:,}"


def _model(trace: Trace, made: Made) -> Iterable[RenderableType]:
    facts: list[Fact] = [("bundle", made.digest)]
    for it in made.versions:
        state = f", of the registry's run {it.mlflow_run} ({it.mlflow_state})"
        facts.append(("version", f"{it.number}, {it.model}{state if it.mlflow_run else ''}"))
        facts += [("forced", it.forced)] if it.forced else []
    facts += [("was", _reign(it)) for it in made.reigns]
    if made.versions and not made.reigns:
        facts.append(("was", "behind no alias, as far as the promotion log knows"))
    if trace.traffic is not None:
        facts += _traffic(trace.traffic[made.digest])
    if made.origin:
        facts += _origin(made.origin)
        if decided := trace.decisions.get(made.origin.id):
            told = f"{shown(decided.time)}: {' '.join(decided.reasons)}"
            facts.append(("retrained", f"by decision {decided.id}, {told}"))
    facts += [("source", _source(it)) for it in made.sources]
    if made.examples:
        facts.append(("examples", _examples(made.examples, trace.rows.get(made.examples))))
    number = f"version {made.versions[0].number}" if made.versions else "no version"
    yield _section(f"model {short(made.digest)}, {number}", facts)
    if made.steps:
        yield _steps(made)


def _reign(it: Reign) -> str:
    until = f"until {shown(it.end)}" if it.end else "and is"
    why = f" ({it.action}{': ' if it.by or it.reason else ''}"
    why += f"{', '.join(filter(None, (it.by, it.reason)))})"
    return f"{it.alias} since {shown(it.begin)}, {until}{why}"


def _traffic(tally: Tally) -> Iterable[Fact]:
    if not tally.texts:
        yield "answered", f"nothing that the log still has{_shadow(tally)}"
        return
    shares = ", ".join(
        f"{label} {count / tally.texts:.1%}" for label, count in sorted(tally.labels.items())
    )
    span = f"{shown(tally.first)} to {shown(tally.last)}"
    yield "answered", f"{tally.texts:,} texts, {span}{_shadow(tally)}"
    yield "labels", shares
    if tally.judged:
        share = f"{tally.confirmed / tally.judged:.1%}"
        yield "feedback", f"on {tally.judged:,} of them; {share} of these labels are confirmed"
    else:
        yield "feedback", "none"


def _shadow(tally: Tally) -> str:
    return f", and {tally.shadow:,} as a shadow" if tally.shadow else ""


def _origin(it: Origin) -> Iterable[Fact]:
    outcome = f"{it.pipeline}: {it.outcome}" if it.pipeline else "nothing else is known of it"
    yield "run", f"{it.id}, {outcome}{f', on {it.backend}' if it.backend else ''}"
    if it.mlflow_run:
        yield "in MLflow", it.mlflow_run
    yield "code", revision(it.revision)
    for version in it.data:
        yield "data", version
    if not it.data and it.pipeline:
        yield "data", f"source {it.source or NONE}; no version of it is under DVC"


def _source(it: Source) -> str:
    return f"{it.uri}, {it.size:,} bytes, sha256 {it.sha256}"


def _examples(digest: str, summary: Mapping[str, Any] | None) -> str:
    if summary is None:
        return f"{digest}, not on this machine"
    rows = summary["rows"]
    splits = [
        f"{split} {rows[split]:,}" for split in ("train", "validation", "test") if split in rows
    ]
    left_out = f", {rows['dropped']:,} left out" if rows.get("dropped") else ""
    labels = summary.get("labels", {}).get("train", {})
    train = f"; of train {', '.join(f'{label} {labels[label]:,}' for label in sorted(labels))}"
    told = f"{rows['kept']:,} rows ({', '.join(splits)}{train if labels else ''}){left_out}"
    return f"{digest}: {told}"


def _steps(made: Made) -> RenderableType:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for title in ("  made by way of", "digest", "by", "code", "lock or image"):
        table.add_column(title, no_wrap=title in ("digest", "code"), overflow="fold")
    for it in made.steps:
        by = it.producer.removeprefix("sentiment-") or "gone"
        elsewhere = it.run and made.origin and it.run != made.origin.id
        table.add_row(
            Text(f"  {legible(it.title)}", "red" if it.missing else ""),
            Text(short(it.digest), "cyan"), Text(f"{by} in {it.run}" if elsewhere else by),
            short(it.code) or NONE, short(it.container or it.lock) or NONE,
        )  # fmt: skip
    notes = [
        Text(f"  {legible(it.title)}: {legible(note)}", "yellow")
        for it in made.steps if not it.missing
        for note in it.notes
    ]  # fmt: skip
    return Group(Text(""), table, *notes)


def _nearest(rows: Sequence[Near], *, texts: bool) -> RenderableType:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for title in ("  alike", "label", "row", "from", "how"):
        table.add_column(title, overflow="fold", justify="right" if title == "  alike" else "left")
    if texts:
        table.add_column("text", overflow="fold", ratio=1)
    for it in rows:
        text = [Text(legible(it.text or ""))] if texts else []
        table.add_row(
            f"{it.similarity:.2f}", Text(it.label), Text(legible(it.id)),
            Text(legible(it.source)), it.relation, *text,
        )  # fmt: skip
    title = f"nearest training rows{'' if texts else ' (SHOW_TEXTS=1 shows their texts)'}"
    return Group(Text(f"\n{title}", "bold"), table)
