"""What an option that names sources holds: its parts, and no secrets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.addresses import NAMED, SEPARATOR, refuse_literal
from sentiment_common.errors import InputError


def test_sources_are_separated_by_a_bar_between_spaces_or_a_line_end():
    assert SEPARATOR.split("a|b.csv | shop=c.csv\nd.csv") == ["a|b.csv", "shop=c.csv", "d.csv"]
    assert NAMED.fullmatch("shop=c=1.csv").groupdict() == {"name": "shop", "uri": "c=1.csv"}


@given(st.text(st.characters(categories=("L", "Nd")), min_size=3))
def test_a_password_is_refused_and_not_repeated(secret):
    for address in (f"s3://reader:{secret}@bucket", f"https://shop.example/x?token={secret}"):
        with pytest.raises(InputError, match="a secret in the address") as error:
            refuse_literal(address)
        assert f":{secret}@" not in str(error.value)
        assert f"={secret}" not in str(error.value)


@pytest.mark.parametrize(
    "address",
    [
        "reviews.csv", "/data/a?token=b.csv", "s3://bucket/a.csv", "s3://reader@bucket/a.csv",
        "postgresql://reader:${DB_PASSWORD}@host/shop", "https://shop.example/x?token=${TOKEN}",
        "https://shop.example/x?page=2",
    ],
)  # fmt: skip
def test_what_holds_no_secret_or_a_placeholder_for_it_passes(address):
    refuse_literal(address)
