"""Files of web servers, http:// and https://."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from sentiment_common.artifacts import Source
from sentiment_common.errors import InputError
from sentiment_sources.content import Content
from sentiment_sources.places.spool import Sink, spooled, timeout
from sentiment_sources.secrets import Secrets

CONNECT_SECONDS = 10.0


def files(uri: str, secrets: Secrets) -> Iterator[tuple[Content, Source]]:
    """Yields the file of a web address.

    Raises:
        InputError: It is a pattern, or the file cannot be had.
    """
    if "*" in urlsplit(uri).path:
        raise InputError(
            "a web server cannot be asked for the files it has",
            where=secrets.hide(uri),
            mend="name each file: 'https://host/a.csv | https://host/b.csv'",
        )
    with spooled(uri, lambda sink: _download(uri, sink), secrets) as found:
        yield found


def _download(url: str, sink: Sink) -> None:
    import aiohttp
    from fsspec.callbacks import Callback
    from fsspec.implementations.http import HTTPFileSystem

    answers: list[Any] = []

    async def on_end(session: Any, context: Any, parameters: Any) -> None:
        answers.append(parameters.response)

    class Announced(Callback):  # type: ignore[misc]
        def set_size(self, size: int | None) -> None:
            if answers[-1].status < 400:
                _check_encoding(answers[-1].headers.get("Content-Encoding", ""), url)
                sink.expect(size)

    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(on_end)
    silence = timeout()
    system = HTTPFileSystem(
        skip_instance_cache=True,
        client_kwargs={
            "timeout": aiohttp.ClientTimeout(
                total=None, sock_connect=min(CONNECT_SECONDS, silence), sock_read=silence
            ),
            # The bytes as they are stored, whose number was announced and whose digest is theirs.
            "headers": {"Accept-Encoding": "identity"},
            "auto_decompress": False,
            "trust_env": True,  # proxies and ~/.netrc
            "trace_configs": [trace],
        },
    )
    system.get_file(url, sink, callback=Announced())


def _check_encoding(encoding: str, place: str) -> None:
    """Checks that an answer came as it is stored, or compressed so that its bytes show it."""
    if encoding.lower() not in ("", "identity", "gzip", "x-gzip", "zstd"):
        raise InputError(
            f"the server sends it compressed by {encoding!r} though it was not asked to",
            where=place,
            mend="fetch it yourself and give the file",
        )
