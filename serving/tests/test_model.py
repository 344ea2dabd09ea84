import asyncio
import gc
import json
import shutil
import weakref

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sentiment_models
from sentiment_common.errors import InputError
from sentiment_models.explanation import contributions
from sentiment_serving.model import (
    EXPLAINED_AT_A_TIME,
    INLINE_CHARACTERS,
    Models,
    OpenModel,
    open_all,
    rehearsed,
    sources_of,
)
from sentiment_serving.references import parse
from sentiment_serving.schemas import PredictResponse
from sentiment_serving.settings import Settings
from sentiment_serving.sources import Copy


def opened(folder, source=None):
    return OpenModel(Copy(folder, "7"), parse(source or str(folder)), lambda size: None)


@pytest.fixture(scope="module")
def model(tiny_bundle):
    return opened(tiny_bundle)


def test_without_any_model_the_line_says_how_to_give_one():
    with pytest.raises(InputError, match="give --model, set SENTIMENT_MODEL"):
        sources_of(Settings())


def test_a_further_model_needs_a_name_and_another_than_the_first(tiny_bundle):
    with pytest.raises(InputError, match="needs a name"):
        sources_of(Settings(model=str(tiny_bundle), more_models=str(tiny_bundle)))
    twice = Settings(model=str(tiny_bundle), more_models=f"tiny={tiny_bundle}")
    with pytest.raises(InputError, match="two models have the same name"):
        open_all(twice, {}, lambda size: None)


def test_a_bundle_of_an_unknown_backend_is_refused_before_the_server_starts(tiny_bundle, tmp_path):
    copy = shutil.copytree(tiny_bundle, tmp_path / "copy")
    facts = json.loads((copy / "bundle.json").read_text())
    (copy / "bundle.json").write_text(json.dumps(facts | {"backend": "abacus"}))
    with pytest.raises(InputError, match="abacus"):
        rehearsed(copy)


@settings(deadline=None)
@given(st.lists(st.text(max_size=40), min_size=1, max_size=5))
def test_the_answer_is_what_the_types_say_and_the_label_the_most_probable_one(
    model, tiny_bundle, texts
):
    answer = PredictResponse.model_validate_json(model.answer(model.score_now(texts)))
    rows = sentiment_models.load(tiny_bundle).predict_proba(texts)
    assert [row.label for row in answer.predictions] == [
        sentiment_models.LABELS[row.argmax()] for row in rows
    ]
    assert [list(row.probabilities.model_dump().values()) for row in answer.predictions] == (
        rows.tolist()
    )
    assert answer.model.version == "7"


def test_scoring_in_batches_gives_the_same(model):
    texts = ["good", "bad", "a parcel", ""] * 100
    assert asyncio.run(model.score(texts)) == model.score_now(texts)


def test_the_words_of_a_text_tell_what_they_speak_for(model):
    ((good, parcel),) = asyncio.run(model.explain(["good parcel"]))
    assert (good["word"], good["start"]) == ("good", 0)
    assert good["values"]["positive"] > 0 > good["values"]["negative"]
    assert (parcel["word"], parcel["start"]) == ("parcel", 5)


def test_others_are_answered_while_a_long_text_is_explained(tiny_bundle):
    sizes = []
    model = OpenModel(Copy(tiny_bundle), parse(str(tiny_bundle)), sizes.append)

    async def ask():
        explaining = asyncio.create_task(model.explain(["good parcel " * 100]))
        while not sizes:
            await asyncio.sleep(0)
        await model.score(["bad"])
        done = explaining.done()
        return done, await explaining

    done, (explained,) = asyncio.run(ask())
    assert not done
    assert max(sizes) <= EXPLAINED_AT_A_TIME + 1
    expected = contributions(sentiment_models.load(tiny_bundle), "good parcel " * 100)
    assert [word["values"] for word in explained] == [found.values for found in expected]


def test_only_short_requests_are_scored_where_they_arrive(model):
    assert model.is_instant(["x" * INLINE_CHARACTERS])
    assert not model.is_instant(["x" * INLINE_CHARACTERS, "x"])


def test_a_name_picks_its_model_and_no_name_the_default_one(tiny_bundle, other_bundle):
    models = Models([opened(tiny_bundle), opened(other_bundle, f"other={other_bundle}")])
    assert models.pick(None) is models.pick("tiny")
    assert models.pick("other").label(models.pick("other").score_now(["good"])[0]) == "negative"
    assert models.pick("nobody") is None


def test_a_model_that_was_replaced_is_freed_when_its_last_request_has_ended(
    tiny_bundle, other_bundle
):
    models = Models([opened(tiny_bundle)])

    async def ask():
        begun = models.pick(None)
        waiting = asyncio.create_task(begun.score(["good"] * 1_000))
        await asyncio.sleep(0)
        models.switch(opened(other_bundle))
        return weakref.ref(begun), await waiting

    gc.disable()
    try:
        before, rows = asyncio.run(ask())
        assert len(rows) == 1_000
        assert before() is None
    finally:
        gc.enable()
