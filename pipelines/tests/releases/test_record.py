"""Records of releases on disk."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.errors import InputError
from sentiment_pipelines.releases import record
from sentiment_pipelines.releases.interface import Port
from sentiment_pipelines.releases.record import Record
from sentiment_pipelines.releases.semver import Version

NAMES = st.text(st.characters(codec="utf-8"), max_size=8)
VERSIONS = st.builds(Version, *[st.integers(0, 99)] * 3)
PLAIN = st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.just([]) | st.just({})
PORTS = st.builds(
    Port, NAMES, st.booleans(), PLAIN, st.none() | st.lists(st.text(max_size=3)).map(tuple),
    st.booleans(),
)  # fmt: skip
RECORDS = st.builds(
    Record, VERSIONS, st.dictionaries(NAMES, NAMES), st.dictionaries(NAMES, VERSIONS),
    st.dictionaries(NAMES, PORTS),
)  # fmt: skip


@given(RECORDS)
def test_a_record_reads_as_it_was_written(it):
    assert record.parsed(json.loads(record.text(it))) == it


@given(RECORDS)
def test_the_same_release_has_the_same_bytes_in_whatever_order_it_was_read(it):
    def turned(entries):
        return dict(reversed(entries.items()))

    other = Record(it.version, turned(it.content), turned(it.contains), turned(it.interface))
    assert record.text(other) == record.text(it)


def test_each_entry_has_a_line_of_its_own(released):
    lines = released.text("components/explore/release.json").split("\n")
    assert '  "input examples": {"type": "examples 1", "required": true},' in lines
    assert '  "base": "0.1.0"' in lines
    assert sum('"src/sentiment_explore/cli.py": "' in line for line in lines) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "no record of a release"),
        ("[]", "no record of a release"),
        ("{}", "no record of a release"),
        ('{"version": "1", "content": {}, "contains": {}, "interface": {}}', "no version such as"),
        (
            '{"version": "0.1.0", "content": {}, "contains": {}, "interface": {"a": {"x": 1}}}',
            "'x'",
        ),
        ('{"version": "0.1.0", "content": [], "contains": {}, "interface": {}}', "no record"),
        ("<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> other\n", "signs of a merge conflict"),
        ("\xff", "no record of a release"),
    ],
)
def test_a_damaged_record_is_one_line(released, content, said):
    package = released.packages()["explore"]
    record.path(package).write_text(content, encoding="latin-1")
    with pytest.raises(InputError, match="restore it") as error:
        record.read(package)
    assert said in str(error.value)
    assert str(record.path(package)) in str(error.value)
