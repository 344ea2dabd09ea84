import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.errors import InputError
from sentiment_models import LABELS, load, reference
from sentiment_models.reference import Examiner, Histogram

WORDS = ("good", "bad", "phone", "cable", "works", "broke")


@pytest.fixture(scope="module")
def examples():
    """Texts, cross-fitted probabilities and labels of 300 rows; each word in about half of them."""
    random = np.random.default_rng(3)
    texts = [" ".join(word for word in WORDS if random.random() < 0.5) for _ in range(300)]
    probabilities = random.dirichlet([1.0, 1.0, 2.0], 300)
    return texts, probabilities, random.integers(0, 3, 300).tolist()


@pytest.fixture(scope="module")
def made(examples, specification):
    return reference.make(*examples, specification)


def test_every_part_counts_every_row(made, examples):
    texts, probabilities, targets = examples
    histograms = (made.confidence, made.length, made.unknown, *made.score.values())
    assert {part.total for part in histograms} == {300}
    assert sum(made.languages.values()) == sum(made.labels.values()) == made.rows == 300
    assert made.labels == {label: targets.count(at) for at, label in enumerate(LABELS)}
    found = np.argmax(probabilities, axis=1).tolist()
    assert made.predicted == {label: found.count(at) for at, label in enumerate(LABELS)}
    assert sum(made.right) == np.sum(np.array(found) == targets)
    assert sum(made.languages.values()) == len(texts)


def test_reliability_tells_rows_and_right_ones_by_confidence(specification):
    probabilities = np.array([[0.35, 0.33, 0.32], [0.97, 0.02, 0.01], [0.02, 0.01, 0.97]])
    made = reference.make(["a", "b", "c"], probabilities, [0, 0, 0], specification)
    assert made.reliability[0] == (1, 1)
    assert made.reliability[-2] == (2, 1)


def test_what_was_written_is_read_back_and_equal_rows_give_equal_bytes(
    made, examples, specification, tmp_path
):
    made.write(tmp_path)
    assert reference.read(tmp_path) == made
    first = (tmp_path / "reference.json").read_bytes()
    reference.make(*examples, specification).write(tmp_path)
    assert (tmp_path / "reference.json").read_bytes() == first


def test_a_bundle_without_one_has_none_and_opens(bundle_folder):
    assert reference.read(bundle_folder) is None
    assert load(bundle_folder).predict_proba(["fine"]).shape == (1, 3)


def test_a_bundle_with_one_opens_as_before(bundle_folder, made):
    before = load(bundle_folder).predict_proba(["the battery"])
    made.write(bundle_folder)
    assert np.array_equal(load(bundle_folder).predict_proba(["the battery"]), before)


def test_words_of_few_rows_or_of_one_customer_stay_out(specification):
    texts = [f"battery from {name}" for name in ["anna"] * 4 + ["bert"] * 9 + ["carl"] * 9]
    groups = ["a"] * 4 + ["b"] * 9 + [f"c{number}" for number in range(9)]
    made = reference.make(texts, np.full((22, 3), 1 / 3), [0] * 22, specification, groups=groups)
    assert set(made.terms) == {"battery", "from", "carl"}
    assert made.terms["battery"] == 22
    assert made.words == 66


def test_numbers_of_customers_stay_out_though_nobody_says_who_wrote_what(specification):
    texts = ["order 80412233 again, call 555 0199 or a1b2c3d4e5, my 6610 is late"] * 50
    made = reference.make(texts, np.full((50, 3), 1 / 3), [0] * 50, specification)
    assert {"order", "6610", "555"} <= set(made.terms)
    assert not [word for word in made.terms if sum(map(str.isdigit, word)) >= 5]


def test_of_many_words_the_most_frequent_are_kept_and_ties_fall_together(
    specification, monkeypatch
):
    monkeypatch.setattr(reference, "MOST_TERMS", 2)
    texts = ["good phone cable"] * 6 + ["good"] * 4
    made = reference.make(texts, np.full((10, 3), 1 / 3), [0] * 10, specification)
    assert made.terms == {"good": 10}


