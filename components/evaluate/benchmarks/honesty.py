"""Does the gate keep its word? Equal models, models with a planted gain, and slices by the dozen.

Two models answer simulated test splits: reviews of one to three sentences, whose difficulty is
partly the review's own, so that rows of one group depend on each other and both models tend to fail
on the same rows. Equal models differ by chance alone: more of them blessed than the level of the
test, and the gate would be fooled. A planted gain is found the more often the larger it is.
"""

import argparse
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sentiment_evaluate import policy
from sentiment_evaluate.gate import judge
from sentiment_evaluate.judged import Answers, Judged
from sentiment_evaluate.outcome import BLESSED
from sentiment_evaluate.policy import Policy
from sentiment_evaluate.resampling import Bootstrap
from sentiment_evaluate.slices import Slice

LABELS = (0.25, 0.2, 0.55)
"""Shares of negative, neutral and positive, about those of the default data."""
MANY = 20


@dataclass(frozen=True)
class World:
    """A simulated test split.

    Attributes:
        truth: Index of the label, [n].
        groups: Number of the review, [n].
        difficulty: What both models have to overcome on each row, [n].
    """

    truth: NDArray[np.int64]
    groups: NDArray[np.int64]
    difficulty: NDArray[np.float64]

    @classmethod
    def draw(cls, generator: np.random.Generator, reviews: int) -> "World":
        """Draws a split of so many reviews."""
        sizes = generator.integers(1, 4, reviews)
        groups = np.repeat(np.arange(reviews), sizes)
        difficulty = generator.normal(size=reviews)[groups] + generator.normal(size=len(groups))
        return cls(generator.choice(3, len(groups), p=LABELS), groups, difficulty)

    def answered(self, generator: np.random.Generator, ability: float) -> NDArray[np.float64]:
        """Returns the probabilities of a model that is right where it overcomes the row, [n, 3]."""
        right = ability + generator.normal(size=len(self.truth)) > self.difficulty
        wrong = (self.truth + generator.integers(1, 3, len(self.truth))) % 3
        found: NDArray[np.float64] = np.eye(3)[np.where(right, self.truth, wrong)] * 0.55 + 0.15
        return found


def judged(
    digest: str, world: World, answers: NDArray[np.float64], samples: int, slices: int
) -> Judged:
    """Measures a model, on the whole split and on slices that are random thirds of it."""
    bootstrap = Bootstrap(samples, seed=13)

    def measured(held: NDArray[np.bool_]) -> Slice:
        figures = bootstrap.measure(
            world.truth[held], answers[held], world.groups[held], ranked=False
        )
        return Slice("third", int(held.sum()), True, figures, {})

    drawn = np.random.default_rng(len(world.truth))
    thirds = [drawn.random(len(world.truth)) < 1 / 3 for _ in range(slices)]
    right = answers.argmax(axis=1) == world.truth
    return Judged(
        digest, measured(np.ones_like(right)).figures, [measured(it) for it in thirds],
        answers=Answers(right, world.groups),
    )  # fmt: skip


def rate(
    asked: Policy,
    gain: float,
    repeats: int,
    happened: Callable[[str, list[str]], bool],
    *,
    reviews: int = 800,
    slices: int = 0,
) -> tuple[float, float]:
    """Simulates judgements.

    Args:
        asked: The policy.
        gain: How much abler the challenger is, in standard deviations of a row's difficulty.
        repeats: Number of simulated test splits.
        happened: Given the verdict and the sections of the rules that failed: is it counted?
        reviews: Size of a split.
        slices: Number of slices.

    Returns:
        The share that is counted, and the mean difference in macro-F1.
    """
    counted, differences = 0, []
    for seed in range(repeats):
        generator = np.random.default_rng(seed)
        world = World.draw(generator, reviews)
        models = [
            judged(name, world, world.answered(generator, 0.9 + more), asked.comparison.samples,
                   slices)
            for name, more in (("challenger", gain), ("champion", 0.0))
        ]  # fmt: skip
        found = judge(models[0], models[1], asked)
        counted += happened(found.verdict, [rule.section for rule in found.failed])
        differences.append(
            models[0].figures.values["macro_f1"] - models[1].figures.values["macro_f1"]
        )
    return counted / repeats, float(np.mean(differences))


def lenient(said: str, samples: int) -> Policy:
    """Returns a policy in which only comparison and slices can refuse."""
    return policy.read(
        f"floors = {{macro_f1 = 0, accuracy = 0, negative_recall = 0, neutral_recall = 0, "
        f"positive_recall = 0}}\ncalibration = {{most = 1, margin = 1}}\n"
        f"comparison.samples = {samples}\n{said}"
    )


def main() -> None:
    """Simulates and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=400)
    parser.add_argument("--samples", type=int, default=500)
    given = parser.parse_args()
    print(f"| test, {given.repeats} simulated splits each | gain in macro-F1 | blessed | ± |")
    print("| --- | --- | --- | --- |")
    for test in ("bootstrap", "mcnemar"):
        asked = lenient(f'comparison.test = "{test}"', given.samples)
        for gain in (-0.1, 0.0, 0.1, 0.2, 0.3, 0.4):
            share, mean = rate(asked, gain, given.repeats, lambda verdict, _: verdict == BLESSED)
            error = 2 * math.sqrt(share * (1 - share) / given.repeats)
            print(f"| {test} | {mean:+.3f} | {share:.1%} | {error:.1%} |", flush=True)
    print(f"\n| {MANY} slices, equal models | refused for a slice | ± |")
    print("| --- | --- | --- |")
    repeats = max(given.repeats // 4, 1)
    for correction in ("holm", "bonferroni"):
        asked = lenient(f'slices.correction = "{correction}"', given.samples)
        share, _ = rate(
            asked, 0.0, repeats, lambda _, failed: "slices" in failed, slices=MANY
        )  # fmt: skip
        error = 2 * math.sqrt(share * (1 - share) / repeats)
        print(f"| {correction} | {share:.1%} | {error:.1%} |", flush=True)


if __name__ == "__main__":
    main()
