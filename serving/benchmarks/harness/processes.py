"""What a server and the processes below it use, read from ``/proc``."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.load import Connection, connect

TICKS = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


@dataclass(frozen=True)
class Use:
    """What a tree of processes uses at one moment.

    Attributes:
        resident: Memory in bytes; pages that several processes share count once (PSS).
        private: Of it what the processes have allocated. Pages of files are not in it: whoever else
            on the machine maps the same library makes the share of each smaller.
        descriptors: Open files, sockets and pipes.
        threads: Threads.
        processes: Processes.
    """

    resident: int
    private: int
    descriptors: int
    threads: int
    processes: int


def tree(pid: int) -> list[int]:
    """Returns a process and all below it that live, parents first."""
    found = [pid]
    for each in found:
        with contextlib.suppress(OSError):
            for children in (PROC / str(each) / "task").glob("*/children"):
                found.extend(map(int, children.read_text().split()))
    return found


def cpu_seconds(pid: int) -> float:
    """Returns user and system time of a tree of processes, ended children included."""
    total = 0
    for each in tree(pid):
        with contextlib.suppress(OSError):
            fields = (PROC / str(each) / "stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])  # utime, stime
            if each == pid:
                total += int(fields[13]) + int(fields[14])  # those of children that have ended
    return total / TICKS


def use(pid: int) -> Use:
    """Returns what a tree of processes uses now."""
    resident = private = descriptors = threads = processes = 0
    for each in tree(pid):
        folder = PROC / str(each)
        with contextlib.suppress(OSError):  # it may end meanwhile
            for line in (folder / "smaps_rollup").read_text().split("\n"):
                if line.startswith("Pss:"):
                    resident += int(line.split()[1]) << 10
                elif line.startswith("Pss_Anon:"):
                    private += int(line.split()[1]) << 10
            descriptors += len(list((folder / "fd").iterdir()))
            threads += len(list((folder / "task").iterdir()))
            processes += 1
    return Use(resident, private, descriptors, threads, processes)


def free_port() -> int:
    """Returns a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cores() -> tuple[set[int], set[int]]:
    """Returns the cores for a server and those for its load; the same where there is but one."""
    usable = sorted(os.sched_getaffinity(0))
    return ({usable[0]}, set(usable[1:2])) if len(usable) > 1 else (set(usable), set(usable))


@dataclass(frozen=True)
class Server:
    """A server that has answered.

    Attributes:
        port: Where it listens, on 127.0.0.1.
        process: The process that was started.
        seconds_to_answer: From its start to its first answer with status 200.
    """

    port: int
    process: subprocess.Popen[bytes]
    seconds_to_answer: float


@contextlib.contextmanager
def started(
    command: Sequence[str],
    port: int,
    request: bytes,
    log: Path,
    environment: dict[str, str] | None = None,
    on_cores: set[int] | None = None,
    timeout: float = 120,
) -> Iterator[Server]:
    """Runs a server from its first answer to a request until the end of the block.

    Args:
        command: What to run.
        port: Where it will listen.
        request: What it has to answer with status 200 before the block begins.
        log: Where its output goes.
        environment: Its environment variables.
        on_cores: The cores it may use; all if none are given.
        timeout: Seconds it may take to answer.

    Raises:
        RuntimeError: It ended or did not answer in time; with the end of its output.
    """
    begin = time.monotonic()
    with log.open("wb") as stream, _inherited(on_cores):
        process = subprocess.Popen(
            command, stdout=stream, stderr=stream, env=environment, start_new_session=True
        )
    try:
        _wait(process, port, request, begin + timeout, log)
        yield Server(port, process, time.monotonic() - begin)
    finally:
        end(process)


@contextlib.contextmanager
def _inherited(wanted: set[int] | None) -> Iterator[None]:
    """Lets processes that are started within the block run on some cores alone."""
    own = os.sched_getaffinity(0)
    os.sched_setaffinity(0, wanted or own)
    try:
        yield
    finally:
        os.sched_setaffinity(0, own)


def end(process: subprocess.Popen[bytes], patience: float = 20) -> None:
    """Ends a server as a supervisor does: SIGTERM, and SIGKILL for what is left of its group."""
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(patience)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _wait(
    process: subprocess.Popen[bytes], port: int, request: bytes, until: float, log: Path
) -> None:
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        if _status(port, request) == "200":
            return
        time.sleep(0.02)
    raise RuntimeError(f"the server did not answer:\n{log.read_text(errors='replace')[-2000:]}")


def _status(port: int, request: bytes) -> str:
    import asyncio

    async def ask() -> str:
        connection: Connection = await connect(port)
        try:
            async with asyncio.timeout(10):
                return (await connection.ask(request))[0]
        finally:
            connection.close()

    try:
        return asyncio.run(ask())
    except (OSError, TimeoutError):
        return ""
