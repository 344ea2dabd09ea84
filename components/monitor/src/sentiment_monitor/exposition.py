"""The decision as Prometheus reads it: a file for node_exporter's textfile collector, or to push.

The names begin with ``sentiment_monitor_``. A figure that is not known has no sample at all.
"""

from collections.abc import Iterable, Iterator

from sentiment_monitor.findings import VERDICTS
from sentiment_monitor.watching import Outcome

PREFIX = "sentiment_monitor"


def exposition(outcome: Outcome, now: float) -> str:
    """Returns the decision in Prometheus's text format 0.0.4.

    Args:
        outcome: What was found.
        now: When, in seconds since 1970.
    """
    return "\n".join(_lines(outcome, now)) + "\n"


def _lines(outcome: Outcome, now: float) -> Iterator[str]:
    window, decision = outcome.window, outcome.decision
    model = {"model": window.model}
    yield from _family(
        "decision", "Whether this was decided of the last window.",
        [({**model, "decision": it}, float(it == decision.decision)) for it in VERDICTS],
    )  # fmt: skip
    yield from _family(
        "finished_timestamp_seconds", "When the monitor was done, since 1970.", [(model, now)]
    )
    yield from _family(
        "window_end_timestamp_seconds",
        "When the last window ended, since 1970.",
        [(model, window.until)],
    )
    yield from _family(
        "window_texts", "Answers in the last window.", [(model, float(len(window.answers)))]
    )
    yield from _family(
        "finding_effect", "How large a difference is, on the scale of its thresholds.",
        [
            ({**model, "finding": it.name, "detector": it.detector}, it.effect)
            for it in decision.findings if it.effect is not None
        ],
    )  # fmt: skip
    yield from _family(
        "finding_verdict", "0: ok, 1: worth a look, 2: worth acting on, in the last window.",
        [
            ({**model, "finding": it.name, "detector": it.detector},
             float(VERDICTS.index(it.verdict)))
            for it in decision.findings if it.verdict != "unknown"
        ],
    )  # fmt: skip
    if outcome.quality:
        accuracy = outcome.quality.accuracy
        yield from _family(
            "accuracy", "Share of judged answers that feedback confirmed.",
            [(model, accuracy.value)] if accuracy.value == accuracy.value else [],
        )  # fmt: skip
        yield from _family(
            "judged_texts", "Answers with feedback.", [(model, float(outcome.quality.judged))]
        )
    if outcome.estimate:
        yield from _family(
            "estimated_accuracy", "Accuracy by the model's own confidence.",
            [(model, outcome.estimate.accuracy.value)],
        )  # fmt: skip


def _family(name: str, text: str, samples: Iterable[tuple[dict[str, str], float]]) -> Iterator[str]:
    lines = [
        f"{PREFIX}_{name}{{{','.join(f'{key}={_quoted(it)}' for key, it in labels.items())}}} "
        f"{value:.10g}"
        for labels, value in samples
    ]
    if lines:
        yield from (f"# HELP {PREFIX}_{name} {text}", f"# TYPE {PREFIX}_{name} gauge", *lines)


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
