import pytest

from sentiment_common import memory
from sentiment_common.errors import InputError


@pytest.fixture
def machine(tmp_path):
    """A machine with 2 MB to spare, perhaps seen from inside a container."""

    def make(limit=None, used="0"):
        (tmp_path / "meminfo").write_text("MemTotal: 9000 kB\nMemAvailable:    2000 kB\n")
        if limit is not None:
            (tmp_path / "memory.max").write_text(f"{limit}\n")
            (tmp_path / "memory.current").write_text(f"{used}\n")
        return memory.available(tmp_path / "meminfo", tmp_path)

    return make


def test_what_the_kernel_can_give_is_available(machine):
    assert machine() == machine("max") == 2_048_000


def test_a_container_has_no_more_than_its_limit_leaves(machine):
    assert machine(1_000_000, 400_000) == 600_000
    assert machine(1_000_000, 1_400_000) == 0
    assert machine(10**12) == 2_048_000


def test_a_system_that_does_not_tell_is_believed_to_have_enough(tmp_path):
    assert memory.available(tmp_path / "nothing", tmp_path) is None


def test_work_that_does_not_fit_is_refused_before_it_begins():
    memory.check(1, "one byte", "nothing to mend")
    with pytest.raises(InputError, match=r"all texts takes about 1000000.0 GB.*free; take fewer"):
        memory.check(10**15, "all texts", "take fewer")
