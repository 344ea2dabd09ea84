"""A typed client of the service. The standard library is all it needs.

The module imports nothing else of this project: ``pip install --no-deps`` of the package is enough,
and so is a copy of this file::

    with SentimentClient("http://127.0.0.1:3000", api_key="...") as client:
        client.predict("Great battery!").label  # 'positive'
"""

import email.utils
import http.client
import json
import queue
import random
import ssl
import time
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, overload

Texts = list[str] | tuple[str, ...]
Label = Literal["negative", "neutral", "positive"]
MAX_TEXTS, MAX_BYTES = 256, 900_000
"""What the client puts into one request; the service takes no more texts, and 1 MiB."""
MAX_EXPLAINED, MAX_EXPLAINED_BYTES = 32, 1_000
"""The same with explanations: each word costs a prediction, and a slow model takes its time."""
ANSWERED, RETRIED = (200, 202), (429, 503)
FIRST_WAIT, LONGEST_WAIT = 0.2, 10.0


class ServiceError(Exception):
    """The service did not give the answer.

    Args:
        reason: What it said, or why it could not be reached.
        status: The HTTP status; None if there was no answer.
        request_id: The request's id in the service's log, if there was an answer.
    """

    def __init__(self, reason: str, status: int | None = None, request_id: str = "") -> None:
        super().__init__(f"{reason} (status {status}, request {request_id})" if status else reason)
        self.reason, self.status, self.request_id = reason, status, request_id


@dataclass(frozen=True)
class Probabilities:
    """A figure for each label: calibrated probabilities, which sum to 1, or changes of log-odds."""

    negative: float
    neutral: float
    positive: float


@dataclass(frozen=True)
class Contribution:
    """What one word adds to the log-odds of each label.

    Attributes:
        word: The word as it stands in the text.
        start: Where it begins, in code points.
        values: Positive speaks for the label.
    """

    word: str
    start: int
    values: Probabilities


@dataclass(frozen=True)
class Model:
    """The model that answered.

    Attributes:
        name: What ``model=`` picks it by.
        digest: Digest of its bundle.
        version: Its version in the registry, if it came from one.
    """

    name: str
    digest: str
    version: str | None = None


@dataclass(frozen=True)
class ListedModel(Model):
    """A model that can be asked.

    Attributes:
        bundle: The name it was trained under.
        backend: What executes it, e.g. ``linear``.
        text_specification: Digest of what it does to a text.
        source: ``registry`` or ``folder``.
        default: Whether it answers where no model is named.
    """

    bundle: str = ""
    backend: str = ""
    text_specification: str = ""
    source: str = ""
    default: bool = False


@dataclass(frozen=True)
class Prediction:
    """What the model makes of one text.

    Attributes:
        label: The most probable label.
        probabilities: Of all three.
        contributions: Of each word in order; empty unless asked for by ``explain``.
        model: The model that answered.
        request_id: Names the request in the service's logs.
        position: Place of the text in its request, from 0.
        variant: The variant of an experiment that answered; empty without one.
    """

    label: Label
    probabilities: Probabilities
    contributions: tuple[Contribution, ...]
    model: Model
    request_id: str
    position: int = 0
    variant: str = ""


