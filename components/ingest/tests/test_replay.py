"""Replay: a share of the earlier train rows, all of the rest and of the source, none of it lost."""

import csv
import json
import tempfile
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sentiment_common.artifacts import payload_digest
from sentiment_common.errors import InputError
from sentiment_ingest.replay import REASON, is_replayed, parse_share
from sentiment_ingest.split import SPLITS

LABELS = ("negative", "neutral", "positive")
TAKEN_OVER = "repeated text, label taken over"
SHARES = st.sampled_from([0.25, 0.5, 1.0])


def row(number, label=None, **cells):
    words = " ".join(f"w{number}x{it}" for it in range(3))
    label = label or LABELS[number % 3]
    return {"text": words, "label": label, "id": f"r{number}", "group": f"g{number}"} | cells


BASE = [row(number) for number in range(120)]
NEW = [row(number, source="traffic") for number in range(1000, 1060)]


def later(old, **cells):
    """A row of traffic that gives an old one another label."""
    label = next(it for it in LABELS if it != old["label"])
    known = {name: old[name] for name in ("id", "text", "group")}
    return known | {"label": label, "source": "traffic"} | cells


@pytest.fixture(scope="session")
def ingested(staged):
    """Ingests rows after ``folder / "previous"``, and returns the new artifact."""

    def ingested(folder, rows, **options):
        columns = {"group_column": "group", "created_at_column": ""}
        if any("source" in it for it in rows):
            columns["source_column"] = "source"
        return staged(folder, map(json.dumps, rows), **columns | options)

    return ingested


@pytest.fixture
def steps(ingested, tmp_path):
    """Ingests rows; what was ingested by the call before is what is earlier."""

    def step(rows, **options):
        out = ingested(tmp_path, rows, **options)
        if (tmp_path / "previous").exists():
            count = len(list(tmp_path.glob("step-*")))
            (tmp_path / "previous").rename(tmp_path / f"step-{count}")
        out.rename(tmp_path / "previous")
        return tmp_path / "previous"

    return step


def by_split(folder):
    return {name: pq.read_table(folder / name).to_pylist() for name in SPLITS}


def ids(rows):
    return {it["id"] for it in rows}


def test_validation_and_test_are_whole_and_train_has_its_share_beside_all_of_the_source(
    steps, account
):
    before = by_split(steps(BASE))
    folder = steps(NEW, replay="0.5")
    after = by_split(folder)
    for name in ("validation", "test"):
        assert ids(before[name]) <= ids(after[name])
    replayed = ids(before["train"]) & ids(after["train"])
    assert replayed == {it["id"] for it in before["train"] if is_replayed(it["id"], 0.5)}
    assert 0 < len(replayed) < len(before["train"])
    assert ids(NEW) == set().union(*map(ids, after.values())) - ids(BASE)
    summary, dropped, kept = account(folder)
    assert summary["rows"]["read"] == len(BASE) + len(NEW) == len(dropped) + len(kept)
    left_out = {it["id"] for it in dropped if it["reason"] == REASON and it["split"] == "train"}
    assert left_out == ids(before["train"]) - replayed


def test_new_rows_are_shared_out_among_the_splits_however_little_of_train_is_replayed(steps):
    steps(BASE)
    after = by_split(steps(NEW, replay="0.1"))
    new = Counter(
        (name, it["label"]) for name in SPLITS for it in after[name] if it["source"] == "traffic"
    )
    assert all(new["train", label] == 14 and new["test", label] == 4 for label in LABELS), new


def test_the_same_rows_once_more_give_the_same_bytes(steps):
    steps(BASE)
    labels = [row(3, "negative"), row(2000, text=row(4)["text"], label="negative"), row(5)]
    first = payload_digest(steps([*NEW, *labels], replay="0.25"))
    assert payload_digest(steps([*NEW, *labels], replay="0.25")) == first


def test_what_was_left_out_comes_back_to_its_split_and_is_counted_once(steps, account):
    before = by_split(steps(BASE))
    steps(NEW, replay="0")
    folder = steps(BASE, replay="0")
    summary, dropped, kept = account(folder)
    assert ids(by_split(folder)["train"]) >= ids(before["train"])
    assert summary["rows"]["read"] == len(BASE) + len(NEW) == len(dropped) + len(kept)
    assert {it["reason"] for it in dropped} == {REASON}
    assert {it["id"] for it in dropped} <= ids(NEW)


