from collections import Counter

from sentiment_pipelines.labelling import sampling, store, traffic
from sentiment_pipelines.labelling.drift import Training

ADJECTIVES = "late broken lovely cheap heavy noisy bright rusty polite greasy".split()
THINGS = "parcel phone camera courier kettle jacket charger ticket sofa invoice".split()


def choose(log, span, labels=(), training=None, size=30, seed=13):
    labelled = {row.text for row in labels}
    seen = traffic.collect(log.write(), span, labelled, seed, 20 * size)
    return sampling.choose(seen, list(labels), training, span, size, seed)


def row(text, label, by, **facts):
    made = {"request_id": "old", "position": 0, "labelled_at": store.now(), "batch": "b", **facts}
    return store.Row(text=text, label=label, by=by, reason="", **made)


def parts(batch):
    return Counter(ask.part for ask in batch.asks)


def test_a_third_each_is_random_uncertain_and_drifted(busy, span, bundle):
    batch = choose(busy, span, training=Training.of(bundle), size=15)
    assert parts(batch) == {"random": 5, "uncertain": 5, "drifted": 5}
    assert len({ask.text for ask in batch.asks}) == 15


def test_where_little_is_unlike_training_more_is_uncertain(busy, span, bundle):
    batch = choose(busy, span, training=Training.of(bundle))
    assert parts(batch) == {"random": 10, "uncertain": 14, "drifted": 6}
    drifted = [ask.text for ask in batch.asks if ask.part == "drifted"]
    drawn = [ask.text for ask in batch.asks if ask.part == "random"]
    assert sum("crypto" in text for text in [*drifted, *drawn]) == 6, "the new kind, all of it"
    unsure = [ask for ask in batch.asks if ask.part == "uncertain"]
    assert all("points apart" in ask.reason for ask in unsure)


def test_the_same_seed_gives_the_same_batch_and_another_one_another(busy, span, bundle):
    one, again = (choose(busy, span, training=Training.of(bundle)) for _ in range(2))
    assert one.id == again.id and one.asks == again.asks
    assert choose(busy, span, seed=14).id != one.id


def test_without_a_known_training_nothing_is_drifted(busy, span):
    assert parts(choose(busy, span)) == {"random": 10, "uncertain": 20}


def test_a_tenth_is_for_everybody_and_is_not_to_be_told_from_the_rest(busy, span):
    batch = choose(busy, span)
    shared = [place for place, ask in enumerate(batch.asks) if ask.shared]
    assert len(shared) == 3 and shared != [0, 1, 2]


def test_the_random_part_is_drawn_before_anything_is_left_out(busy, span):
    first = choose(busy, span)
    labelled = [row(first.draws[0].text, "neutral", "anna")]
    second = choose(busy, span, labelled)
    assert second.draws == first.draws
    assert first.draws[0].text not in [ask.text for ask in second.asks]
    assert parts(second) == {"random": 9, "uncertain": 21}


def test_each_answer_is_as_likely_to_be_drawn(busy, span):
    seeds = range(300)
    seen = [traffic.collect(busy.write(), span, set(), seed, 1).sample[:10] for seed in seeds]
    times = Counter(it.text for sample in seen for it in sample)
    expected = 300 * 10 / 106
    chi = sum((times[entry.text] - expected) ** 2 / expected for entry in busy.entries)
    assert chi < 160, "the 99.95% point of chi square with 105 degrees of freedom is about 160"


def test_ties_come_first_and_say_how_people_differ(busy, span):
    ties = [row("so so", "neutral", "anna"), row("so so", "negative", "ben")]
    batch = choose(busy, span, ties)
    assert batch.asks[0].text == "so so" and batch.asks[0].shared
    assert batch.asks[0].reason == "labellers are at odds: 1 negative, 1 neutral"
    assert len(batch.asks) == 30


def test_near_duplicates_are_asked_about_once_unless_chance_draws_them(log, span):
    for number in range(40):
        log.answer(f"order {number} has not come to my house yet", margin=0.01)
    for adjective in ADJECTIVES:
        log.answer(f"a {adjective} thing this is", margin=0.5)
    chosen = [ask.text for ask in choose(log, span, size=20).asks if ask.part == "uncertain"]
    assert sum(text.startswith("order") for text in chosen) <= 1


def test_one_caller_and_one_template_have_a_cap(log, span):
    for place, adjective in enumerate(ADJECTIVES):
        for thing in THINGS:
            other = THINGS[place]
            log.answer(f"{adjective} {thing} {other} shouting", margin=0.01, caller="loud")
            log.answer(f"dear team of the {adjective} {thing} {other}", margin=0.02)
    for number in range(20):
        log.answer(f"quiet{number} voice{number % 7} says{number % 5} so{number % 3}", margin=0.6)
    batch = choose(log, span, size=40)
    chosen = [ask.text for ask in batch.asks if ask.part == "uncertain"]
    drawn = [ask.text for ask in batch.asks if ask.part == "random"]
    for mark in ("shouting", "dear team"):
        allowed = max(2, sum(mark in text for text in drawn))
        assert sum(mark in text for text in [*chosen, *drawn]) <= allowed


def test_texts_are_dealt_so_that_each_but_the_shared_has_one_labeller(busy, span):
    ties = [row("so so", "neutral", "anna"), row("so so", "negative", "ben")]
    batch = choose(busy, span, ties)
    anna, ben, carol = sampling.dealt(batch, ["anna", "ben", "carol"], ties)
    shared = {ask.id for ask in batch.asks if ask.shared and ask.part != "tie"}
    for mine in (anna, ben, carol):
        assert shared < {ask.id for ask in mine}
    times = Counter(ask.id for mine in (anna, ben, carol) for ask in mine)
    assert {times[ask.id] for ask in batch.asks if not ask.shared} == {1}
    assert [ask.text for ask in carol].count("so so") == 1
    assert "so so" not in [ask.text for ask in [*anna, *ben]], "nobody breaks a tie of their own"
