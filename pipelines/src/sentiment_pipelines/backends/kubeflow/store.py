"""The cluster's artifact store: what lies on this machine goes there, named by its content.

Where a thing lies follows from what is in it, so one that is there is never sent again, and one
whose sending was interrupted is finished by the next run: objects appear whole or not at all, and
an artifact's manifest, without which it is none, goes last.
"""

import contextlib
import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError

from sentiment_common.artifacts import MANIFEST, file_sha256
from sentiment_common.errors import InputError
from sentiment_pipelines.backends.kubeflow.settings import Environment, StoreSettings

OUTSIDE, SOURCES, RUNS = "outside", "sources", "runs"
"""What lies below the prefix: artifacts from outside, files of data, artifacts of runs."""
AT_ONCE, SECONDS_BETWEEN = 8, 5.0
MISSING = ("404", "NoSuchKey", "NoSuchBucket", "NotFound")
FORBIDDEN = ("401", "403", "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch")
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Item:
    """A file that is sent.

    Attributes:
        name: Its key below the place of what it belongs to.
        path: Where it lies.
        size: Its bytes.
    """

    name: str
    path: Path
    size: int


@dataclass(frozen=True)
class S3Store:
    """A bucket.

    Attributes:
        client: boto3's.
        settings: Where in it what lies.
        where: What it is called in messages.
    """

    client: Any
    settings: StoreSettings
    where: str

    @property
    def root(self) -> str:
        """Address below which the artifacts of runs lie."""
        return self.settings.root or self._address(f"{self.settings.prefix}/{RUNS}")

    def send_artifact(self, folder: Path, key: str, tell: Tell) -> str:
        """Brings an artifact there, if it is not there yet.

        Args:
            folder: The artifact.
            key: What names its content.
            tell: Is told what is sent.

        Returns:
            Its address, as Kubeflow's importer takes it.

        Raises:
            InputError: The store does not answer or let us in.
        """
        place = f"{self.settings.prefix}/{OUTSIDE}/{key}"
        items = [_item(path, folder) for path in sorted(folder.rglob("*")) if path.is_file()]
        last = [item for item in items if item.name == MANIFEST]
        self._send([item for item in items if item not in last], place, tell)
        self._send(last, place, tell)
        return self._address(place)

    def send_files(self, files: Sequence[Path], base: Path, tell: Tell) -> str:
        """Brings files of data there, those that are not there yet.

        Args:
            files: Which.
            base: The folder from which on their names count.
            tell: Is told what is sent.

        Returns:
            The address of the folder they lie in, as stages read it: always ``s3://``.

        Raises:
            InputError: The store does not answer or let us in.
        """
        items = [_item(path, base) for path in sorted(files)]
        hashes = [(item.name, file_sha256(item.path)) for item in items]
        place = f"{self.settings.prefix}/{SOURCES}/{_digest(hashes)}"
        self._send(items, place, tell)
        return f"s3://{self.settings.bucket}/{place}"

    def names(self, prefix: str) -> list[str]:
        """Returns the addresses of all objects whose address begins with ``prefix``, sorted.

        Raises:
            InputError: The store does not answer or let us in.
        """
        scheme, bucket, key = _parted(prefix)
        return sorted(f"{scheme}://{bucket}/{name}" for name in self._sizes(bucket, key))

    def read(self, address: str) -> bytes:
        """Returns the content of an object.

        Raises:
            InputError: It is not there, or the store does not answer or let us in.
        """
        _, bucket, key = _parted(address)
        with _told(self.where, address):
            content: bytes = self.client.get_object(Bucket=bucket, Key=key)["Body"].read()
        return content

    def _address(self, place: str) -> str:
        return f"{self.settings.scheme}://{self.settings.bucket}/{place}"

    def _sizes(self, bucket: str, prefix: str) -> dict[str, int]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        with _told(self.where, f"bucket {bucket}"):
            return {it["Key"]: it["Size"] for page in pages for it in page.get("Contents", ())}

    def _send(self, items: Sequence[Item], place: str, tell: Tell) -> None:
        bucket = self.settings.bucket
        there = self._sizes(bucket, f"{place}/")
        missing = [item for item in items if there.get(f"{place}/{item.name}") != item.size]
        progress = _Progress(sum(item.size for item in missing), tell)
        config = TransferConfig(use_threads=False)  # the files themselves go side by side

        def put(item: Item) -> None:
            key = f"{place}/{item.name}"
            with _told(self.where, f"bucket {bucket}"):
                self.client.upload_file(
                    str(item.path), bucket, key, Config=config, Callback=progress.sent
                )

        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(put, missing))


