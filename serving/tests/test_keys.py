import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.errors import InputError
from sentiment_serving.keys import ApiKeys, presented

FIRST, SECOND, THIRD = (letter * 20 for letter in "abc")


def test_any_of_several_keys_opens_and_nothing_else_does():
    keys = ApiKeys(f"{FIRST}, {SECOND}")
    assert keys.holds(FIRST.encode())
    assert keys.holds(SECOND.encode())
    for wrong in (b"", FIRST[:-1].encode(), (FIRST + "a").encode(), b"\xff"):
        assert not keys.holds(wrong)


def test_without_keys_there_is_nothing_to_hold():
    assert not ApiKeys()
    assert ApiKeys(FIRST)


def test_a_key_that_could_be_guessed_is_refused():
    with pytest.raises(InputError, match="fewer than 16"):
        ApiKeys("secret")


def test_a_changed_file_is_read_again(tmp_path):
    file = tmp_path / "keys"
    file.write_text(f"# for the shop\n{FIRST}\n")
    keys = ApiKeys(SECOND, file)
    file.write_text(f"{THIRD}  # for the app\n")
    keys.reload()
    assert keys.holds(THIRD.encode())
    assert keys.holds(SECOND.encode())
    assert not keys.holds(FIRST.encode())


@pytest.mark.parametrize("content", ["", "short\n", None])
def test_a_file_that_went_bad_changes_nothing(tmp_path, content):
    file = tmp_path / "keys"
    file.write_text(FIRST)
    keys = ApiKeys("", file)
    file.unlink()
    if content is not None:
        file.write_text(content)
    keys.reload()
    assert keys.holds(FIRST.encode())


def test_a_trouble_with_the_file_is_told_once_and_again_when_it_comes_back(tmp_path, caplog):
    file = tmp_path / "keys"
    file.write_text(FIRST)
    keys = ApiKeys("", file)
    for content in ("", FIRST, ""):
        file.write_text(content)
        for _ in range(3):
            keys.reload()
    told = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert len(told) == 2
    assert FIRST not in caplog.text


@pytest.mark.parametrize("content", [b"", b"# none\n", b"\xff" * 20])
def test_a_file_without_keys_is_refused_at_the_start(tmp_path, content):
    file = tmp_path / "keys"
    file.write_bytes(content)
    with pytest.raises(InputError, match="keys"):
        ApiKeys("", file)


@given(st.binary(max_size=30), st.binary(max_size=30))
def test_strange_headers_present_no_key_of_ours(authorization, key):
    headers = {b"authorization": authorization, b"x-api-key": key}
    assert not ApiKeys(FIRST).holds(presented(headers))


def test_both_headers_carry_a_key():
    assert presented({b"authorization": b"bearer abc"}) == b"abc"
    assert presented({b"x-api-key": b"abc"}) == b"abc"
    assert presented({b"authorization": b"Basic abc", b"x-api-key": b"def"}) == b"def"
