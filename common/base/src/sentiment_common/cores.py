"""How many cores this process may use: a container has fewer than its machine."""

import os
from pathlib import Path

CPU_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def available(quota: Path = CPU_QUOTA) -> int:
    """Returns the cores that this process may use, at least 1.

    Args:
        quota: What the control group (version 2, as containers see their own) allows: microseconds
            of CPU in a period of so many.
    """
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(allowed or 1, _of_container(quota) or allowed or 1))


def _of_container(quota: Path) -> int | None:
    if not quota.is_file():
        return None
    most, _, period = quota.read_text().partition(" ")
    return None if most.strip() == "max" else max(1, round(int(most) / int(period)))
