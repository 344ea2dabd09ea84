import base64
import logging
import os
import subprocess
import sys
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.addresses import refuse_literal
from sentiment_common.errors import InputError
from sentiment_sources import parse_sources
from sentiment_sources.secrets import Secrets

CANARY = "c@n/a:r y+%?#"


@pytest.fixture
def secrets(monkeypatch):
    monkeypatch.setenv("CANARY", CANARY)
    return Secrets()


@pytest.mark.parametrize(
    ("uri", "resolved"),
    [
        ("https://u:${CANARY}@host/a.csv", "https://u:c%40n%2Fa%3Ar%20y%2B%25%3F%23@host/a.csv"),
        ("https://host/a?b=${CANARY}&c", "https://host/a?b=c%40n%2Fa%3Ar%20y%2B%25%3F%23&c"),
        ("s3://bucket/${CANARY}/*.csv", f"s3://bucket/{CANARY}/*.csv"),
        ("${CANARY}", CANARY),
        ("a.csv", "a.csv"),
    ],
)
def test_a_secret_is_put_in_as_its_place_needs_it_and_hidden_again(secrets, uri, resolved):
    assert secrets.resolve_uri(uri) == resolved
    assert secrets.hide(f"failed: {resolved}!") == f"failed: {uri}!"


def test_a_file_holds_a_secret_as_kubernetes_mounts_it(tmp_path, secrets):
    (tmp_path / "password").write_text("from a file\n")
    uri = f"postgresql://u:${{file:{tmp_path}/password}}@host/db"
    assert secrets.resolve_uri(uri) == "postgresql://u:from%20a%20file@host/db"
    assert secrets.hide("from a file") == f"${{file:{tmp_path}/password}}"


def test_the_password_in_an_address_that_is_a_secret_as_a_whole_is_hidden_alone_too(monkeypatch):
    monkeypatch.setenv("URL", "postgresql://u:p%40ssword@host/db?sslpassword=another1")
    secrets = Secrets()
    secrets.resolve_uri("${URL}")
    assert secrets.hide("p@ssword p%40ssword another1 host") == (
        "${password} ${password} ${sslpassword} host"
    )


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("https://[host/?t=${HOME}", r"https://\[host/\?t=\$\{HOME\}: no address \(Invalid IPv6"),
        ("https://[host/", "no address"),
        ("https://host/?t=${NOWHERE}", r"\$\{NOWHERE\}: the environment variable 'NOWHERE' is not"),
        ("https://host/?t=${}", "the environment variable '' is not set"),
        ("https://host/?t=${file:/nowhere}", "/nowhere: the file of a secret cannot be read"),
        ("https://host/?t=${file:/dev/null}", "/dev/null: the file of a secret is empty"),
    ],
)
def test_a_missing_secret_is_called_by_its_name(uri, message):
    with pytest.raises(InputError, match=message):
        Secrets().resolve_uri(uri)


@pytest.mark.parametrize(
    "uri",
    [
        "https://user:hunter2@host/a.csv", "https://hunter2@host/a.csv", "s3://key:hunter2@b/a.csv",
        "postgresql://user:hunter2@host/db", "postgresql://${USER}:hunter2@host/db",
        "https://h/a?X-Amz-Signature=hunter2", "https://h/a?X-Amz-Security-Token=hunter2",
        "https://h/a?sv=1&sig=hunter2", "https://h/a?token=hunter2#x", "https://h/?KEY=${A}hunter2",
        "postgresql://host/db?user=a&password=hunter2", "https://h/a?access_token=hunter2",
        "https://h/a?private_token=hunter2", "https://h/a?x-api-key=hunter2",
        "https://h/a?AccountKey=hunter2", "https://h/a?refreshToken=hunter2",
    ],
)  # fmt: skip
def test_a_secret_in_an_address_is_refused_and_not_repeated(uri):
    with pytest.raises(InputError, match=r"a secret in the address.*\$\{NAME\}") as caught:
        parse_sources(uri)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "uri",
    [
        "https://user:${A}@host/a.csv", "https://host/a.csv?page=token", "a@b:c/d.csv",
        "https://host/a.csv?token=${file:/run/secrets/t}", "https://host/a.csv?token=",
        "postgresql://user@host/db",
        "https://host/mail@home:a.csv", "s3://bucket/a?sig", "https://h/a?monkey=1&sort_key=date",
        "https://h/a?bypass=1&author=me&design=2",
    ],
)  # fmt: skip
def test_addresses_without_secrets_pass(uri):
    refuse_literal(uri)


def test_logs_and_warnings_of_whatever_library_are_cleared_of_secrets(secrets, capsys, monkeypatch):
    # pytest takes the capture of warnings back behind each test, and logging does not know.
    monkeypatch.setattr(logging, "_warnings_showwarning", None)
    root, handler = logging.getLogger(), logging.StreamHandler()
    root.addHandler(handler)
    try:
        uri = secrets.resolve_uri("https://host/a?token=${CANARY}")
        secrets.hide_in_logs()
        logging.getLogger("aiohttp.client").warning("cannot get %r", uri)
        logging.getLogger("library").warning("%d bytes of", uri)
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn(f"slow: {uri}", stacklevel=1)
        try:
            raise ValueError(uri)
        except ValueError:
            logging.getLogger("asyncio").exception("lost")
    finally:
        root.removeHandler(handler)
        logging.captureWarnings(False)
    said = capsys.readouterr().err
    assert said.count("${CANARY}") >= 4
    assert secrets.hide(said) == said


@given(st.text(min_size=4, max_size=40), st.sampled_from(["{}", "a {} b", "{}{}", "%{}%"]))
def test_no_text_betrays_a_secret(value, frame):
    secrets = Secrets()
    secrets.learn(value, "${S}")
    said = frame.format(value, value)
    assert value in "${S}" or value not in secrets.hide(said)
    assert repr(value)[1:-1] in "${S}" or repr(value)[1:-1] not in secrets.hide(repr(said))


def test_what_http_sends_of_a_password_is_hidden_too(secrets):
    secrets.resolve_uri("https://u:${CANARY}@host/a.csv")
    sent = base64.b64encode(f"u:{CANARY}".encode()).decode()
    assert secrets.hide(f"Authorization: Basic {sent}") == "Authorization: Basic ${password}"


def test_logs_are_cleared_where_nobody_has_configured_them():
    code = (
        "import logging; from sentiment_sources.secrets import Secrets; secrets = Secrets();"
        "logging.getLogger('urllib3').warning('before: %s', secrets.resolve('${CANARY}'));"
        "secrets.hide_in_logs();"
        "logging.getLogger('urllib3').warning('after: %s', secrets.resolve('${CANARY}'))"
    )
    environment = {**os.environ, "CANARY": CANARY}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True
    )
    assert done.stderr == f"before: {CANARY}\nafter: ${{CANARY}}\n"
