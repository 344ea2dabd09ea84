"""How much memory a stage may use, asked before it begins: better one line than being killed."""

from pathlib import Path

from sentiment_common.errors import InputError

MEMINFO = Path("/proc/meminfo")
CGROUP = Path("/sys/fs/cgroup")


def available(meminfo: Path = MEMINFO, cgroup: Path = CGROUP) -> int | None:
    """Returns the bytes that can still be had here, within the limits of a container.

    Args:
        meminfo: What the kernel says of the machine.
        cgroup: The control group of this process, version 2 (as containers see their own).

    Returns:
        The bytes; None where the system does not tell (macOS).
    """
    found = [_of_machine(meminfo), _of_container(cgroup)]
    return min((number for number in found if number is not None), default=None)


def check(needed: int, what: str, mend: str) -> None:
    """Refuses work that does not fit.

    Args:
        needed: An estimate in bytes, of the peak.
        what: What needs it, e.g. ``analysing 90,000,000 texts``.
        mend: What to do instead.

    Raises:
        InputError: There is less.
    """
    there = available()
    if there is not None and needed > there:
        raise InputError(
            f"{what} takes about {needed / 1e9:.1f} GB of memory, {there / 1e9:.1f} GB are free",
            mend=mend,
        )


def _of_machine(meminfo: Path) -> int | None:
    if not meminfo.is_file():
        return None
    for line in meminfo.read_text().split("\n"):
        name, _, value = line.partition(":")
        if name == "MemAvailable":
            return 1024 * int(value.split()[0])
    return None


def _of_container(cgroup: Path) -> int | None:
    most, used = cgroup / "memory.max", cgroup / "memory.current"
    if not (most.is_file() and used.is_file()):
        return None
    limit = most.read_text().strip()
    return None if limit == "max" else max(0, int(limit) - int(used.read_text()))