def test_unknown_words_of_training_rows_are_counted_as_if_they_were_new(specification):
    """Words drawn from a long tail: rows of training and rows that follow are the same to it."""
    random = np.random.default_rng(11)
    names = [f"w{chr(97 + at // 26)}{chr(97 + at % 26)}x" for at in range(400)]
    shares = 1 / np.arange(1, 401)
    draw = lambda: " ".join(random.choice(names, 8, p=shares / shares.sum()))  # noqa: E731
    seen, later = ([draw() for _ in range(800)] for _ in range(2))
    made = reference.make(seen, np.full((800, 3), 1 / 3), [0] * 800, specification)
    examiner = Examiner(specification, made.terms)

    def mean(texts):
        return np.mean([examiner.examine(text).unknown for text in texts])

    middles = [0, *(np.array([0, *reference.UNKNOWN_EDGES[:-1]]) + reference.UNKNOWN_EDGES) / 2, 1]
    of_reference = np.dot(made.unknown.counts, middles[1:]) / 800
    assert of_reference == pytest.approx(mean(later), abs=0.015)
    assert mean(seen) < mean(later)


def test_a_text_without_a_word_is_wholly_unknown(made, specification):
    examined = Examiner(specification, made.terms).examine("  ")
    assert (examined.characters, examined.language, examined.unknown) == (2, "none", 1.0)
    assert Examiner(specification, made.terms).examine("good").unknown == 0
    assert Examiner(specification, made.terms).examine("good xyzzy").unknown == 0.5


def test_of_a_very_long_text_only_the_beginning_is_read(made, specification):
    examined = Examiner(specification, made.terms).examine("good " * 4_000 + "xyzzy")
    assert examined.characters == 20_005
    assert examined.words == {"good"}


@given(st.text())
def test_any_text_can_be_examined(specification, text):
    examined = Examiner(specification, ["good"]).examine(text)
    assert examined.characters == len(text)
    assert 0 <= examined.unknown <= 1


@given(st.lists(st.floats(0, 6_000)))
def test_a_histogram_counts_every_value_at_or_below_its_edge(values):
    counted = Histogram.of(reference.LENGTH_EDGES, values)
    assert counted.total == len(values)
    for at, edge in enumerate(counted.edges):
        assert sum(counted.counts[: at + 1]) == sum(value <= edge for value in values)


def test_an_ensemble_has_the_texts_of_a_member_and_scores_of_its_own(made, examples):
    certain = np.eye(3)[examples[2]]
    other = reference.rescored(made, certain, examples[2])
    assert (other.terms, other.length, other.rows) == (made.terms, made.length, made.rows)
    assert other.predicted == other.labels == made.labels
    assert sum(other.right) == 300


@pytest.mark.parametrize(
    "change",
    [
        lambda stored: stored.pop("unknown"),
        lambda stored: stored.update(rows=1),
        lambda stored: stored["length"]["counts"].pop(),
        lambda stored: stored["languages"].update(english="many"),
        lambda stored: stored.update(confusion=[]),
        lambda stored: stored.update(colour="blue"),
        lambda stored: stored.update(words=float("nan")),
        lambda stored: stored.update(words=0),
        lambda stored: stored.update(languages={"english": 305, "german": -5}),
        lambda stored: stored.update(languages={"english": 300.0}),
        lambda stored: stored["terms"].update(good=-1),
        lambda stored: stored.update(words=10**6, terms={f"w{n}": 5 for n in range(2_001)}),
    ],
)
def test_a_damaged_one_is_refused_in_one_line(made, tmp_path, change):
    made.write(tmp_path)
    path = tmp_path / "reference.json"
    stored = json.loads(path.read_text())
    change(stored)
    path.write_text(json.dumps(stored))
    with pytest.raises(InputError, match="damaged"):
        reference.read(tmp_path)


@pytest.mark.parametrize("content", ["", "[]", "{", '"x"', "\x00", "[" * 100_000])
def test_what_is_no_reference_is_refused(tmp_path, content):
    (tmp_path / "reference.json").write_text(content)
    with pytest.raises(InputError, match="damaged"):
        reference.read(tmp_path)


def test_one_of_a_hundred_megabytes_is_refused_unread(tmp_path):
    with (tmp_path / "reference.json").open("wb") as file:
        file.truncate(100 << 20)
    with pytest.raises(InputError, match="more than 16 MB"):
        reference.read(tmp_path)


def test_one_of_a_later_schema_is_refused(made, tmp_path):
    made.write(tmp_path)
    path = tmp_path / "reference.json"
    path.write_text(path.read_text().replace('"schema_version": 1', '"schema_version": 2'))
    with pytest.raises(InputError, match="wanted a reference of schema 1, got 2"):
        reference.read(tmp_path)
