"""The cores of this process are those of its container."""

import os

import pytest

from sentiment_common import cores

ALL = len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("quota", "expected"),
    [
        ("100000 100000\n", 1),
        ("1000 100000\n", 1),
        ("max 1000\n", ALL),
        ("9900000 1000\n", ALL),
    ],
)
def test_a_containers_quota_bounds_the_cores(tmp_path, quota, expected):
    (tmp_path / "cpu.max").write_text(quota)
    assert cores.available(tmp_path / "cpu.max") == expected


def test_without_a_container_they_are_those_that_this_process_may_run_on(tmp_path):
    assert cores.available(tmp_path / "none") == ALL
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    try:
        assert cores.available(tmp_path / "none") == 1
    finally:
        os.sched_setaffinity(0, range(os.cpu_count()))
