"""What counts as a near-duplicate, how MinHash would find it, and what ignoring it would leak.

On the default corpus all pairs with at least 3/5 of their words in common are known (by prefix
filtering at that threshold), so that thresholds and methods can be held against them.
"""

import argparse
import hashlib
import math
import random
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from itertools import combinations

from sentiment_ingest import placement, sources, split
from sentiment_ingest.near_duplicates import LEAST_WORDS, NearDuplicates, words
from sentiment_ingest.rows import Example

Pairs = dict[tuple[int, int], float]
BANDS = ((9, 13), (16, 8), (32, 4))
PRIME = (1 << 61) - 1


def all_pairs(texts: Sequence[frozenset[str]], least: float) -> Pairs:
    """Returns the Jaccard similarity of all pairs of texts with enough words above a threshold."""
    counts = Counter(word for text in texts for word in text)
    index: dict[str, list[int]] = defaultdict(list)
    found: Pairs = {}
    for row, text in enumerate(texts):
        if len(text) < LEAST_WORDS:
            continue
        rarest = sorted(text, key=lambda word: (counts[word], word))
        prefix = rarest[: len(text) - math.ceil(least * len(text)) + 1]
        for other in {other for word in prefix for other in index[word]}:
            similarity = len(text & texts[other]) / len(text | texts[other])
            if similarity >= least:
                found[other, row] = similarity
        for word in prefix:
            index[word].append(row)
    return found


def minhash(texts: Sequence[frozenset[str]], bands: int, rows: int) -> set[tuple[int, int]]:
    """Returns the candidate pairs of MinHash with banding (Broder 1997; Leskovec et al., ch. 3)."""
    draw = random.Random(13)
    factors = [(draw.randrange(1, PRIME), draw.randrange(PRIME)) for _ in range(bands * rows)]
    hashes = {
        word: int.from_bytes(hashlib.blake2b(word.encode(), digest_size=7).digest())
        for text in texts
        for word in text
    }
    buckets: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for row, text in enumerate(texts):
        if len(text) >= LEAST_WORDS:
            numbers = [hashes[word] for word in text]
            least = [min((a * number + b) % PRIME for number in numbers) for a, b in factors]
            for band in range(bands):
                buckets[band, *least[band * rows : (band + 1) * rows]].append(row)
    return {pair for found in buckets.values() for pair in combinations(found, 2)}


def timed(work: Callable[[], object], repeats: int) -> str:
    """Returns min / median / max of the seconds that a piece of work takes."""
    seconds = []
    for _ in range(repeats):
        begin = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begin)
    return f"{min(seconds):.2f} / {statistics.median(seconds):.2f} / {max(seconds):.2f}"


def print_thresholds(examples: Sequence[Example], pairs: Pairs, shown: int) -> None:
    """Prints how many pairs lie in each range of similarity, and some to judge them by."""
    draw = random.Random(13)
    print("| similarity | pairs | an example |\n| --- | --- | --- |")
    for low, high in ((0.6, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 1.01)):
        within = sorted(pair for pair, similarity in pairs.items() if low <= similarity < high)
        for place, (one, other) in enumerate(draw.sample(within, min(shown, len(within)))):
            count = f"{low:g} to {min(high, 1):g} | {len(within)}" if not place else "|"
            print(f"| {count} | {examples[one].text!r} — {examples[other].text!r} |")


def print_methods(texts: Sequence[frozenset[str]], pairs: Pairs, repeats: int) -> None:
    """Prints the recall and the time of each method for the pairs that are near-duplicates."""
    near = {pair for pair, similarity in pairs.items() if similarity >= 0.8}
    one_more = sum(len(texts[one] ^ texts[other]) <= 1 for one, other in near)
    joined = [" ".join(sorted(text)) for text in texts]
    clusters = NearDuplicates(joined)
    exact = sum(clusters.clusters[one] == clusters.clusters[other] for one, other in near)
    print("\n| method | found | of | pairs to verify | seconds, min / median / max |")
    print("| --- | --- | --- | --- | --- |")
    seconds = timed(lambda: NearDuplicates(joined), repeats)
    print(f"| prefix filtering | {exact} | {len(near)} | | {seconds} |")
    print(f"| the same words, or one word more | {one_more} | {len(near)} | | |")
    for bands, rows in BANDS:
        found = minhash(texts, bands, rows)
        seconds = timed(lambda b=bands, r=rows: minhash(texts, b, r), 1)  # type: ignore[misc]
        name = f"MinHash, {bands} bands of {rows}"
        print(f"| {name} | {len(found & near)} | {len(near)} | {len(found)} | {seconds} |")


def print_leaks(examples: Sequence[Example], seeds: Sequence[int]) -> None:
    """Prints how many test rows have a near-duplicate in train, with and without joining."""
    print("\n| near-duplicates | seed | test rows | with a near-duplicate in train |")
    print("| --- | --- | --- | --- |")
    shares = split.fractions(0.1, 0.2)
    for join in (True, False):
        placed = placement.place(examples, [], join=join, share=min(shares.values()))
        for seed in seeds:
            parts = split.split(placed.examples, shares, seed, placed.splits)
            rows = [(row.text, name) for name, part in parts.items() for row in part]
            near = NearDuplicates(text for text, _ in rows)
            train: dict[int, list[int]] = defaultdict(list)
            for row, (_, name) in enumerate(rows):
                if name == "train":
                    train[near.clusters[row]].append(row)
            leaked = sum(
                any(near.similar(row, other) for other in train[near.clusters[row]])
                for row, (_, name) in enumerate(rows)
                if name == "test"
            )
            kind = "joined" if join else "ignored"
            print(f"| {kind} | {seed} | {len(parts['test']):,} | {leaked} |")


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpora", default="amazon,tweets")
    parser.add_argument("--shown", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    examples = sources.default_corpus(options.corpora, None).examples
    texts = [frozenset(words(example.text)) for example in examples]
    pairs = all_pairs(texts, 0.6)
    print_thresholds(examples, pairs, options.shown)
    print_methods(texts, pairs, options.repeats)
    print_leaks(examples, (13, 14, 15))


if __name__ == "__main__":
    main()
