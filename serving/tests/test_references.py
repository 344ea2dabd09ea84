import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.errors import InputError
from sentiment_serving.references import parse

NAMES = st.text("abcxyz019._-", min_size=1, max_size=20)


@given(NAMES, NAMES)
def test_an_alias_is_read_with_the_model_it_belongs_to(name, alias):
    source = parse(f"models:/{name}@{alias}")
    assert (source.slot, source.name, source.alias, source.version) == (name, name, alias, "")
    assert source.registered


@given(NAMES, NAMES, st.integers(1, 999))
def test_a_name_of_ones_own_goes_before_that_of_the_model(slot, name, version):
    source = parse(f"{slot}=models:/{name}/{version}")
    assert (source.slot, source.name, source.alias) == (slot, name, "")
    assert source.version == str(version)
    assert parse(source.given) == source


def test_everything_else_is_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert parse("var/model").text == str(tmp_path / "var/model")
    assert parse("new=var/model").slot == "new"
    assert not parse("models").registered


@pytest.mark.parametrize(
    "text", ["models:/", "models:/sentiment", "models:/a/b", "models:/a@", "models:/a@b@c"]
)
def test_half_of_a_reference_is_refused(text):
    with pytest.raises(InputError, match="models:/NAME@ALIAS"):
        parse(text)
