import pytest

from sentiment_common.beam import beam_options
from sentiment_common.errors import InputError


def test_the_options_of_a_runner_are_read_as_a_shell_reads_them():
    assert beam_options("--runner=FlinkRunner --job_name='a b'") == [
        "--runner=FlinkRunner", "--job_name=a b",
    ]  # fmt: skip
    assert beam_options("") == []


@pytest.mark.parametrize(("text", "message"), [("--x=1", "names no runner"), ("'", "quotation")])
def test_options_that_name_no_runner_are_refused(text, message):
    with pytest.raises(InputError, match=f"--beam: .*{message}.*; e.g. --beam='--runner="):
        beam_options(text)
