from hypothesis import given
from hypothesis import strategies as st

from sentiment_ingest.privacy import Redactor

PERSONAL = st.sampled_from(
    ["joe@mail.example", "+49 30 1234567", "4111 1111 1111 1111", "@joe_doe", "192.168.100.1",
     "DE89 3704 0044 0532 0130 00", "https://x.example/?token=abc"]
)  # fmt: skip


def test_a_redactor_that_is_not_active_changes_and_counts_nothing():
    redactor = Redactor(active=False)
    assert redactor.text("a@b.example") == redactor.name("a@b.example") == "a@b.example"
    assert redactor.take() is None


def test_names_with_personal_data_are_hashed_and_stay_apart():
    redactor = Redactor(active=True)
    one, again, other = map(redactor.name, ("a@b.example", "a@b.example", "c@b.example"))
    assert one == again != other
    assert one.startswith("redacted-")
    assert redactor.name("customer 7") == "customer 7"
    assert redactor.take() == {"email": 3}
    assert redactor.take() is None


@given(st.lists(PERSONAL | st.text(alphabet="ab ,.", max_size=8), max_size=6).map(" ".join))
def test_what_is_redacted_once_is_not_changed_by_redacting_it_again(text):
    redactor = Redactor(active=True)
    once = redactor.text(text)
    assert redactor.text(once) == once
    assert redactor.message(once) == once
