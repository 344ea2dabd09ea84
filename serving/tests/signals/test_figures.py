from prometheus_client import CollectorRegistry, Histogram, generate_latest

from sentiment_models.reference import CONFIDENCE_EDGES, Examined
from sentiment_models.reference import Histogram as Counted
from sentiment_serving.signals.figures import BinnedHistogram, Figures


def test_counts_by_bin_are_what_the_values_one_by_one_would_be():
    registries = CollectorRegistry(), CollectorRegistry()
    edges, values = (0.5, 1.0, 2.0), [0.1, 0.5, 0.7, 2.0, 9.0, 9.0]
    binned = BinnedHistogram("h", "A.", ["model"], buckets=edges, registry=registries[0])
    plain = Histogram("h", "A.", ["model"], buckets=edges, registry=registries[1])
    binned.labels("m").add(Counted.of(edges, values).counts, sum(values))
    for value in values:
        plain.labels("m").observe(value)
    shown = [
        [line for line in generate_latest(each).decode().split("\n") if "_created" not in line]
        for each in registries
    ]
    assert shown[0] == shown[1]


def test_a_bundle_without_a_reference_has_no_unknown_words():
    registry = CollectorRegistry()
    figures = Figures(registry)
    texts = [Examined(12, "english", frozenset({"good"}), 1.0)]
    figures.examined("m", texts, 3, unknown=False)
    figures.answered("m", [0] * len(CONFIDENCE_EDGES) + [3], 3.0)
    text = generate_latest(registry).decode()
    assert 'sentiment_text_characters_count{model="m"} 1.0' in text
    assert 'sentiment_text_unknown_ratio_count{model="m"}' not in text
    assert 'sentiment_signal_texts_total{model="m",outcome="skipped"} 2.0' in text
    assert 'sentiment_text_confidence_bucket{le="0.99",model="m"} 0.0' in text
    assert 'sentiment_text_confidence_count{model="m"} 3.0' in text
