"""Lines of a log, found by their bytes."""

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.errors import InputError
from sentiment_pipelines.tracing import scanning
from sentiment_pipelines.tracing.scanning import Account, holding

IDS = st.text("ab", min_size=1, max_size=4)


@given(st.lists(IDS, max_size=30), IDS, st.integers(1, 200), st.booleans())
def test_every_line_with_the_bytes_is_found_wherever_blocks_end(
    tmp_path_factory, ids, wanted, block, packed
):
    path = tmp_path_factory.mktemp("log") / f"a.jsonl{'.gz' if packed else ''}"
    content = b"".join(json.dumps({"id": it}).encode() + b"\n" for it in ids)
    path.write_bytes(gzip.compress(content) if packed else content)
    account = Account()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scanning, "BLOCK", block)
        found = [it["id"] for it in holding([path], f'"{wanted}'.encode(), account)]
    assert found == [it for it in ids if it.startswith(wanted)]
    assert account.told == []


def test_what_cannot_be_read_is_counted_and_the_rest_is_found(tmp_path):
    broken, cut, good = (tmp_path / name for name in ("a.jsonl.gz", "b.jsonl", "c.jsonl"))
    broken.write_bytes(gzip.compress(b'{"id":"x"}\n' * 9_999)[:-12])
    cut.write_bytes(b'{"id":"x"}\n["x"]\n{"id":"x"\n{"id":"x"')
    good.write_bytes(b'{"id":"x"}\n')
    account = Account()
    found = list(holding([cut, good, broken], b'"x"', account))
    assert found[:2] == [{"id": "x"}] * 2
    assert account.told == [
        "a.jsonl.gz of the log is damaged and was read in part",
        "lines of the log that are damaged: 2",
        "lines of the log that are cut short: 1",
    ]


def test_a_file_that_was_compressed_or_deleted_since_it_was_listed_is_no_fault(tmp_path):
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(b'{"id":"x"}\n'))
    account, seen = Account(), []
    paths = [tmp_path / "a.jsonl", tmp_path / "b.jsonl"]
    found = holding(paths, b"x", account, lambda done, total: seen.append((done, total)))
    assert list(found) == [{"id": "x"}]
    assert account.told == []
    assert len(seen) == 2


def test_where_there_is_no_log_that_is_said(tmp_path):
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(InputError, match="no request log here; name its folder"):
            scanning.requests(folder)
