import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.artifacts import (
    EXAMPLES,
    MODEL,
    Kind,
    Manifest,
    file_sha256,
    payload_digest,
    read_manifest,
    replace_tree,
    write_json,
    write_manifest,
)
from sentiment_common.errors import InputError

MANIFEST = Manifest(
    "examples", 1, "sentiment-ingest", "0.1.0", "sha256:12",
    inputs={"source": "sha256:34"}, parameters={"seed": 13}, named={"graph": "56"},
)  # fmt: skip


def fill(folder, files):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_a_manifest_is_read_as_it_was_written(tmp_path):
    write_manifest(tmp_path, MANIFEST)
    assert read_manifest(tmp_path, EXAMPLES) == MANIFEST


def test_a_folder_without_a_manifest_is_no_artifact(tmp_path):
    with pytest.raises(InputError) as refused:
        read_manifest(tmp_path, EXAMPLES)
    assert str(refused.value) == (
        f"{tmp_path}: no artifact.json here; give a folder that holds examples (schema 1)"
    )


@pytest.mark.parametrize(
    ("kind", "wanted"), [(MODEL, "model (schema 1)"), (Kind("examples", 2), "examples (schema 2)")]
)
def test_another_kind_or_schema_version_is_refused_with_what_it_is(tmp_path, kind, wanted):
    write_manifest(tmp_path, MANIFEST)
    with pytest.raises(InputError) as refused:
        read_manifest(tmp_path, kind)
    assert str(refused.value) == (
        f"{tmp_path}: wanted {wanted}, got examples (schema 1); "
        "it was made by sentiment-ingest 0.1.0"
    )


@pytest.mark.parametrize("text", ["", "{", "[]", '{"kind": "examples"}', '{"kind": "x", "new": 1}'])
def test_a_manifest_that_cannot_be_read_is_refused(tmp_path, text):
    (tmp_path / "artifact.json").write_text(text)
    with pytest.raises(InputError, match=r"artifact\.json: no manifest that this version reads"):
        read_manifest(tmp_path, EXAMPLES)


def test_the_payload_is_all_but_manifest_tracking_and_html(tmp_path):
    digest = payload_digest(fill(tmp_path, {"a.txt": "1", "sub/b.txt": "2"}))
    fill(tmp_path, {"artifact.json": "{}", "tracking.jsonl": "{}", "report.html": "<p>"})
    assert payload_digest(tmp_path) == digest
    assert digest.startswith("sha256:")
    assert len(digest) == len("sha256:") + 64


@pytest.mark.parametrize(
    "files", [{"a.txt": "2"}, {"b.txt": "1"}, {"sub/a.txt": "1"}, {"a.txt": "1", "b.txt": ""}]
)
def test_the_digest_changes_with_content_names_and_number_of_files(tmp_path, files):
    first = payload_digest(fill(tmp_path / "first", {"a.txt": "1"}))
    assert payload_digest(fill(tmp_path / "second", files)) != first


def test_a_named_digest_stands_for_a_folder_whose_bytes_vary(tmp_path):
    first = fill(tmp_path / "first", {"graph/model.pb": "1", "graph2/x": "1", "tokens.txt": "a"})
    second = fill(tmp_path / "second", {"graph/model.pb": "2", "graph2/x": "1", "tokens.txt": "a"})
    named = {"graph": "weights"}
    assert payload_digest(first) != payload_digest(second)
    assert payload_digest(first, named) == payload_digest(second, named)
    assert payload_digest(first, named) != payload_digest(first, {"graph": "others"})
    (second / "graph2" / "x").write_text("2")
    assert payload_digest(first, named) != payload_digest(second, named)


def test_a_file_has_the_digest_that_sha256sum_gives(tmp_path):
    (tmp_path / "empty").touch()
    assert file_sha256(tmp_path / "empty").startswith("e3b0c44298fc1c149afbf4c8996fb924")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abcäß😀"), inner),
)


@given(value=JSON)
def test_json_is_utf_8_with_sorted_keys_and_comes_back(tmp_path_factory, value):
    path = tmp_path_factory.mktemp("json") / "sub" / "value.json"
    write_json(path, value)
    text = path.read_bytes().decode("utf-8")
    assert json.loads(text) == value
    assert text == json.dumps(json.loads(text), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def test_a_finished_folder_replaces_another_whole(tmp_path):
    target = fill(tmp_path / "target", {"old.txt": "1", "both.txt": "1"})
    replace_tree(fill(tmp_path / "staged", {"both.txt": "2"}), target)
    assert [(path.name, path.read_text()) for path in target.iterdir()] == [("both.txt", "2")]
    assert not (tmp_path / "staged").exists()


def test_a_finished_file_finds_its_place_in_a_new_folder(tmp_path):
    (tmp_path / "staged").write_text("1")
    replace_tree(tmp_path / "staged", tmp_path / "new" / "sub" / "report.html")
    assert (tmp_path / "new" / "sub" / "report.html").read_text() == "1"