def test_the_later_label_of_a_train_row_counts_and_the_row_stays_there(steps, account):
    old = by_split(steps(BASE))["train"][0]
    changed = later(old, id="other", text=old["text"].upper())
    folder = steps([*NEW, changed], replay="1")
    (found,) = [it for it in by_split(folder)["train"] if it["id"] == old["id"]]
    assert (found["label"], found["source"]) == (changed["label"], "traffic")
    assert found["group"] == old["group"]
    summary, dropped, kept = account(folder)
    assert summary["rows"]["read"] == len(BASE) + len(NEW) + 1 == len(dropped) + len(kept)
    (entry,) = [it for it in dropped if it["reason"] == TAKEN_OVER]
    assert (entry["id"], entry["kept_id"]) == ("other", old["id"])
    assert f"{old['label']} there until now, {changed['label']} here" in entry["detail"]


@pytest.mark.parametrize("split", SPLITS)
def test_the_later_label_of_the_very_row_counts_in_every_split(steps, account, split):
    old = by_split(steps(BASE))[split][0]
    changed = later(old)
    folder = steps([*NEW, changed], replay="1")
    (found,) = [it for it in by_split(folder)[split] if it["id"] == old["id"]]
    assert (found["label"], found["source"]) == (changed["label"], "traffic")
    summary, dropped, kept = account(folder)
    assert summary["rows"]["read"] == len(BASE) + len(NEW) == len(kept) and not dropped


@pytest.mark.parametrize("split", ["validation", "test"])
def test_who_sends_texts_that_models_are_judged_on_changes_none_of_their_rows(
    steps, account, split
):
    """Else an attacker would be judged by his own word, and not by rows from before him."""
    before = by_split(steps(BASE))[split]
    flipped = [later(it, id=f"attack:{it['id']}", group="attacker") for it in before]
    folder = steps([*NEW, *flipped], replay="1")
    after = by_split(folder)[split]
    assert [it for it in after if it["id"] in ids(before)] == before
    summary, dropped, kept = account(folder)
    assert summary["rows"]["read"] == len(dropped) + len(kept)
    assert {it["id"]: it["reason"] for it in dropped} == dict.fromkeys(
        ids(flipped), "repeated text with another label"
    )


def test_an_old_text_that_was_seen_again_is_not_left_out(steps, account):
    before = by_split(steps(BASE))
    gone = next(it for it in before["train"] if not is_replayed(it["id"], 0.5))
    again = {"text": gone["text"], "label": gone["label"], "id": "again", "group": "somebody"}
    folder = steps([*NEW, again], replay="0.5")
    assert gone["id"] in ids(by_split(folder)["train"])
    assert [it["kept_id"] for it in account(folder)[1] if it["reason"] == "repeated text"] == [
        gone["id"]
    ]


def test_rows_are_read_whatever_their_date(steps, account):
    dated = {"created_at_column": "date"}
    steps([it | {"date": "2025-06-01"} for it in BASE], **dated)
    late = [it | {"date": "2025-01-01"} for it in NEW]
    assert ids(NEW) <= ids(account(steps(late, replay="0.5", **dated))[2])


def test_without_earlier_examples_all_of_the_source_is_read(ingested, account, tmp_path):
    assert len(account(ingested(tmp_path, BASE, replay="0.25"))[2]) == len(BASE)


@given(st.text(), st.floats(0, 1), st.floats(0, 1))
def test_a_larger_share_contains_a_smaller_one(identity, one, other):
    small, large = sorted((one, other))
    assert is_replayed(identity, large) or not is_replayed(identity, small)
    assert is_replayed(identity, 1) and not is_replayed(identity, 0)


def test_a_share_is_that_share_of_the_rows_of_each_label():
    for share in (0.1, 0.25, 0.5):
        for label in LABELS:
            hits = sum(is_replayed(f"{label}-{number}", share) for number in range(4_000))
            assert abs(hits / 4_000 - share) < 4 * (share * (1 - share) / 4_000) ** 0.5


