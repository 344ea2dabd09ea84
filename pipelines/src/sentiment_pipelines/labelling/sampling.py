"""Chooses the texts that people are asked about.

First those whose labellers are at odds. Of the rest a third each:

- **random**: a simple random sample of the window's answers, whatever is known of them. Nothing
  else tells without bias how often the model is right (see ``accuracy``). It is drawn at a fixed
  size before anything is left out; a text that was labelled before keeps its label and is not asked
  about again.
- **uncertain**: where the two highest probabilities are closest (margin sampling: Scheffer,
  Decomain and Wrobel, "Active hidden Markov models for information extraction", IDA 2001).
- **drifted**: the most unlike training, see ``drift``; where few are, more uncertain ones.

The last two are chosen one by one, and each has to differ from what was chosen before: no near
duplicate, few of one caller, few of one template. What many send would fill a batch otherwise.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sentiment_pipelines.labelling import store
from sentiment_pipelines.labelling.batches import Ask, Batch, Draw, Part
from sentiment_pipelines.labelling.drift import Training
from sentiment_pipelines.labelling.traffic import Answer, Key, Traffic, Window, chance

SHARED = 0.1
"""Share of a batch that everybody is asked about."""
CAP = 0.05
"""Share of a batch that one caller or one template may have of what is not random."""
NEAR = 0.7
"""Jaccard similarity of their words from which two texts are near duplicates."""
TEMPLATE_WORDS = 4
WORD = re.compile(r"\w+")
DIGITS = re.compile(r"\d+")
SPARE = 20
"""How many uncertain texts are kept for one that is chosen: near duplicates are many."""


def choose(
    traffic: Traffic, labels: Sequence[store.Row], training: Training | None, span: Window,
    size: int, seed: int,
) -> Batch:  # fmt: skip
    """Chooses a batch; the same traffic, labels and seed give the same one.

    Args:
        traffic: The window.
        labels: What people have said so far.
        training: What the model was trained on; None if nobody knows, and nothing is drifted then.
        span: The window's ends.
        size: How many texts to ask about, at most.
        seed: Of all chances.
    """
    ties = [_tie(group) for group in store.tied(labels)][:size]
    drawn = traffic.sample[: math.ceil((size - len(ties)) / 3)]
    chosen = _Chosen(ties, max(1, math.ceil(CAP * size)))
    labelled = {row.text for row in labels}
    chosen.add("random", ((it, "random") for it in drawn if it.text not in labelled), size)
    half = math.ceil((size - len(chosen.asks)) / 2)
    unsure = half if training else size
    chosen.add("uncertain", _unsure(traffic.unsure), min(size, len(chosen.asks) + unsure))
    chosen.add("drifted", _drifted(traffic.sample, training), size)
    chosen.add("uncertain", _unsure(traffic.unsure), size)
    draws = tuple(Draw(it.text, it.label, it.digest) for it in drawn)
    return Batch(
        store.now(), _iso(span.since), _iso(span.until), seed, traffic.population,
        _mixed(chosen.asks, seed), draws,
    )  # fmt: skip


class _Chosen:
    """What was chosen so far, and what may not be chosen any more.

    Args:
        asks: What is asked about in any case.
        most: How many of one caller, and of one template.
    """

    def __init__(self, asks: Iterable[Ask], most: int) -> None:
        self.asks = list(asks)
        self._most = most
        self._texts = {ask.text for ask in self.asks}
        self._keys = {(ask.request_id, ask.position) for ask in self.asks}
        self._words = [_words(ask.text) for ask in self.asks]
        self._callers: Counter[str] = Counter()
        self._templates: Counter[str] = Counter()

    def add(self, part: Part, wanted: Iterable[tuple[Answer, str]], until: int) -> None:
        """Takes answers with their reasons up, until there are that many in all.

        One whose text or id is there already is passed over, and so is what does not differ enough,
        unless chance has drawn it.
        """
        for it, reason in wanted:
            if len(self.asks) == until:
                return
            new = it.text not in self._texts and it.key not in self._keys
            if new and (part == "random" or self._differs(it)):
                self._take(Ask(*it.key, it.text, part, reason, shared=False), it)

    def _differs(self, it: Answer) -> bool:
        """Whether a text is no near duplicate, and its caller and template have room."""
        if it.caller and self._callers[it.caller] >= self._most:
            return False
        if self._templates[template(it.text)] >= self._most:
            return False
        words = _words(it.text)
        return all(_similarity(words, other) < NEAR for other in self._words)

    def _take(self, ask: Ask, it: Answer) -> None:
        self.asks.append(ask)
        self._texts.add(it.text)
        self._keys.add(it.key)
        self._words.append(_words(it.text))
        self._callers[it.caller] += 1
        self._templates[template(it.text)] += 1


def dealt(batch: Batch, names: Sequence[str], labels: Iterable[store.Row]) -> list[list[Ask]]:
    """Deals the texts of a batch out: shared ones to everybody, of the rest to each its part.

    Args:
        batch: The batch.
        names: The labellers, each once.
        labels: What people have said so far: nobody breaks a tie that they made.
    """
    said = {(row.text, row.by) for row in labels}
    rest = [ask for ask in batch.asks if not ask.shared]
    owner = {ask.id: names[place % len(names)] for place, ask in enumerate(rest)}
    return [
        [
            ask
            for ask in batch.asks
            if owner.get(ask.id, name) == name and (ask.text, name) not in said
        ]
        for name in names
    ]


def template(text: str) -> str:
    """Returns what texts of one form have in common: their first words, digits aside."""
    return " ".join(WORD.findall(DIGITS.sub("0", text.casefold()))[:TEMPLATE_WORDS])


def _words(text: str) -> frozenset[str]:
    return frozenset(WORD.findall(DIGITS.sub("0", text.casefold()))) or frozenset((text,))


def _similarity(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other)


def _tie(group: Sequence[store.Row]) -> Ask:
    said = ", ".join(f"{count} {label}" for label, count in _counts(group))
    first = group[0]
    reason = f"labellers are at odds: {said}"
    return Ask(first.request_id, first.position, first.text, "tie", reason, shared=True)


def _counts(group: Sequence[store.Row]) -> list[tuple[str, int]]:
    return sorted(Counter(row.label for row in group).items())


def _unsure(unsure: Iterable[Answer]) -> Iterator[tuple[Answer, str]]:
    for it in unsure:
        yield it, f"uncertain: its two likeliest labels are {100 * it.margin:.0f} points apart"


def _drifted(sample: Sequence[Answer], training: Training | None) -> Iterator[tuple[Answer, str]]:
    """Yields the open answers with the reasons, the text that is most unlike training first."""
    if training is None:
        return
    found = {it.text: training.strangeness(it.text) for it in sample if it.open}
    first = {it.text: it for it in reversed(sample)}
    for text in sorted(found, key=lambda text: (-found[text].score, first[text])):
        if found[text].score > 0:
            yield first[text], found[text].reason


def _mixed(asks: Sequence[Ask], seed: int) -> tuple[Ask, ...]:
    """Returns ties first and the rest in a random order; some of that rest are shared."""

    def by_chance(purpose: str, ask: Ask) -> tuple[int, Key]:
        key = (ask.request_id, ask.position)
        return chance(seed, purpose, key), key

    ties = [ask for ask in asks if ask.part == "tie"]
    rest = sorted((ask for ask in asks if ask.part != "tie"), key=lambda it: by_chance("order", it))
    ranked = sorted(rest, key=lambda it: by_chance("shared", it))
    shared = {ask.id for ask in ranked[: math.ceil(SHARED * len(ranked))]}
    return *ties, *(replace(ask, shared=ask.id in shared) for ask in rest)


def _iso(moment: float) -> str:
    said = datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
    return said.replace("+00:00", "Z")
