import dataclasses

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.errors import InputError
from sentiment_validate.examples import (
    MOJIBAKE,
    derive,
    extent,
    fold,
    length_range,
    read_splits,
    read_summary,
)


def texts(*values):
    return derive(pd.DataFrame({"text": pd.Series(values, dtype=object)}))


def test_what_lies_on_disk_is_read_by_split(frames, write_examples):
    read = read_splits(write_examples(frames))
    assert list(read) == ["train", "validation", "test"]
    for split, frame in frames.items():
        assert read[split].equals(frame)


def test_a_split_in_several_files_is_read_whole(frames, write_examples):
    folder = write_examples(frames)
    more = pa.table({"id": ["x"], "text": ["one more"]})
    pq.write_table(more, folder / "test" / "more.parquet")
    assert len(read_splits(folder)["test"]) == len(frames["test"]) + 1


def test_the_footers_tell_rows_and_bytes_and_so_the_memory_that_judging_takes(
    frames, write_examples
):
    few = extent(write_examples(frames))
    assert few.rows == sum(map(len, frames.values()))
    texts = sum(frame["text"].str.len().sum() for frame in frames.values())
    assert texts < few.size < 5 * texts
    more = dataclasses.replace(few, size=few.size + 1_000_000)
    assert more.memory == few.memory + 5_000_000


@pytest.mark.parametrize("reader", [extent, read_splits])
def test_a_missing_split_is_named(frames, write_examples, reader):
    del frames["validation"]
    with pytest.raises(InputError, match=r"validation: no Parquet file of this split"):
        reader(write_examples(frames))


@pytest.mark.parametrize("reader", [extent, read_splits])
def test_a_broken_file_is_named(frames, write_examples, reader):
    path = write_examples(frames) / "test" / "examples.parquet"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match=r"examples\.parquet: no readable Parquet"):
        reader(path.parents[1])


def test_invalid_utf8_in_a_string_column_is_bad_input(frames, write_examples):
    path = write_examples(frames) / "test" / "examples.parquet"
    broken = pa.array([b"caf\xe9"]).view(pa.string())
    pq.write_table(pa.table({"text": broken}), path)
    with pytest.raises(InputError, match="UTF8"):
        read_splits(path.parents[1])


def test_a_dictionary_column_is_read_as_its_values(frames, write_examples):
    path = write_examples(frames) / "test" / "examples.parquet"
    table = pq.read_table(path)
    index = table.schema.get_field_index("label")
    coded = table.set_column(index, "label", table.column("label").dictionary_encode())
    pq.write_table(coded, path)
    assert read_splits(path.parents[1])["test"]["label"].dtype == object


def test_several_values_in_one_row_are_bad_input(frames, write_examples):
    frames["test"] = frames["test"].assign(source=[["a", "b"]] * len(frames["test"]))
    with pytest.raises(InputError, match=r"column source: several values in one row"):
        read_splits(write_examples(frames))


def test_a_missing_summary_says_nothing_and_a_broken_one_is_bad_input(tmp_path):
    assert read_summary(tmp_path) == {}
    (tmp_path / "summary.json").write_text("{")
    with pytest.raises(InputError, match="not JSON"):
        read_summary(tmp_path)
    (tmp_path / "summary.json").write_text("[]")
    with pytest.raises(InputError, match="not a JSON object"):
        read_summary(tmp_path)


def test_white_space_and_null_are_empty_and_count_nothing():
    frame = texts(" \u00a0\n", None, "ok then")
    assert list(frame["is_empty"]) == ["yes", "yes", "no"]
    assert list(frame["n_words"]) == [0, 0, 2]
    assert list(frame["n_chars"]) == [3, 0, 7]


def test_a_text_is_repeated_from_its_second_row_on():
    frame = texts("same one", "other", "same one", " Same  ONE", "", "", "same one")
    assert list(frame["repeated"]) == ["no", "no", "yes", "yes", "no", "no", "yes"]


@pytest.mark.parametrize(
    ("words", "said"),
    [(0, "0"), (1, "1"), (4, "4-5"), (5, "4-5"), (11, "8-11"), (12, "12-15"), (10**6, "65536-")],
)
def test_a_number_of_words_lies_in_a_range(words, said):
    assert length_range(words) == said


@given(st.integers(0, 70_000))
def test_the_ranges_of_lengths_hold_their_numbers_and_no_other(words):
    low, _, high = length_range(words).partition("-")
    assert int(low) <= words <= int(high or low or 0) or words >= 65_536
    assert length_range(int(low)) == length_range(words)


@pytest.mark.parametrize("text", ["cafÃ©", "itâ€™s", "ðŸ˜€", "Â£5", "what \ufffd is"])
def test_text_in_the_wrong_encoding_is_mojibake(text):
    assert list(texts(text)["mojibake"]) == ["yes"]


def test_the_language_of_a_garbled_text_is_not_judged():
    frame = texts("Der Lüfter ist für mich zu laut", "Der LÃ¼fter ist fÃ¼r mich zu laut")
    assert list(frame["foreign"]) == ["yes", "no"]
    assert list(frame["mojibake"]) == ["no", "yes"]


@pytest.mark.parametrize("text", ["café", "naïve ÉCOLE", "voilà\u00a0!", "£5 – “fine”…", "日本 😀"])
def test_text_in_the_right_encoding_is_not_mojibake(text):
    assert list(texts(text)["mojibake"]) == ["no"]


def bytes_as_cp1252(character):
    # As decoders do it: the five bytes that cp1252 leaves undefined become control characters.
    single = (bytes([byte]) for byte in character.encode())
    return "".join(b.decode("cp1252", "ignore") or b.decode("latin-1") for b in single)


@given(st.characters(min_codepoint=0x80, exclude_categories=("Cs",)))
def test_every_character_beyond_ascii_read_as_cp1252_is_mojibake(character):
    assert MOJIBAKE.search("before " + bytes_as_cp1252(character) + " after")


@given(st.lists(st.one_of(st.none(), st.text()), min_size=1))
def test_derived_columns_agree_with_their_definitions(values):
    frame = texts(*values)
    for at, value in enumerate(values):
        row, text = frame.iloc[at], value or ""
        assert (row["n_chars"], row["n_words"]) == (len(text), len(text.split()))
        assert (row["is_empty"] == "yes") == (not text.strip())
        seen = [fold(before) for before in values[:at] if before is not None]
        assert (row["repeated"] == "yes") == (bool(text.strip()) and fold(text) in seen)


def test_without_a_column_of_texts_nothing_is_derived():
    numbers = pd.DataFrame({"text": [1, 2]})
    assert derive(numbers) is numbers
    nameless = pd.DataFrame({"id": ["a"]})
    assert derive(nameless) is nameless