class SentimentClient:
    """Asks the service; threads may share one.

    Args:
        url: Where the service is, e.g. ``https://sentiment.example/api``.
        api_key: A key of the service, if it asks for one.
        timeout: Seconds to wait for each answer.
        retries: How often a request is repeated after 429, 503 or a broken connection; it waits as
            long as ``Retry-After`` says, else longer from time to time.
        tls: How to trust an ``https`` service; by default as the machine does.

    Raises:
        ValueError: The address is none.
    """

    def __init__(
        self,
        url: str,
        api_key: str | None = None,
        timeout: float = 30.0,
        retries: int = 3,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._address = urllib.parse.urlsplit(url)
        if self._address.scheme not in ("http", "https") or not self._address.hostname:
            raise ValueError(f"{url!r} is no address of a service: give http://HOST:PORT")
        self._headers = {"Content-Type": "application/json"}
        if api_key:
            self._headers["Authorization"] = f"Bearer {api_key}"
        self._timeout, self._retries, self._tls = timeout, retries, tls
        self._idle: queue.LifoQueue[http.client.HTTPConnection] = queue.LifoQueue()

    @overload
    def predict(self, texts: str, model: str | None = None, caller_id: str = "") -> Prediction: ...
    @overload
    def predict(
        self, texts: Texts, model: str | None = None, caller_id: str = ""
    ) -> list[Prediction]: ...
    def predict(
        self, texts: str | Texts, model: str | None = None, caller_id: str = ""
    ) -> Prediction | list[Prediction]:
        """Scores one text or any number, in as many requests as it takes.

        Args:
            texts: One text or several.
            model: A name of ``models()``; the default one if none is given.
            caller_id: For whom: the same caller gets the same variant of an experiment.

        Raises:
            ServiceError: The service refused, or was not there.
        """
        if isinstance(texts, str):
            return self._ask([texts], model, caller_id, MAX_TEXTS)[0]
        return self._ask(texts, model, caller_id, MAX_TEXTS)

    @overload
    def explain(self, texts: str, model: str | None = None, caller_id: str = "") -> Prediction: ...
    @overload
    def explain(
        self, texts: Texts, model: str | None = None, caller_id: str = ""
    ) -> list[Prediction]: ...
    def explain(
        self, texts: str | Texts, model: str | None = None, caller_id: str = ""
    ) -> Prediction | list[Prediction]:
        """Does what ``predict`` does and says what each word adds to it."""
        if isinstance(texts, str):
            return self._ask([texts], model, caller_id, MAX_EXPLAINED, explain=True)[0]
        return self._ask(texts, model, caller_id, MAX_EXPLAINED, explain=True)

    def feedback(
        self, answer: Prediction | str, label: Label, position: int = 0, by: str = ""
    ) -> None:
        """Says what an answer should have been; of several words on one text the last counts.

        Args:
            answer: The answer, or the id of its request.
            label: The right label, which may well be the one that was answered.
            position: Place of the text in a request that only its id is given of.
            by: Who says so, e.g. ``agent`` or ``customer``.

        Raises:
            ServiceError: The service refused, keeps no feedback, or was not there.
        """
        request_id = answer
        if isinstance(answer, Prediction):
            request_id, position = answer.request_id, answer.position
        content = {"request_id": request_id, "label": label, "position": position, "by": by}
        self._request("POST", "/feedback", content)

    def models(self) -> list[ListedModel]:
        """Lists the models that can be asked, the default one first.

        Raises:
            ServiceError: The service refused, or was not there.
        """
        body, _, _ = self._request("GET", "/models")
        return [ListedModel(**_known(ListedModel, fields)) for fields in body["models"]]

    def close(self) -> None:
        """Closes the connections."""
        while not self._idle.empty():
            self._idle.get_nowait().close()

    def __enter__(self) -> "SentimentClient":
        """Returns itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Closes the connections."""
        self.close()

    def _ask(
        self,
        texts: Sequence[str],
        model: str | None,
        caller_id: str,
        most: int,
        *,
        explain: bool = False,
    ) -> list[Prediction]:
        options: dict[str, Any] = {"explain": True} if explain else {}
        if model is not None:
            options["model"] = model
        answers: list[Prediction] = []
        largest = MAX_EXPLAINED_BYTES if explain else MAX_BYTES
        for batch in _batches(texts, most, largest):
            body, request_id, variant = self._request(
                "POST", "/predict", {"texts": batch, **options}, caller_id
            )
            answers += _predictions(body, request_id, variant)
        return answers

    def _request(
        self,
        method: str,
        path: str,
        content: Mapping[str, Any] | None = None,
        caller_id: str = "",
    ) -> tuple[dict[str, Any], str, str]:
        """Returns the answer, the request's id and variant, after as many tries as are allowed."""
        body = None if content is None else json.dumps(content).encode()
        failures = 0
        while True:
            try:
                status, headers, payload = self._send(method, path, body, caller_id)
            except (OSError, http.client.HTTPException) as error:
                failure, wait = ServiceError(_unreachable(self._address, error)), None
            else:
                request_id = headers.get("X-Request-Id", "")
                if status in ANSWERED:
                    content = _content(payload, request_id)
                    return content, request_id, headers.get("X-Variant", "")
                failure = ServiceError(_reason(payload), status, request_id)
                if status not in RETRIED:
                    raise failure
                wait = _seconds(headers.get("Retry-After"))
            failures += 1
            if failures > self._retries:
                raise failure
            time.sleep(_patience(failures) if wait is None else min(wait, self._timeout))

    def _send(
        self, method: str, path: str, body: bytes | None, caller_id: str
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        try:
            connection = self._idle.get_nowait()
        except queue.Empty:
            connection = self._connection()
        try:
            place = self._address.path.rstrip("/") + path
            # As bytes, since a name may have any letter.
            further = {"X-Caller-Id": caller_id.encode()} if caller_id else {}
            connection.request(method, place, body, {**self._headers, **further})
            answer = connection.getresponse()
            payload = answer.read()
        except BaseException:
            connection.close()
            raise
        self._idle.put(connection)
        return answer.status, answer.headers, payload

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self._address.hostname or "", self._address.port
        if self._address.scheme == "https":
            return http.client.HTTPSConnection(host, port, timeout=self._timeout, context=self._tls)
        return http.client.HTTPConnection(host, port, timeout=self._timeout)


def _batches(texts: Sequence[str], most: int, largest: int) -> Iterator[list[str]]:
    """Splits texts so that each request is one the service takes: texts, and bytes of them."""
    batch: list[str] = []
    size = 0
    for text in texts:
        length = len(json.dumps(text))
        if batch and (len(batch) == most or size + length > largest):
            yield batch
            batch, size = [], 0
        batch.append(text)
        size += length
    if batch:
        yield batch


def _predictions(body: Mapping[str, Any], request_id: str, variant: str) -> list[Prediction]:
    model = Model(**_known(Model, body["model"]))
    return [
        Prediction(
            label=fields["label"],
            probabilities=Probabilities(**_known(Probabilities, fields["probabilities"])),
            contributions=tuple(map(_contribution, fields.get("contributions") or ())),
            model=model,
            request_id=request_id,
            position=position,
            variant=variant,
        )
        for position, fields in enumerate(body["predictions"])
    ]


def _contribution(fields: Mapping[str, Any]) -> Contribution:
    values = Probabilities(**_known(Probabilities, fields["values"]))
    return Contribution(fields["word"], fields["start"], values)


def _known(kind: type[Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Drops what a later service may add."""
    return {name: fields[name] for name in kind.__dataclass_fields__ if name in fields}


def _content(payload: bytes, request_id: str) -> dict[str, Any]:
    try:
        return dict(json.loads(payload))
    except ValueError as error:
        raise ServiceError("what answers there is not the service", 200, request_id) from error


def _reason(payload: bytes) -> str:
    try:
        return str(json.loads(payload)["error"])
    except (ValueError, TypeError, KeyError):
        return "the service gave no reason"


def _unreachable(address: urllib.parse.SplitResult, error: Exception) -> str:
    return f"no answer from {address.hostname}:{address.port or address.scheme} ({error!r})"


def _seconds(retry_after: str | None) -> float | None:
    """Reads ``Retry-After``, which is a number of seconds or a date."""
    if retry_after is None:
        return None
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        try:
            moment = email.utils.parsedate_to_datetime(retry_after)
        except ValueError:
            return None
        return max(0.0, moment.timestamp() - time.time())


def _patience(failures: int) -> float:
    """Doubles from failure to failure; at random, so that clients do not come back together."""
    longest = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (failures - 1))
    return random.uniform(longest / 2, longest)  # noqa: S311
