"""Every row of any file is kept or listed, whatever is in it, through the whole stage."""

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sentiment_common.errors import InputError

PERSONAL = "joe.doe@mail.example"
GOOD = [
    {
        "text": f"word{n}a word{n}b word{n}c",
        "label": ("negative", "neutral", "positive")[n % 3],
        "id": f"good{n}",
        "date": "2025-01-06",
    }
    for n in range(24)
]
TEXT = st.sampled_from(
    ["", "fine", "FINE ", "a b c d e f g", "a b c d e f g h", "x\x85y", "\0", "\ud83d",
     'é, "q"\n', f"write to {PERSONAL}", None, 7]
)  # fmt: skip
ROW = st.fixed_dictionaries(
    {
        "text": TEXT,
        "label": st.sampled_from(["negative", "Neutral", "POSITIVE.", "", None]),
        "id": st.sampled_from(["1", "2", "5.69587E+17", PERSONAL, "", None]),
        "date": st.sampled_from(["2025-01-06", "1736158272", "6 Jan 2025", "soon", "", None]),
    }
).map(json.dumps)
LINE = st.one_of(ROW, st.sampled_from(["{", "[1]", "null", '{"text": "only"}', "\N{SNOWMAN}"]))


@pytest.mark.parametrize("redact", [False, True])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lines=st.lists(LINE, max_size=12))
def test_rows_read_are_rows_kept_and_rows_dropped(staged, account, redact, lines):
    with tempfile.TemporaryDirectory() as name:
        all_lines = [*map(json.dumps, GOOD), *lines]
        out = staged(Path(name), all_lines, redact=redact)
        summary, dropped, kept = account(out)
        rows = summary["rows"]
        assert rows["read"] == len(all_lines) == rows["kept"] + rows["dropped"]
        assert (rows["kept"], rows["dropped"]) == (len(kept), len(dropped))
        assert sum(summary["dropped_reasons"].values()) == len(dropped)
        assert len({row["row"] for row in dropped}) == len(dropped)
        if redact:
            stored = (out / "dropped.jsonl").read_text() + (out / "summary.json").read_text()
            assert PERSONAL not in stored + repr(kept)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(first=st.lists(LINE, max_size=8), second=st.lists(LINE, max_size=8))
def test_an_increment_of_a_grown_file_loses_no_row_and_counts_none_twice(
    staged, account, first, second
):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = [*map(json.dumps, GOOD), *first]
        old = staged(folder, lines, near_duplicates="ignore")
        before = account(old)
        old.rename(folder / "previous")
        grown = [*lines, *second]
        options = {"since": "2025-01-06", "near_duplicates": "ignore"}
        summary, dropped, kept = account(staged(folder, grown, **options))
        assert summary["rows"]["kept"] == len(kept) and summary["rows"]["dropped"] == len(dropped)
        assert {row["id"] for row in before[2]} <= {row["id"] for row in kept}
        assert [row for row in dropped if row in before[1]] == before[1]
        unexplained = len(grown) - summary["rows"]["read"]
        # Without a given id a row of equal text and date is the row that is known.
        assert 0 <= unexplained <= len(second)


def test_a_source_that_cannot_be_read_to_its_end_leaves_no_account(staged, tmp_path):
    with pytest.raises(InputError):
        staged(tmp_path, [], label_column="mood")
