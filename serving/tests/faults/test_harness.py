"""The instruments themselves: what they count as an answer, a loss, a growth."""

import asyncio
import contextlib
import math
import random
import subprocess
import sys

import pytest
from harness import processes
from harness.load import CUT, LOST, REFUSED, UNSENT, Load, apply, get
from soak import plot, soak

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ngood\r\n0\r\n\r\n"
CLOSING = b"HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


@contextlib.asynccontextmanager
async def answering(script):
    """A server that plays a script for each connection: parts to send, None to hang up."""

    async def play(reader, writer):
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            for parts in script:
                await reader.readuntil(b"\r\n\r\n")
                if parts is None:
                    break
                for part in parts:
                    writer.write(part)
                    await writer.drain()
                    await asyncio.sleep(0.005)
        writer.close()

    server = await asyncio.start_server(play, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


def outcomes(script, seconds=0.3):
    async def measured():
        async with answering(script) as port:
            return await apply(port, [get("/")], connections=1, seconds=seconds)

    return asyncio.run(measured()).outcomes


@pytest.mark.parametrize(
    "parts",
    [[OK], [OK[:5], OK[5:]], [OK[:-1], OK[-1:]], [CHUNKED], [CHUNKED[:-3], CHUNKED[-3:]]],
    ids=["whole", "cut in the status", "cut in the body", "in chunks", "cut in the last chunk"],
)
def test_an_answer_counts_once_in_whatever_parts_it_comes(parts):
    found = outcomes([parts] * 3)
    assert found["200"] >= 3
    assert set(found) <= {"200", UNSENT}


def test_what_ends_without_an_answer_is_told_apart():
    assert set(outcomes([None])) == {LOST}
    assert set(outcomes([[OK[:20]]])) == {CUT}
    kept = outcomes([[OK], None])
    assert set(kept) == {"200", UNSENT}
    assert set(outcomes([[CLOSING]])) == {"413"}, "the next request has a connection of its own"


def test_a_port_where_nobody_listens_refuses():
    load = asyncio.run(apply(processes.free_port(), [get("/")], connections=2, seconds=0.2))
    assert set(load.outcomes) == {REFUSED}


def test_percentiles_are_nearest_ranks():
    load = Load(seconds=1)
    for milliseconds in [*range(51, 101), *range(1, 51)]:
        load.add("200" if milliseconds <= 90 else "429", milliseconds)
    assert [load.percentile(share) for share in (0.0, 0.5, 0.99, 1.0)] == [1, 50, 99, 100]
    assert load.percentile(0.5, "429") == 95
    assert (load.rate, load.errors) == (90, 10)
    assert math.isnan(load.percentile(0.5, "503"))


def test_the_cpu_and_memory_of_children_are_counted():
    burn = "sum(range(20_000_000)); block = b'x' * 50_000_000; print(flush=True); input()"
    command = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {burn!r}])"
    with subprocess.Popen(
        [sys.executable, "-c", command], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        parent.stdout.readline()
        used = processes.use(parent.pid)
        assert used.processes == 2
        assert used.resident > 50_000_000
        assert processes.cpu_seconds(parent.pid) > 0.1
        parent.stdin.close()


def noisy(base, per_sample):
    noise = random.Random(13)  # noqa: S311
    return [base + per_sample * number + noise.gauss(0, 1) for number in range(360)]


def test_a_leak_is_told_from_noise():
    seconds = [float(5 * number) for number in range(360)]
    assert soak.trend(seconds, noisy(180, 0)).is_flat(1.0)
    assert soak.trend(seconds, noisy(180, -0.05)).is_flat(1.0)
    assert not soak.trend(seconds, noisy(180, 0.05)).is_flat(1.0), "9 MB in 15 minutes"


def test_a_rise_before_the_second_half_is_a_warm_up():
    seconds = [float(5 * number) for number in range(360)]
    risen = [100.0 + min(number, 120) for number in range(360)]
    assert soak.trend(seconds, risen).is_flat(1.0)


def test_the_picture_is_well_formed_and_has_a_panel_for_each_quantity():
    import xml.etree.ElementTree as ET

    picture = plot.svg({"one": [(0, 1.0), (1, math.nan), (2, 3.0)], "two": [(0, 0.0)]}, "minutes")
    lines = ET.fromstring(picture).findall(".//{*}polyline")  # noqa: S314
    assert len(lines) == 2
    assert len(lines[0].get("points").split()) == 2