TEXTS = st.sampled_from([*(row(it)["text"] for it in range(0, 120, 7)), "new a b", "new c d", ""])
LATER = st.builds(
    lambda number, text, label, group: {
        "id": f"n{number}", "text": text, "label": label, "group": group
    },
    st.integers(0, 9), TEXTS, st.sampled_from(LABELS), st.sampled_from(["g1", "g2", "c1", ""]),
)  # fmt: skip


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(batches=st.lists(st.tuples(st.lists(LATER, max_size=8), SHARES), min_size=1, max_size=3))
def test_however_often_it_is_replayed_every_row_is_kept_or_listed_once(ingested, account, batches):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        previous = ingested(folder, BASE).rename(folder / "previous")
        read = len(BASE)
        for number, (rows, share) in enumerate(batches):
            before = by_split(previous)
            # Ids tell rows apart, and each batch is a file of its own.
            batch = [it | {"id": f"b{number}r{at}"} for at, it in enumerate(rows)]
            out = ingested(folder, batch or [row(0)], replay=str(share))
            summary, dropped, kept = account(out)
            read += len(batch)
            entries = [it.get("id") for it in dropped]
            assert summary["rows"]["read"] == read == len(kept) + len(dropped)
            assert len(set(entries)) == len(entries) and not set(entries) & ids(kept)
            after = by_split(out)
            for split in ("validation", "test"):
                moved = ids(before[split]) - ids(after[split])
                assert moved <= {it["id"] for it in dropped if it["reason"] != REASON}
            previous.rename(folder / f"before-{number}")
            previous = out.rename(folder / "previous")


@pytest.mark.parametrize(
    ("text", "since", "message"),
    [
        ("a quarter", "", "--replay: 'a quarter' is no share; give a number from 0 to 1"),
        ("1.5", "", "'1.5' is no share"),
        ("nan", "", "'nan' is no share"),
        ("0.5", "auto", "it reads all rows, whatever their date, and --since does not"),
    ],
)
def test_what_is_no_share_is_bad_input(text, since, message):
    with pytest.raises(InputError, match=message):
        parse_share(text, since)


GATHERED = (
    "--id-column", "id", "--group-column", "group", "--source-column", "source",
    "--created-at-column", "created_at", "--label-column", "label", "--encoding", "utf-8",
    "--delimiter", ",", "--quotes", "doubled", "--header", "yes", "--format", "csv",
)  # fmt: skip
HARD = [
    '=1+1, "quoted"',
    "two\nlines\r\nand more",
    " spaces ",
    "\N{GRINNING FACE} \x85 é",
    "a;b\tc",
]


def test_rows_gathered_from_traffic_are_replayed_by_the_command(ingest, tmp_path):
    """The columns are those that `sentiment-pipelines` gathers."""
    base, new = tmp_path / "base.csv", tmp_path / "0f3a.csv"
    columns = ("id", "text", "label", "source", "group", "created_at", "labelled_at", "by")
    for path, name, count in ((base, "shop", 90), (new, "traffic/2026-11-23", 60)):
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\n")
            writer.writerow(columns)
            for number in range(count):
                text = f"{HARD[number % 5]} {name} {number} x{number}"
                group = f"caller{number % 7}" if name != "shop" and number % 2 else ""
                writer.writerow([
                    f"{name}:{number}", text, LABELS[number % 3], name, group,
                    "2026-11-20T10:00:00.000Z", "2026-11-23T10:00:00.000Z", "caller/x",
                ])  # fmt: skip
    assert ingest("--source", base, *GATHERED).returncode == 0
    earlier = (tmp_path / "out" / "examples").rename(tmp_path / "earlier")
    done = ingest(
        "--source", new, *GATHERED, "--previous-examples", earlier, "--replay", "0.25"
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "left out" in done.stderr
    found = by_split(tmp_path / "out" / "examples")
    texts = {it["text"] for rows in found.values() for it in rows}
    assert {f"{HARD[it % 5]} traffic/2026-11-23 {it} x{it}" for it in range(60)} <= texts
    for name in SPLITS:
        assert any(it["source"] == "traffic/2026-11-23" for it in found[name]), name
