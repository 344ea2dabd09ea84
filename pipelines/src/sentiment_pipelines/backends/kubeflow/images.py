"""The digests of images, asked of the cluster's registry by its API (OCI distribution, v2).

A tag may be overwritten, a digest not: what was asked for is what every pod of a run gets, and an
image that is not there is known before the run and not after minutes of pending pods.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import requests
from docker import auth, errors

from sentiment_common.errors import InputError
from sentiment_pipelines import images
from sentiment_pipelines.backends.kubeflow import conf
from sentiment_pipelines.backends.kubeflow.settings import CONTENT, Environment
from sentiment_pipelines.environments import rooms

MANIFESTS = ", ".join(
    f"application/vnd.{kind}+json"
    for kind in (
        "oci.image.index.v1", "oci.image.manifest.v1",
        "docker.distribution.manifest.list.v2", "docker.distribution.manifest.v2",
    )
)  # fmt: skip
DIGEST = "Docker-Content-Digest"
SECONDS, AT_ONCE = 10.0, 8
CHALLENGE = re.compile(r'(\w+)="([^"]*)"')
LOCAL = re.compile(r"(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?")


def digests(needed: Sequence[str], environment: Environment) -> dict[str, str]:
    """Returns what the pods are to pull, by image.

    Args:
        needed: The images of a compiled pipeline, ``NAME:VERSION``.
        environment: The cluster.

    Returns:
        For each of them ``REGISTRY/NAME@sha256:...``.

    Raises:
        InputError: The registry does not answer or let us in, or one of them is not there.
    """
    settings = environment.images
    if not settings.registry:
        raise InputError(
            "no registry says where the cluster has its images from",
            where=f"{environment.where}, [images]", mend='add registry = "HOST"',
        )  # fmt: skip
    by_content = settings.tags == CONTENT
    wanted = _by_content(needed) if by_content else {image: image for image in needed}
    registry = _Registry.of(settings.registry, settings.api)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = dict(zip(wanted, pool.map(registry.digest, wanted.values()), strict=True))
    if missing := sorted(wanted[image] for image, digest in found.items() if not digest):
        names = " ".join(it.partition(":")[0].removeprefix("sentiment-") for it in missing)
        push = f"{settings.push.replace('{registry}', settings.registry)} IMAGES='{names}'"
        raise InputError(
            f"it has no {', '.join(missing)}", where=settings.registry, mend=f"run `{push}`"
        )
    return {
        image: f"{settings.registry}/{image.partition(':')[0]}@{digest}"
        for image, digest in found.items()
    }


def stage_of(image: str) -> str:
    """Returns the stage that an image of a compiled pipeline is of, e.g. ``train_deep``.

    Raises:
        InputError: No component of this repository makes it.
    """
    name = image.rpartition("/")[2].partition(":")[0]
    stage = name.removeprefix("sentiment-").replace("-", "_")
    if stage not in conf.stages():
        raise InputError(f"no component makes the image {image}", mend="run `make compile`")
    return stage


def _by_content(needed: Sequence[str]) -> dict[str, str]:
    """Returns the name and tag of each image for what lies here now."""
    base, known = images.base.find(images.docker.connect()), rooms()
    return {image: images.Image(known[stage_of(image)], base).reference for image in needed}


@dataclass(frozen=True)
class _Registry:
    """A registry.

    Attributes:
        host: Its name, as docker knows it.
        path: What stands between it and an image's name; empty, or with a slash at its end.
        address: Where its API is.
        login: Name and password, or a token in place of it; empty for none.
    """

    host: str
    path: str
    address: str
    login: Mapping[str, str]

    @classmethod
    def of(cls, registry: str, address: str) -> "_Registry":
        """Returns a registry with what docker's own configuration knows of it.

        Raises:
            InputError: That cannot be read.
        """
        host, _, path = registry.partition("/")
        scheme = "http" if LOCAL.fullmatch(host) else "https"
        try:
            found = auth.load_config().resolve_authconfig(host) or {}
        except errors.DockerException as error:
            raise InputError(str(error), where=host, mend=f"run `docker login {host}`") from error
        # A file's entries are spelt otherwise than those of a credential helper.
        login = {name.lower(): str(value) for name, value in found.items() if value}
        return cls(host, f"{path}/" if path else "", address or f"{scheme}://{host}", login)

    def digest(self, image: str) -> str:
        """Returns the digest of an image's manifest; empty if it is not there.

        Raises:
            InputError: The registry does not answer, or does not let us in.
        """
        name, _, tag = image.partition(":")
        place = f"{self.address.rstrip('/')}/v2/{self.path}{name}/manifests/{tag}"
        answer = self._asked("HEAD", place)
        if answer.status_code == requests.codes.not_found:
            return ""
        if answer.status_code in (requests.codes.unauthorized, requests.codes.forbidden):
            raise InputError(
                f"it does not show {name} to you", where=self.host,
                mend=f"run `docker login {self.host}`",
            )  # fmt: skip
        if not answer.ok:
            raise self._silent(f"answers {answer.status_code}")
        if DIGEST in answer.headers:
            return str(answer.headers[DIGEST])
        # The specification asks for the header on GET alone; the digest is that of the manifest.
        return f"sha256:{hashlib.sha256(self._asked('GET', place).content).hexdigest()}"

    def _asked(self, method: str, place: str) -> requests.Response:
        headers = {"Accept": MANIFESTS}
        try:
            answer = requests.request(method, place, headers=headers, timeout=SECONDS)
            if answer.status_code == requests.codes.unauthorized:
                headers |= self._authorization(answer.headers.get("WWW-Authenticate", ""))
                answer = requests.request(method, place, headers=headers, timeout=SECONDS)
        except requests.RequestException as error:
            raise self._silent(f"does not answer ({_reason(error)})") from error
        return answer

    def _authorization(self, challenge: str) -> dict[str, str]:
        """Answers what a registry asks of who is not known: a password, or a token for it."""
        scheme, _, rest = challenge.partition(" ")
        user, password = self.login.get("username", ""), self.login.get("password", "")
        basic = requests.auth.HTTPBasicAuth(user, password) if user else None
        if scheme.lower() != "bearer":
            prepared = requests.Request("GET", self.address, auth=basic).prepare()
            return {name: value for name, value in prepared.headers.items() if basic}
        asked = dict(CHALLENGE.findall(rest))
        realm = asked.pop("realm", "")
        if token := self.login.get("identitytoken"):
            form = {**asked, "grant_type": "refresh_token", "refresh_token": token}
            answer = requests.post(
                realm, data={**form, "client_id": "sentiment-pipelines"}, timeout=SECONDS
            )
        else:
            answer = requests.get(realm, params=asked, auth=basic, timeout=SECONDS)
        if not answer.ok:
            return {}
        told: dict[str, Any] = answer.json()
        return {"Authorization": f"Bearer {told.get('token') or told.get('access_token')}"}

    def _silent(self, what: str) -> InputError:
        return InputError(
            f"the registry {what}", where=self.address,
            mend="is it up, and is its address right in [images]?",
        )  # fmt: skip


def _reason(error: requests.RequestException) -> str:
    text = str(error)
    known = ("refused", "timed out", "certificate", "not known", "Name or service")
    return next((it for it in known if it in text), type(error).__name__)
