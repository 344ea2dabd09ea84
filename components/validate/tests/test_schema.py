import pytest
from google.protobuf import text_format

from sentiment_common.errors import InputError
from sentiment_validate.examples import FLAGS
from sentiment_validate.schema import CURATED, choose, parse

COLUMNS = [
    "id", "text", "label", "rating", "source", "group", "created_at",
    "n_chars", "n_words", "length", "is_empty", "mojibake", "foreign", "repeated",
]  # fmt: skip


@pytest.mark.parametrize("name", CURATED)
def test_a_curated_schema_covers_every_column_of_the_examples(name):
    assert [feature.name for feature in choose(name, {}).proto.feature] == COLUMNS


def test_auto_takes_the_schema_of_the_source():
    assert choose("auto", {"source": "default"}).name == "default-corpus"
    assert choose("auto", {"source": "reviews.csv"}).name == "feedback"


def test_auto_without_a_source_asks_for_a_name():
    with pytest.raises(InputError, match="name the schema: default-corpus or feedback"):
        choose("auto", {})


def test_a_file_is_used_as_it_stands(tmp_path):
    path = tmp_path / "mine.pbtxt"
    path.write_text('# mine\nfeature { name: "text" type: BYTES }\n')
    chosen = choose(str(path), {"source": "default"})
    assert (chosen.name, chosen.text) == ("mine.pbtxt", path.read_text())


def test_a_text_is_the_schema_itself():
    text = '# mine\nfeature { name: "text" type: BYTES }\n'
    chosen = choose(text, {"source": "default"})
    assert (chosen.name, chosen.text) == ("inline", text)


def test_a_text_of_any_length_that_is_no_schema_is_bad_input():
    with pytest.raises(InputError, match=r"--schema inline: no TFDV schema \(line:column 1:11"):
        choose("feature { nmae: 'text' }" + "\n# more" * 1000, {})
    with pytest.raises(InputError, match="no such schema"):
        choose("feature " * 1000, {})


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"feature { nmae: 'text' }", "1:11"), (b"# nothing\n", "no column"), (b"\xff", "no text")],
)
def test_a_file_that_is_no_schema_is_bad_input(tmp_path, content, said):
    path = tmp_path / "mine.pbtxt"
    path.write_bytes(content)
    with pytest.raises(InputError, match=said):
        choose(str(path), {})


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(InputError, match="auto, default-corpus, feedback, the path"):
        choose("defualt", {})


def test_the_domain_of_a_column_may_be_its_own_or_named():
    own = parse("own", 'feature { name: "label" string_domain { value: "a" value: "b" } }')
    named = parse(
        "named",
        'feature { name: "label" domain: "classes" } string_domain { name: "classes" value: "a" }',
    )
    assert own.domain("label") == ["a", "b"]
    assert named.domain("label") == ["a"]
    assert own.domain("text") == []


def test_feedback_tolerates_a_share_of_bad_texts_and_the_default_corpus_none():
    feedback, default = choose("feedback", {}), choose("default-corpus", {})
    assert {flag: round(feedback.tolerance(flag), 6) for flag in FLAGS} == {
        "is_empty": 0.01, "mojibake": 0.02, "foreign": 0.05, "repeated": 0.05,
    }  # fmt: skip
    assert {default.tolerance(flag) for flag in FLAGS if flag != "foreign"} == {0.0}


@pytest.mark.parametrize("name", CURATED)
def test_the_text_of_a_schema_says_what_the_message_says(name):
    chosen = choose(name, {})
    again = parse(name, text_format.MessageToString(chosen.proto))
    assert again.proto == chosen.proto


@pytest.mark.parametrize("name", CURATED)
def test_a_curated_schema_compares_the_same_columns_with_train_and_with_earlier_data(name):
    chosen = choose(name, {})
    assert list(chosen.comparators("skew")) == ["label", "rating", "source", "length"]
    assert chosen.comparators("drift") == chosen.comparators("skew")


@pytest.mark.parametrize(
    ("domain", "said"),
    [
        ("float_domain { min: -4 max: 4 }", "-4 to 4"),
        ("int_domain { min: 1 }", "from 1"),
        ("int_domain { max: 5 }", "up to 5"),
        ("float_domain { disallow_nan: true }", "any finite number"),
    ],
)
def test_bounds_are_said_in_words(domain, said):
    assert parse("own", f'feature {{ name: "x" {domain} }}').bounds() == {"x": said}
