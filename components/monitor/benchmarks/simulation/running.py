"""Lets the monitor look at window after window, each with the ones before it as its history."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from sentiment_common.request_log import Account
from sentiment_models.bundle import LABELS
from sentiment_models.reference import Examined, Examiner
from sentiment_monitor.findings import Decision
from sentiment_monitor.history import Past
from sentiment_monitor.policy import Policy
from sentiment_monitor.quality_findings import baseline
from sentiment_monitor.quality_intervals import UNKNOWN, Interval
from sentiment_monitor.watching import Known, Outcome, watch
from sentiment_monitor.window import COLUMNS, NO_LABEL, Answers, Array, Doubts, Window
from simulation.pool import Pool
from simulation.scenarios import DAYS, Scenario, draw

DAY, HOUR = 86_400.0, 3_600.0
BEGIN = 5 * DAYS * DAY
QUALITY_DAYS = 7
"""As the default policy's ``quality_hours``."""
JUDGED = 0.2
"""Share of the answers with feedback; by chance, not because they are wrong."""


@dataclass(frozen=True)
class Setup:
    """A model that is watched.

    Attributes:
        pool: Scored texts.
        own: Rows of it that stand for no drift.
        known: What windows are held against.
        policy: What is decided by.
    """

    pool: Pool
    own: Array
    known: Known
    policy: Policy


@dataclass(frozen=True)
class Looked:
    """What the monitor said of a window, and what was true.

    Attributes:
        since: Windows since the onset of the drift; below 0 before it.
        decided: What it decided.
        accuracy: Real accuracy of the window.
        estimated: What CBPE says it is.
        thresholded: What ATC says it is.
        judged: What feedback says it is.
    """

    since: int
    decided: Decision
    accuracy: float
    estimated: Interval
    thresholded: float
    judged: Interval


class Remembering(Examiner):
    """Examines texts that have been examined before: a text is drawn for many windows."""

    def __init__(self, pool: Pool, terms: Sequence[str]) -> None:
        super().__init__(pool.specification, terms)
        self._known: Mapping[str, Examined] = dict(
            zip(pool.texts, pool.examined(frozenset(terms)), strict=True)
        )

    def examine(self, text: str) -> Examined:
        """Returns what is known of a text."""
        return self._known[text]


def set_up(pool: Pool, trained: Array, own: Array, policy: Policy, training: int = 0) -> Setup:
    """Sets the monitor up.

    Args:
        pool: Scored texts.
        trained: Rows that the model was trained on.
        own: Rows that stand for no drift.
        policy: What is decided by.
        training: How many texts of training the domain classifier gets; 0: it is left out.
    """
    reference = pool.reference(trained)
    texts = [pool.texts[row] for row in trained[:training].tolist()]
    examiner = Remembering(pool, tuple(reference.terms))
    return Setup(pool, own, Known(reference, examiner, texts, baseline(reference, "")), policy)


def follow(
    setup: Setup, scenario: Scenario, rows: int, before: int, generator: np.random.Generator
) -> list[Looked]:
    """Looks at windows one day after the other.

    Args:
        setup: What is watched.
        scenario: What changes.
        rows: Answers of a window.
        before: Windows before the onset.
        generator: For chance.
    """
    past: list[Past] = []
    recent: list[Answers] = []
    looked = []
    for number in range(before + scenario.windows):
        chosen = draw(setup.pool, setup.own, scenario, number - before, rows, generator)
        truth = _meant(
            setup.pool.label[chosen], scenario.meaning if number >= before else 0.0, generator
        )
        window = _window(setup.pool, chosen, truth, number, generator)
        recent = [*recent, window.answers][-QUALITY_DAYS:]
        window = replace(window, judgeable=_together(recent))
        outcome = watch(window, setup.known, setup.policy, past)
        past.append(_remembered(outcome))
        looked.append(_looked(number - before, outcome, truth))
    return looked


def _meant(label: Array, share: float, generator: np.random.Generator) -> Array:
    other = (label + generator.integers(1, len(LABELS), len(label))) % len(LABELS)
    return np.where(generator.random(len(label)) < share, other, label)


def _window(
    pool: Pool, chosen: Array, truth: Array, number: int, generator: np.random.Generator
) -> Window:
    rows, since = len(chosen), BEGIN + number * DAY
    time = np.sort(generator.uniform(since, since + DAY, rows))
    judged = generator.random(rows) < JUDGED
    probabilities = pool.probabilities[chosen]
    texts = tuple(pool.texts[row] for row in chosen.tolist())
    answers = Answers(
        time=time, key=np.arange(rows), unit=np.arange(rows),
        label=probabilities.argmax(axis=1), probabilities=probabilities,
        length=np.array([len(text) for text in texts]), variant=np.zeros(rows, np.int64),
        truth=np.where(judged, truth, NO_LABEL), judged=np.where(judged, time + HOUR, np.nan),
    )  # fmt: skip
    return Window(
        since=since, until=since + DAY, model="baseline", digest="", answers=answers,
        judgeable=answers, known=since + DAY + HOUR, sample=np.arange(rows), texts=texts,
        text_kept=Counter(raw=rows), variants=("",), account=Account(), doubts=Doubts(),
    )  # fmt: skip


def _together(parts: Sequence[Answers]) -> Answers:
    columns = {name: np.concatenate([getattr(it, name) for it in parts]) for name in COLUMNS}
    # A caller asks once: the rows of two days are not of the same ones.
    return Answers(**{**columns, "unit": np.arange(len(columns["unit"]))})


def _remembered(outcome: Outcome) -> Past:
    window, said = outcome.window, outcome.decision
    findings = {it.key: asdict(it) for it in said.findings}
    return Past(
        window.since, window.until, said.decision, len(window.answers), findings,
        {it.name: it for it in outcome.signals}, {}, Path(),
    )  # fmt: skip


def _looked(since: int, outcome: Outcome, truth: Array) -> Looked:
    quality, promised = outcome.quality, outcome.estimate
    return Looked(
        since, outcome.decision, float((outcome.window.answers.label == truth).mean()),
        promised.accuracy if promised else UNKNOWN,
        promised.thresholded if promised else float("nan"),
        quality.adjusted if quality else UNKNOWN,
    )  # fmt: skip
