import http.client
import json
import socket

import pytest

from sentiment_common.errors import InputError
from sentiment_pipelines.dashboard.server import serve


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found = probe.getsockname()[1]
    server = serve(lambda: {"answer": 42}, found)
    yield found
    server.shutdown()
    server.server_close()


def get(port, path, host="127.0.0.1"):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", path, headers={"Host": f"{host}:{port}"})
    answer = connection.getresponse()
    return answer, answer.read()


@pytest.mark.parametrize("path", ["/", "/app.js", "/charts.js", "/style.css"])
def test_the_page_and_its_files_are_served_with_a_strict_policy(port, path):
    answer, body = get(port, path)
    assert answer.status == 200 and body
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_the_figures_are_json_and_never_kept(port):
    answer, body = get(port, "/state.json?now")
    assert json.loads(body) == {"answer": 42}
    assert answer.headers["Cache-Control"] == "no-store"


def test_nothing_else_is_there(port):
    assert {get(port, it)[0].status for it in ("/../server.py", "/\\..", "/nothing.js")} == {404}


def test_a_name_that_another_site_made_point_here_is_refused(port):
    assert get(port, "/state.json", host="evil.example")[0].status == 403
    assert get(port, "/state.json", host="localhost")[0].status == 200


def test_a_port_that_is_taken_is_said_in_one_line(port):
    with pytest.raises(InputError, match="cannot listen there"):
        serve(dict, port)
