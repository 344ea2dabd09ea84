import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.iban import LENGTHS, is_iban, length_in


def with_check_digits(country, rest):
    number = int("".join(str(int(character, 36)) for character in f"{rest}{country}00"))
    return f"{country}{98 - number % 97:02d}{rest}"


@pytest.mark.parametrize(
    "number",
    ["DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432", "no93-8601-1117-947",
     "FR14 2004 1010 0505 0001 3M02 606", "MT84MALT011000012345MTLCAST001S"],
)  # fmt: skip
def test_published_examples_are_numbers(number):
    assert is_iban(number)


@given(st.data(), st.sampled_from(sorted(LENGTHS)))
def test_one_wrong_digit_is_noticed(data, country):
    digits = st.text("0123456789", min_size=length_in(country) - 4, max_size=length_in(country) - 4)
    number = with_check_digits(country, data.draw(digits))
    assert is_iban(number)
    at = data.draw(st.integers(4, len(number) - 1))
    other = data.draw(st.sampled_from("0123456789").filter(lambda digit: digit != number[at]))
    assert not is_iban(number[:at] + other + number[at + 1 :])


@pytest.mark.parametrize("number", ["", "DE", "DE89", "XX89370400440532013000", "DE8937é"])
def test_what_has_no_country_or_another_length_is_none(number):
    assert not is_iban(number)
