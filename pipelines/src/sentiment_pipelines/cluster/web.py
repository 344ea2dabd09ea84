"""Looks at addresses of this machine: what answers, and what it says."""

import http.client
import urllib.error
import urllib.request
from dataclasses import dataclass

SECONDS = 10.0


@dataclass(frozen=True)
class Answer:
    """What an address answers.

    Attributes:
        code: HTTP's; 0 if nothing answers.
        body: What it says, or why nothing answers.
    """

    code: int
    body: str


def ask(address: str, accepted: str = "*/*") -> Answer:
    """Asks an address.

    Args:
        address: ``http://`` and so on.
        accepted: Media types to be answered in.
    """
    request = urllib.request.Request(address, headers={"Accept": accepted})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
            return Answer(answer.status, answer.read().decode(errors="replace"))
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.read().decode(errors="replace"))
    except (OSError, http.client.HTTPException) as error:
        return Answer(0, str(getattr(error, "reason", error)))
