"""What choosing texts to label costs, what it finds, and whether its estimate keeps its promise.

A request log is made up: sentences of known words, answered right at a known rate, and among them a
share about something that training never met. Measured are the time and the memory of choosing, how
much of the new kind each part of a batch holds, and how often the interval of the accuracy contains
the true one. With ``--full`` the log has a million answers.
"""

import argparse
import random
import resource
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sentiment_common.request_log.entry import Entry, entry_line
from sentiment_common.text import current
from sentiment_models import reference
from sentiment_models.bundle import LABELS
from sentiment_models.reference import Examiner
from sentiment_pipelines.labelling import accuracy, sampling, store, traffic
from sentiment_pipelines.labelling.batches import Batch
from sentiment_pipelines.labelling.drift import Training
from sentiment_pipelines.labelling.traffic import Window

KNOWN = """parcel phone camera courier kettle jacket charger ticket sofa invoice late broken lovely
cheap heavy noisy bright rusty polite greasy box shop price help""".split()
NEW = "wallet ledger token exchange miner chain crypto hashrate".split()
FILLING = "the a my this was is and but with for again very not".split()
RIGHT, NEW_SHARE, SIZE = 0.74, 0.05, 200
BEGIN = datetime(2026, 11, 20, tzinfo=UTC)
SPAN = Window(BEGIN.timestamp(), (BEGIN + timedelta(days=1)).timestamp())
Truth = dict[str, tuple[str, bool]]
"""Label, and whether it is of the new kind, by text."""


class Rows(list[list[float]]):
    """Probabilities without numpy, which this room does not have."""

    def tolist(self) -> list[list[float]]:
        """Returns them."""
        return list(self)


def sentence(chance: random.Random, topic: list[str]) -> str:
    """Returns a sentence of a topic."""
    words = [chance.choice(it) for _ in range(chance.randint(2, 6)) for it in (FILLING, topic)]
    return " ".join(words)


def trained() -> Training:
    """Returns what a bundle would tell of its training."""
    chance, specification = random.Random(1), current({})
    texts = [sentence(chance, KNOWN) for _ in range(5_000)]
    rows, targets = Rows([[0.2, 0.3, 0.5]] * len(texts)), [n % 3 for n in range(len(texts))]
    known = reference.make(texts, rows, targets, specification)
    return Training(known, Examiner(specification, known.terms))


def write_log(folder: Path, rows: int) -> Truth:
    """Writes a log and returns what is true of its texts."""
    chance = random.Random(2)
    truth: Truth = {}
    with (folder / "requests-20261120T000000.000000Z-1-000000.jsonl").open("wb") as stream:
        for number in range(rows):
            new = chance.random() < NEW_SHARE
            text = f"{sentence(chance, NEW if new else KNOWN)} {number}"
            answer, *others = chance.sample(LABELS, 3)
            truth[text] = (answer if chance.random() < RIGHT else others[0]), new
            high = chance.uniform(0.4, 1.0)
            share = {answer: high, others[0]: 0.9 * (1 - high), others[1]: 0.1 * (1 - high)}
            moment = BEGIN + timedelta(seconds=86_400 * number / rows)
            entry = Entry(
                number, moment.isoformat(), f"r{number}", 0, "made-up", "sha256:0", "", text,
                "redacted", answer, share, 1.0, f"c{number % 997}",
            )  # fmt: skip
            stream.write(entry_line(entry))
    return truth


def choose(folder: Path, training: Training | None, seed: int = 13) -> Batch:
    """Chooses a batch as the command does."""
    seen = traffic.collect(folder, SPAN, set(), seed, SIZE * sampling.SPARE)
    return sampling.choose(seen, [], training, SPAN, SIZE, seed)


def covered(folder: Path, truth: Truth, seeds: int) -> int:
    """Returns how many of the intervals contain the true accuracy."""
    rows = [store.Row(text, 0, text, it, "a", "t", "b", "") for text, (it, _) in truth.items()]
    settled = store.settled(rows)
    found = 0
    for seed in range(seeds):
        seen = traffic.collect(folder, SPAN, set(), seed, 1)
        (it,) = accuracy.estimate(sampling.choose(seen, [], None, SPAN, SIZE, seed), settled)
        answers = {answer.text: answer.label for answer in seen.sample}
        right = sum(answers[text] == label for text, (label, _) in truth.items())
        found += it.low <= right / len(truth) <= it.high
    return found


def main() -> None:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="a million answers")
    rows = 1_000_000 if parser.parse_args().full else 100_000
    training = trained()
    with tempfile.TemporaryDirectory() as name:
        truth = write_log(Path(name), rows)
        held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        begun = time.perf_counter()
        batch = choose(Path(name), training)
        seconds = time.perf_counter() - begun
        more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - held
    parts = Counter(ask.part for ask in batch.asks)
    new = Counter(ask.part for ask in batch.asks if truth[ask.text][1])
    print("| what | measured |\n| --- | --- |")
    print(f"| {rows:,} answers: {len(batch.asks)} texts chosen in | {seconds:.1f} s |")
    print(f"| memory on top | {more / 1024:.0f} MB |")
    print(f"| of a new kind: of all answers | {NEW_SHARE:.0%} |")
    for part, count in sorted(parts.items()):
        print(f"| of a new kind: of those {part} | {new[part] / count:.0%} |")
    with tempfile.TemporaryDirectory() as name:
        truth = write_log(Path(name), 2_000)
        seeds = 300
        share = covered(Path(name), truth, seeds) / seeds
    print(f"| 95% intervals that contain the true accuracy, of {seeds} | {share:.1%} |")


if __name__ == "__main__":
    main()
