"""The form of changelogs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_pipelines.releases import changelog
from sentiment_pipelines.releases.semver import Version

TEXT = """# Changelog

## 0.2.0

- `--seed`.
  It goes on here.

## 0.1.0

- First version.
"""
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1)
LINES = st.lists(WORDS.map("- {}".format), min_size=1, max_size=3, unique=True)


def version(text):
    return Version.parse(text)


def test_entries_are_read_with_what_they_say():
    first, second = changelog.entries(TEXT)
    assert (first.version, second.version) == (version("0.2.0"), version("0.1.0"))
    assert first.body == "- `--seed`.\n  It goes on here."
    assert changelog.complaints(TEXT, version("0.2.0")) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "does not begin with '# Changelog'"),
        (TEXT.replace("# Changelog\n", "# Changelog of x\n"), "does not begin with '# Changelog'"),
        (TEXT.replace("0.2.0", "Unreleased"), "has the heading 'Unreleased', which is no version"),
        (TEXT.replace("## 0.2.0", "### 0.2.0"), "has no heading '## 0.2.0'"),
        (
            TEXT.replace("# Changelog\n", "# Changelog\n\n## 0.3.0\n\n- More.\n"),
            "is at 0.3.0 already",
        ),
        (TEXT.replace("0.1.0", "0.2.0"), "do not fall from the newest to the oldest, each once"),
        (TEXT.replace("- First version.\n", ""), "says nothing of 0.1.0"),
    ],
)
def test_each_fault_of_form_is_said(text, said):
    (complaint,) = changelog.complaints(text, version("0.2.0"))
    assert said in complaint
    assert complaint.startswith("CHANGELOG.md ")


@given(LINES)
def test_a_new_entry_comes_first_and_the_others_stay(lines):
    text = changelog.with_entry(TEXT, version("0.2.1"), lines, version("0.2.0"))
    assert changelog.complaints(text, version("0.2.1")) == []
    first, *others = changelog.entries(text)
    assert first.body == "\n".join(lines).strip()
    assert others == changelog.entries(TEXT)


@given(LINES, LINES)
def test_what_is_not_released_yet_is_told_more_of_and_each_line_once(before, more):
    once = changelog.with_entry(TEXT, version("0.2.1"), before, version("0.2.0"))
    twice = changelog.with_entry(once, version("0.3.0"), [*before, *more], version("0.2.0"))
    first, *others = changelog.entries(twice)
    assert first.version == version("0.3.0")
    assert first.body.split("\n") == list(dict.fromkeys([*before, *more]))
    assert others == changelog.entries(TEXT)
    assert changelog.with_entry(twice, version("0.3.0"), more, version("0.2.0")) == twice


def test_what_a_package_contains_is_said_once():
    text = changelog.with_entry(TEXT, version("0.2.1"), ["- Contains a 1.0.0."], version("0.2.0"))
    text = changelog.with_entry(text, version("0.2.1"), ["- Contains a 1.1.0."], version("0.2.0"))
    assert changelog.entries(text)[0].body == "- Contains a 1.1.0."


def test_an_entry_without_a_line_is_told_as_empty():
    text = changelog.with_entry(TEXT, version("0.2.1"), [], version("0.2.0"))
    assert changelog.complaints(text, version("0.2.1")) == ["CHANGELOG.md says nothing of 0.2.1"]


def test_the_first_entry_of_all():
    text = changelog.with_entry("# Changelog\n", version("0.1.0"), ["- First."], None)
    assert text == "# Changelog\n\n## 0.1.0\n\n- First.\n"
