import pytest

from sentiment_common.errors import InputError
from sentiment_ingest.readers import find_files, read_files


def test_a_glob_names_its_files_in_order_and_each_is_read_by_its_format(write, tmp_path):
    write("b.csv", "text\nsecond\n")
    write("a.JSONL", '{"text": "first"}\n')
    write("c.tsv", "text\tn\nthird\t1\n")
    files = find_files(str(tmp_path / "*.*"))
    assert [(record.file, record.values["text"]) for record in read_files(files, ["text"])] == [
        ("a.JSONL", "first"), ("b.csv", "second"), ("c.tsv", "third"),
    ]  # fmt: skip


def test_a_file_whose_name_looks_like_a_pattern_is_itself(write):
    path = write("reviews[1].csv", "text\ngood\n")
    assert find_files(str(path)) == [path]


def test_no_match_a_folder_and_an_unknown_format_are_input_errors(write, tmp_path):
    with pytest.raises(InputError, match="no such file"):
        find_files(str(tmp_path / "*.csv"))
    with pytest.raises(InputError, match=r"a folder; give a glob: .*/\*\.csv"):
        find_files(str(tmp_path))
    with pytest.raises(InputError, match=r"unknown format '\.xlsx'; .*\.csv, \.tsv"):
        find_files(str(write("a.xlsx", b"PK")))
