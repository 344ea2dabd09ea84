"""When two tasks are the same piece of work."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.artifacts import file_sha256
from sentiment_pipelines import keys
from sentiment_pipelines.environments import rooms

IDENTITY = keys.Identity({"src/a.py": "1" * 64}, "lock", "3.11.7")


def key(parameters=None, inputs=None, identity=IDENTITY, image="sentiment-x:1"):
    return keys.key(image, "interface", parameters or {}, inputs or {}, identity)


PARAMETERS = st.dictionaries(
    st.sampled_from("abc"), st.one_of(st.integers(), st.text(max_size=5), st.booleans())
)


@given(PARAMETERS, PARAMETERS)
def test_keys_are_equal_exactly_if_their_parameters_are_and_else_say_which_differ(one, other):
    first, second = key(one), key(other)
    assert (first.digest == second.digest) == (
        repr(sorted(one.items())) == repr(sorted(other.items()))
    )
    if one == other:
        assert keys.changes(first, second) == []
    else:
        assert keys.changes(first, second)


CONTAINER = dataclasses.replace(IDENTITY, python="", container="1" * 64)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (IDENTITY, CONTAINER, "it ran as a process"),
        (CONTAINER, IDENTITY, "it ran in a container"),
        (
            CONTAINER,
            dataclasses.replace(CONTAINER, container="2" * 64),
            "its image is made of something else: base, Dockerfile or metadata",
        ),
        (
            CONTAINER,
            dataclasses.replace(CONTAINER, container="2" * 64, code={"src/a.py": "2" * 64}),
            "code changed: src/a.py",
        ),
        (
            CONTAINER,
            dataclasses.replace(CONTAINER, container="2" * 64, lock="other"),
            "its lock changed",
        ),
    ],
)
def test_work_in_a_container_is_other_work_if_anything_in_its_image_is_other(old, new, reason):
    before, after = key(identity=old), key(identity=new)
    assert keys.changes(before, after) == [reason]
    assert before.digest != after.digest


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"parameters": {"epochs": 5}}, "parameter epochs: 20 → 5"),
        ({"inputs": {"examples": "sha256:2"}}, "input examples changed"),
        ({"image": "sentiment-x:2"}, "image: sentiment-x:1 → sentiment-x:2"),
        (
            {"identity": dataclasses.replace(IDENTITY, code={"src/a.py": "2" * 64})},
            "code changed: src/a.py",
        ),
        ({"identity": dataclasses.replace(IDENTITY, lock="other")}, "its lock changed"),
        (
            {"identity": dataclasses.replace(IDENTITY, python="3.11.9")},
            "python: 3.11.7 → 3.11.9",
        ),
    ],
)
def test_what_changed_is_said_in_words(change, reason):
    before = {"parameters": {"epochs": 20}, "inputs": {"examples": "sha256:1"}}
    old, new = key(**before), key(**{**before, **change})
    assert keys.changes(old, new) == [reason]
    assert old.digest != new.digest


def test_a_file_changed_in_place_under_its_name_is_a_change(tmp_path):
    path = tmp_path / "reviews.csv"
    path.write_text("text\ngood\n")
    old = key({"source": str(path)})
    path.write_text("text\nevil\n")
    new = key({"source": str(path)})
    assert keys.changes(old, new) == [f"the content of source ({path}) changed"]
    path.write_text("text\ngood\n")
    assert key({"source": str(path)}).digest == old.digest


def test_a_file_added_to_a_folder_or_a_pattern_is_a_change(tmp_path):
    (tmp_path / "a.csv").write_text("1")
    values = (str(tmp_path), f"{tmp_path}/*.csv")
    before = [keys.content_digest(value) for value in values]
    (tmp_path / "b.csv").write_text("2")
    after = [keys.content_digest(value) for value in values]
    assert None not in before
    assert all(one != other for one, other in zip(before, after, strict=True))


def test_what_lies_at_an_address_is_never_known_to_be_the_same():
    for source in ("s3://bucket/reviews.csv", "${SOURCE}", "shop=${SOURCE} | a.csv"):
        address = key({"source": source})
        assert address.reads_addresses
        assert keys.changes(address, address) == [
            "it reads from an address: what lies there may have changed"
        ]


def test_several_sources_count_each_by_content(tmp_path):
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    one.write_text("1")
    two.write_text("2")
    source = f"shop={one} | {two}"
    before = keys.content_digest(source)
    assert before not in (None, keys.content_digest(str(one)))
    two.write_text("3")
    assert keys.content_digest(source) != before
    assert keys.content_digest(f"{one} | s3://bucket/two.csv") == keys.UNKNOWN_CONTENT


def test_a_name_with_signs_of_a_pattern_or_a_separator_is_a_file_before_it_is_anything_else(
    tmp_path,
):
    for name in ("a[1].csv", "x | y.csv", "shop=a.csv"):
        (tmp_path / name).write_text(name)
        named = keys.content_digest(str(tmp_path / name))
        assert named == file_sha256(tmp_path / name)
    assert keys.content_digest(f"{tmp_path}/**.csv") == keys.content_digest(f"{tmp_path}/*.csv")


def test_a_list_of_sources_is_read_anew_for_it_names_others(tmp_path):
    path = tmp_path / "sources.toml"
    for text in ('[[source]]\nuri = "a.csv"\n', "[[ source ]]\n", 'source = [{uri = "a"}]', "= no"):
        path.write_text(text)
        assert keys.content_digest(str(path)) == keys.UNKNOWN_CONTENT
    path.write_text("[floors]\nmacro_f1 = 0.6\n")
    assert keys.content_digest(str(path)) not in (None, keys.UNKNOWN_CONTENT)


@given(st.text())
def test_any_other_text_names_no_content(text):
    assert keys.content_digest(text.replace("/", "").replace("${", "")) is None


def test_the_code_of_a_stage_is_its_own_and_what_it_shares():
    code = keys.identity(rooms()["train_baseline"]).code
    assert "components/train_baseline/src/sentiment_train_baseline/training.py" in code
    assert "common/base/src/sentiment_common/cli.py" in code
    assert not any("train_deep" in name or "__pycache__" in name for name in code)
