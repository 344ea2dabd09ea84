import os
import socket

import pytest

from sentiment_serving.listener import Listener


@pytest.fixture
def listening():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def test_after_the_refusal_no_connection_is_made_though_another_holds_the_socket(listening):
    address = listening.getsockname()
    listener = Listener(["worker", "--fd", str(listening.fileno()), "--backlog", "9"])
    socket.create_connection(address, timeout=5).close()
    listener.refuse()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=5)
    assert os.fstat(listening.fileno()), "the descriptor of the other is left alone"
    listener.refuse()


def test_two_workers_may_refuse_one_after_the_other(listening):
    both = [Listener(["worker", "--fd", str(listening.fileno())]) for _ in range(2)]
    for listener in both:
        listener.refuse()


def test_a_process_that_is_no_worker_has_nothing_to_refuse(listening):
    Listener(["pytest", "-q"]).refuse()
    socket.create_connection(listening.getsockname(), timeout=5).close()
