"""Semantic versions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_pipelines.releases.semver import Part, Version

VERSIONS = st.builds(Version, *[st.integers(0, 10**9 - 1)] * 3)
PARTS = st.sampled_from(Part)


@given(VERSIONS)
def test_a_version_reads_as_it_was_written(version):
    assert Version.parse(str(version)) == version


@pytest.mark.parametrize(
    "text", ["", "1.2", "1.2.3.4", "v1.2.3", "1.2.3-rc1", "01.2.3", "1.2.3 ", "1.2.1٣"]
)
def test_what_is_no_version_is_refused(text):
    with pytest.raises(ValueError, match="is no version such as"):
        Version.parse(text)


@pytest.mark.parametrize(
    ("version", "part", "least"),
    [
        ("1.2.3", Part.PATCH, "1.2.4"),
        ("1.2.3", Part.MINOR, "1.3.0"),
        ("1.2.3", Part.MAJOR, "2.0.0"),
        ("0.2.3", Part.PATCH, "0.2.4"),
        ("0.2.3", Part.MINOR, "0.3.0"),
        ("0.2.3", Part.MAJOR, "0.3.0"),
        ("0.2.3", Part.NONE, "0.2.3"),
    ],
)
def test_below_one_a_break_raises_the_minor_part(version, part, least):
    assert str(Version.parse(version).least_after(part)) == least


def test_a_package_leaves_zero_when_it_is_asked_to():
    assert str(Version.parse("0.9.3").raised(Part.MAJOR)) == "1.0.0"


@given(VERSIONS, PARTS, PARTS)
def test_the_weightier_a_change_the_higher_its_version(version, one, other):
    low, high = sorted((one, other))
    assert version <= version.least_after(low) <= version.least_after(high) <= version.raised(high)
    assert (version.least_after(one) == version) == (one is Part.NONE)