class _Progress:
    """Tells every few seconds how much has been sent."""

    def __init__(self, total: int, tell: Tell) -> None:
        self._total, self._tell = total, tell
        self._lock, self._sent, self._told = threading.Lock(), 0, time.monotonic()

    def sent(self, count: int) -> None:
        """Counts bytes."""
        with self._lock:
            self._sent += count
            if time.monotonic() - self._told >= SECONDS_BETWEEN:
                self._told = time.monotonic()
                self._tell(f"{self._sent / 1e6:,.0f} of {self._total / 1e6:,.0f} MB sent")


def connect(environment: Environment, keys: Mapping[str, str] | None = None) -> S3Store:
    """Returns the artifact store of an environment.

    Args:
        environment: The cluster.
        keys: ``AWS_ACCESS_KEY_ID`` and ``AWS_SECRET_ACCESS_KEY``; where there are none boto3 looks
            for them as all of AWS's clients do.

    Raises:
        InputError: The environment names no bucket, or it is not there, or not for us.
    """
    settings, keys = environment.store, keys or {}
    if not settings.bucket:
        raise InputError(
            "no bucket to bring data to", where=f"{environment.where}, [store]",
            mend='add bucket = "NAME"',
        )  # fmt: skip
    client = boto3.client(
        "s3",
        endpoint_url=settings.endpoint or None,
        region_name=settings.region,
        aws_access_key_id=keys.get("AWS_ACCESS_KEY_ID"),
        aws_secret_access_key=keys.get("AWS_SECRET_ACCESS_KEY"),
        config=Config(
            s3={"addressing_style": "path" if settings.path_style else "auto"},
            connect_timeout=5,
            read_timeout=60,
            retries={"mode": "standard", "max_attempts": 4},
            max_pool_connections=AT_ONCE,
            # Other servers than AWS's own do not know the newer kinds of checksums.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )
    store = S3Store(client, settings, settings.endpoint or "S3")
    with _told(store.where, f"bucket {settings.bucket}"):
        client.head_bucket(Bucket=settings.bucket)
    return store


@contextlib.contextmanager
def _told(where: str, what: str) -> Iterator[None]:
    """Turns what boto3 raises into one line."""
    try:
        yield
    except (BotoCoreError, ClientError, Boto3Error) as error:
        raise _complaint(error, where, what) from error


def _complaint(error: BaseException, where: str, what: str) -> InputError:
    code = _code(error)
    if code in MISSING:
        return InputError(f"there is no {what}", where=where, mend="check [store], or make it")
    if code in FORBIDDEN:
        return InputError(
            f"the store does not let you at {what} ({code})", where=where,
            mend="check AWS_ACCESS_KEY_ID and its secret, or the rights of that user",
        )  # fmt: skip
    if type(error).__name__ in ("NoCredentialsError", "PartialCredentialsError"):
        return InputError(
            "no credentials for the store", where=where,
            mend="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name them in [store.secrets]",
        )  # fmt: skip
    if isinstance(error, HTTPClientError | ConnectionError):
        return InputError(
            "the artifact store does not answer", where=where, mend="is it up? check [store]"
        )
    return InputError(f"the artifact store: {error}", where=where)


def _code(error: BaseException) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ClientError):
            return str(cause.response.get("Error", {}).get("Code", ""))
        cause = cause.__cause__ or cause.__context__
    return ""


def _item(path: Path, base: Path) -> Item:
    return Item(path.relative_to(base).as_posix(), path, path.stat().st_size)


def _digest(hashes: Sequence[tuple[str, str]]) -> str:
    """Names files by their content: one by its own hash, several by a hash of names and hashes."""
    if len(hashes) == 1:
        return hashes[0][1]
    return hashlib.sha256("".join(f"{name}\0{it}\n" for name, it in hashes).encode()).hexdigest()


def _parted(address: str) -> tuple[str, str, str]:
    scheme, _, rest = address.partition("://")
    bucket, _, key = rest.partition("/")
    return scheme, bucket, key
