"""What a person is told of a decision."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape

from sentiment_pipelines.retraining import journal
from sentiment_pipelines.retraining.decision import Decision
from sentiment_pipelines.retraining.signals import Rows

COLOURS = {
    journal.RETRAIN: "green", journal.WAIT: "yellow", journal.LOOK: "red", journal.NOTHING: "dim",
}  # fmt: skip


def show(console: Console, decision: Decision, rows: Rows, doubts: Sequence[str] = ()) -> None:
    """Shows a decision: what asks for it, what it needs, what else somebody should know."""
    for it in doubts:
        console.print(f"  [red]![/] {escape(it)}", soft_wrap=True)
    for trigger in decision.triggers:
        console.print(f"  [cyan]→[/] {escape(trigger.reason)}", soft_wrap=True)
    for rule in decision.rules:
        mark = "[green]✓[/]" if rule.passed else "[red]✗[/]"
        console.print(f"  {mark} {rule.name}: {escape(rule.reason)}", soft_wrap=True)
    for it in decision.notes:
        console.print(f"  · {escape(it)}", soft_wrap=True)
    left = ", ".join(f"{count:,} {reason}" for reason, count in sorted(rows.passed_over.items()))
    if left:
        console.print(f"  · passed over: {escape(left)}", soft_wrap=True)
    first = next(iter(decision.reasons), "")
    console.print(
        f"[{COLOURS[decision.decision]}]{decision.decision}[/]: {escape(first)}", soft_wrap=True
    )


def as_json(rows: Rows) -> dict[str, Any]:
    """Returns what the journal keeps of gathered rows."""
    return {"total": rows.total, "by_label": dict(rows.by_label), "digest": rows.digest}
