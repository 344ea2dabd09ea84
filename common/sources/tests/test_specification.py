import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.errors import InputError
from sentiment_sources import SourceSpec, parse_sources


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder, in which relative paths begin."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def toml(here):
    """Writes a file of sources, and returns what it is parsed to."""

    def toml(text):
        (here / "sources.toml").write_text(text)
        return parse_sources(str(here / "sources.toml"))

    return toml


@pytest.mark.parametrize(
    "uri",
    [
        "reviews.csv", "reviews/**/*.jsonl.gz", "s3://bucket/a/*.csv", "hf://datasets/a/b@v1/c.csv",
        "https://host/a.csv?page=2", "postgresql://reader@host/db#feedback", "${FEEDBACK_URL}",
        "https://u:${PASSWORD}@host/a.csv?sig=${SIGNATURE}", "postgresql://u:${file:/a/b}@h/db",
    ],
)  # fmt: skip
def test_one_source_is_what_it_says(here, uri):
    assert parse_sources(uri) == [SourceSpec(uri)]


def test_bars_and_lines_separate_sources_and_each_may_have_a_name(here):
    assert parse_sources("shop=a.csv | s3://b/c.csv\n app-2=d.tsv\n\n") == [
        SourceSpec("a.csv", "shop"), SourceSpec("s3://b/c.csv"), SourceSpec("d.tsv", "app-2"),
    ]  # fmt: skip


def test_a_file_is_itself_before_anything_in_its_name_means_something(here):
    (here / "a | b=c.csv").touch()
    (here / "year=2026").mkdir()
    (here / "year=2026" / "a.csv").touch()
    for name in ("a | b=c.csv", "year=2026/a.csv", "year=2026/*.csv"):
        assert parse_sources(name) == [SourceSpec(name)]
    assert parse_sources("year=2027/*.csv") == [SourceSpec("2027/*.csv", "year")]


@given(st.text(max_size=200))
def test_any_text_is_parsed_or_refused_in_one_line(text):
    try:
        assert parse_sources(text)
    except InputError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize("text", ["", " \n ", " | "])
def test_nothing_names_no_source(here, text):
    with pytest.raises(InputError, match="names no source"):
        parse_sources(text)


def test_a_file_of_sources_says_of_each_what_is_not_to_be_guessed(toml, here):
    assert toml("""
        [[source]]
        name = "shop"
        uri = "exports/*.csv"
        text = "review"
        columns = {rating = "stars"}
        encoding = "cp1252"
        header = false
        labels = {gut = "positive", "0" = "negative"}
        rating_thresholds = [2, 4]

        [[source]]
        uri = "postgresql://reader:${PGPASS}@host/db"
        query = "SELECT review FROM feedback ORDER BY id"
    """) == [
        SourceSpec(
            str(here / "exports/*.csv"), "shop", {"text": "review", "rating": "stars"},
            pins={"encoding": "cp1252", "header": "false"},
            labels={"gut": "positive", "0": "negative"}, rating_thresholds="2,4",
        ),
        SourceSpec(
            "postgresql://reader:${PGPASS}@host/db", query="SELECT review FROM feedback ORDER BY id"
        ),
    ]  # fmt: skip


def test_relative_paths_begin_at_the_file_that_names_them(toml, here):
    text = "[[source]]\nuri = '{}'\n" * 4
    found = toml(text.format("a.csv", "/data/a.csv", "sqlite:///a.db#t", "sqlite:////data/a.db"))
    assert [spec.uri for spec in found] == [
        f"{here}/a.csv", "/data/a.csv", f"sqlite:///{here}/a.db#t", "sqlite:////data/a.db",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[source]\n", r"sources.toml: no TOML: .* \(at line 1"),
        ("", r"holds no sources; begin each source with \[\[source\]\]"),
        ("source = 3", "holds no sources"),
        ("[[sources]]\nuri='a'", "unknown key 'sources'; did you mean 'source'"),
        ("[[source]]\nname='a'", "source 1: no uri"),
        (
            "[[source]]\nuri='a'\n[[source]]\nurl='a'",
            "source 2: unknown key 'url'; did you mean 'uri'",
        ),
        ("[[source]]\nuri='a'\ntxt='a'", "unknown key 'txt'; did you mean 'text'.* created_at"),
        ("[[source]]\nuri='a'\ncolumns={stars='a'}", "columns: unknown key 'stars'.*rating"),
        ("[[source]]\nuri='a'\ntext='a'\ncolumns={text='b'}", "two columns for 'text'"),
        ("[[source]]\nuri='a'\nlabels={1=2}", "labels: '1' is no text; put it in quotes"),
        ("[[source]]\nuri='a'\nlabels='a'", "labels is no table"),
        ("[[source]]\nuri='https://a:b@host/'", "source 1: a secret in the address"),
    ],
)
def test_mistakes_in_a_file_of_sources_are_answered_with_what_there_is(toml, text, message):
    with pytest.raises(InputError, match=message):
        toml(text)


def test_a_file_of_sources_that_is_not_there_or_has_a_name_is_refused(here):
    with pytest.raises(InputError, match=r"nowhere.toml: cannot be read \(No such file"):
        parse_sources("nowhere.toml")
    with pytest.raises(InputError, match="a file of sources with a name"):
        parse_sources("shop=nowhere.toml")
