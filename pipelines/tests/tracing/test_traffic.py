"""What models have answered, counted."""

from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sentiment_common.request_log import last_feedback, read_log
from sentiment_pipelines.tracing import traffic
from sentiment_pipelines.tracing.scanning import Account

from .conftest import entry

LABELS = ("negative", "neutral", "positive")
ANSWERS = st.lists(
    st.tuples(st.sampled_from("ab"), st.sampled_from(LABELS), st.booleans(), st.integers(0, 9)),
    min_size=1, max_size=30,
)  # fmt: skip
WORDS = st.lists(
    st.tuples(st.integers(0, 29), st.sampled_from(LABELS), st.integers(0, 9)), max_size=20
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(ANSWERS, WORDS, st.sampled_from([("a",), ("a", "b"), ("a", "b", "c")]))
def test_the_counts_are_those_of_reading_everything(world, listed, words, digests):
    world.write(*(
        entry(f"r{place}", digest=f"sha256:{digest}", label=label, shadow=shadow,
              time=f"2026-01-01T00:00:0{second}.000Z")
        for place, (digest, label, shadow, second) in enumerate(listed)
    ))  # fmt: skip
    world.say(*(
        (f"r{place}", 0, label, f"2026-01-02T00:00:0{second}.000Z")
        for place, label, second in words
    ))  # fmt: skip
    counted = traffic.count(world.log, [f"sha256:{it}" for it in digests], Account())
    said = last_feedback(world.log)
    for digest, tally in counted.items():
        own = [it for it in read_log(world.log) if it.digest == digest]
        told = [it for it in own if not it.shadow]
        judged = [(it, said[it.request_id, 0]) for it in told if (it.request_id, 0) in said]
        assert tally.labels == dict(Counter(it.label for it in told))
        assert (tally.texts, tally.shadow) == (len(told), len(own) - len(told))
        assert tally.judged == len(judged)
        assert tally.confirmed == sum(it.label == last.label for it, last in judged)
        assert tally.first == min((it.time for it in told), default="")
        assert tally.last == max((it.time for it in told), default="")
