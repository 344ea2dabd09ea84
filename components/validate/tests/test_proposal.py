import numpy as np
import pytest
from google.protobuf import text_format

from sentiment_validate import rules
from sentiment_validate.examples import derive
from sentiment_validate.judgement import judge
from sentiment_validate.proposal import propose
from sentiment_validate.schema import NamedSchema, choose


def proposed(frames, schema, **options):
    derived = {split: derive(frame) for split, frame in frames.items()}
    return propose(schema, derived, **options)


def feature(schema, name):
    (found,) = (item for item in schema.feature if item.name == name)
    return found


def errors(frames, proto):
    judged_by = NamedSchema("proposed", text_format.MessageToString(proto), proto)
    policy = rules.choose("feedback", "feedback")
    return [item for item in judge(frames, judged_by, policy).anomalies if item.severity == "error"]


def test_sound_examples_need_no_other_schema(frames, default_corpus):
    proposal = proposed(frames, default_corpus)
    assert proposal.schema == default_corpus.proto
    assert proposal.notes == []


def test_what_is_proposed_lets_the_examples_pass(frames, default_corpus):
    frames = {split: frame.assign(stars=3) for split, frame in frames.items()}
    frames["train"].loc[3, "source"] = "ebay"
    frames["validation"].loc[3, "rating"] = 4.5
    frames["test"].loc[3, "text"] = "so " * 500
    frames["test"].loc[4, "group"] = None
    frames["test"].loc[[5, 6], "text"] = ["cafÃ©", "Itâ€™s lovely"]
    frames["validation"] = frames["validation"].head(250)
    assert {item.column for item in errors(frames, default_corpus.proto)} == {
        "", "source", "rating", "n_chars", "n_words", "group", "mojibake",
    }  # fmt: skip
    proposal = proposed(frames, default_corpus)
    assert errors(frames, proposal.schema) == []
    assert proposal.notes == []
    assert feature(proposal.schema, "source").string_domain.value[-1] == "ebay"
    assert feature(proposal.schema, "rating").float_domain.max == 4.5
    assert feature(proposal.schema, "mojibake").string_domain.value == ["no"]
    assert feature(proposal.schema, "mojibake").distribution_constraints.min_domain_mass == (
        pytest.approx(0.99)
    )
    assert proposal.schema.feature[-1].name == "stars"
    assert proposal.schema.dataset_constraints.min_examples_count == 250


def test_faults_of_the_data_are_named_and_not_proposed(frames, default_corpus):
    frames["train"].loc[3, "label"] = "angry"
    frames["test"].loc[3, "rating"] = np.inf
    frames["test"] = frames["test"].drop(columns="group")
    frames["validation"] = frames["validation"].assign(source=3)
    proposal = proposed(frames, default_corpus)
    assert proposal.schema == default_corpus.proto
    assert proposal.notes == [
        "train, label: unknown angry",
        "validation, source: missing, or of another type",
        "test, rating: infinite numbers",
        "test, group: missing, or of another type",
    ]


def test_sound_data_tightens_a_schema_when_asked(frames):
    proposal = proposed(frames, choose("feedback", {}), tighten=True)
    rating = feature(proposal.schema, "rating")
    assert (rating.float_domain.min, rating.float_domain.max) == (-2.5, pytest.approx(3.65))
    assert rating.presence.min_fraction == 1
    assert feature(proposal.schema, "source").string_domain.value == ["amazon", "tweets"]
    longest = max(frame["text"].str.split().map(len).max() for frame in frames.values())
    assert feature(proposal.schema, "n_words").int_domain.max == 10 * longest
    assert not feature(proposal.schema, "n_words").HasField("presence")
    assert not feature(proposal.schema, "created_at").HasField("presence")
    smallest = min(map(len, frames.values()))
    assert proposal.schema.dataset_constraints.min_examples_count == smallest // 2
    assert errors(frames, proposal.schema) == []
