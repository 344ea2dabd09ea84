"""Files of object stores and hubs: s3://, gs://, hf://.

Each by its own client behind fsspec, with the credentials that the client finds by itself.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from sentiment_common.artifacts import Source
from sentiment_common.errors import InputError
from sentiment_sources.content import Content
from sentiment_sources.places.local import changed
from sentiment_sources.places.spool import Sink, retried, spooled, timeout
from sentiment_sources.secrets import Secrets

BLOCK = 8 * 1024 * 1024
"""Bytes of one request."""
VERSION = ("ETag", "etag", "generation", "blob_id", "lfs", "size")
"""What tells one version of a file from another, by the words of the stores."""
logger = logging.getLogger(__name__)


def files(uri: str, secrets: Secrets) -> Iterator[tuple[Content, Source]]:
    """Yields the files that an address or a pattern names, in the order of their names.

    Raises:
        InputError: There are none, one is a folder, cannot be had, or changes while it is read.
    """
    before, _, path = uri.partition("://")
    scheme = before.lower()
    if not path.strip("/"):
        raise InputError("no bucket", where=secrets.hide(uri), mend=f"give {scheme}://bucket/path")
    # The clients of the others try again themselves.
    pauses = None if scheme == "s3" else ()
    system, names = retried(lambda: _listed(scheme, path, uri), uri, secrets, pauses)
    for name in names:
        file = f"{scheme}://{name}"
        facts = retried(partial(_facts, system, name), file, secrets, pauses)
        download = partial(_download, system, name, facts["size"])
        with spooled(file, download, secrets, pauses) as spool:
            now = retried(partial(_facts, system, name), file, secrets, pauses)
            if _version(now) != _version(facts):
                raise changed(secrets.hide(file))
            yield spool


def _listed(scheme: str, path: str, uri: str) -> tuple[Any, Sequence[str]]:
    """Returns the client of a scheme, and the names of the files that it finds."""
    system = _client(scheme)
    try:
        return system, _find(system, path, uri)
    except Exception as error:
        if type(error).__name__ != "NoCredentialsError":  # botocore's
            raise
    logger.info("no AWS credentials are set: reading as anybody")
    system = _client(scheme, anonymous=True)
    return system, _find(system, path, uri)


def _client(scheme: str, *, anonymous: bool = False) -> Any:
    """Returns the file system of a scheme, made anew: nothing of it is shared or cached."""
    silence = timeout()
    fresh: dict[str, Any] = {"skip_instance_cache": True, "use_listings_cache": False}
    if scheme == "hf":
        from huggingface_hub import HfFileSystem

        return HfFileSystem(**fresh)
    if scheme in ("gs", "gcs"):
        # Not the package's own name, which looks first for kinds of buckets over another protocol.
        from gcsfs.core import GCSFileSystem

        return GCSFileSystem(**fresh, requests_timeout=silence)
    from s3fs import S3FileSystem

    config = {"connect_timeout": min(10.0, silence), "read_timeout": silence}
    system = S3FileSystem(
        **fresh, anon=anonymous, config_kwargs={**config, "retries": {"total_max_attempts": 1}}
    )
    system.retries = 1  # we try again ourselves
    return system


def _find(system: Any, path: str, uri: str) -> Sequence[str]:
    """Returns the name of each file that a path or a pattern names, sorted."""
    # A file whose name holds "[" is itself before it is a pattern.
    if not any(sign in path for sign in "*?[") or system.exists(path):
        facts = _facts(system, path)
        if facts["type"] == "directory":
            raise InputError("a folder", where=uri, mend=f"give a glob: {uri.rstrip('/')}/*.csv")
        return [path]
    found = system.glob(path, detail=True)
    files = [name for name in sorted(found) if found[name]["type"] == "file"]
    if not files:
        raise InputError("no such file", where=uri, mend="check --source")
    return files


def _facts(system: Any, name: str) -> Mapping[str, Any]:
    system.invalidate_cache()
    facts: Mapping[str, Any] = system.info(name)
    return facts


def _version(facts: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(facts[key]) for key in VERSION if facts.get(key) is not None}


def _download(system: Any, name: str, size: int, sink: Sink) -> None:
    sink.expect(size)
    with system.open(name, "rb", block_size=BLOCK, cache_type="readahead") as stream:
        while chunk := stream.read(BLOCK):
            sink.write(chunk)
