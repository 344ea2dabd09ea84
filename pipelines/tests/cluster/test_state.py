"""The file that sends runs to the cluster: whole or not at all."""

import pytest

from sentiment_common.errors import InputError
from sentiment_pipelines.cluster.state import Cluster, forget, read, write

CLUSTER = Cluster("sentiment", "kind-sentiment", "localhost:5001", *(["http://localhost"] * 4))


def test_a_file_that_is_not_ours_is_one_line(state):
    state.mkdir()
    for text in ("{}", "[]", "no json", '{"schema": 2}', '{"schema": 1, "other": 1}'):
        (state / "cluster.json").write_text(text)
        with pytest.raises(InputError, match="does not say how the cluster is reached"):
            read()


def test_what_is_written_is_read_and_forgotten(state):
    assert read() is None
    write(CLUSTER)
    assert read() == CLUSTER
    assert not list(state.glob("*.new"))
    assert [forget(), forget()] == [True, False]
    assert read() is None
