"""``sentiment-pipelines retrain-check``: decide whether to train anew, and do it."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sentiment_common.errors import InputError
from sentiment_pipelines import backends
from sentiment_pipelines.environments import ROOT, VAR
from sentiment_pipelines.parameters import FORCE

if TYPE_CHECKING:
    from sentiment_pipelines.retraining.alerts import Told
    from sentiment_pipelines.retraining.check import Asked

EXAMPLES = """examples:
  sentiment-pipelines retrain-check --dry-run
  sentiment-pipelines retrain-check --policy retraining.toml
  sentiment-pipelines retrain-check --policy 'limits.per_week = 1'
  sentiment-pipelines retrain-check --alerts http://alertmanager:9093
  sentiment-pipelines retrain-check --alerts - < event.json
  sentiment-pipelines retrain-check --again "Ada: the disk was full"
  sentiment-pipelines retrain-check --discard "Ada: a caller has sent flipped labels"

exit codes: 0 nothing to do, not now, or done; 3 refused by the data or by the gate; 1 a bug;
2 bad input
"""
LABELS = Path("data") / "labels.csv"


def add(commands: Any) -> None:
    """Adds the command."""
    check = commands.add_parser(
        "retrain-check", help="decide whether to train anew, by a policy, and do it",
        epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    check.add_argument("--policy", default="auto", help="auto, a TOML file, or TOML")
    check.add_argument(
        "--dry-run", action="store_true", help="say what would be done; write nothing"
    )
    told = check.add_mutually_exclusive_group()
    told.add_argument(
        "--alerts", default="", metavar="FILE|URL|-|JSON",
        help="what Alertmanager or EventBridge sends, or where Alertmanager is",
    )  # fmt: skip
    told.add_argument(
        "--webhook",
        action="store_true",
        help="alerts come as one HTTP request on the standard input, as systemd's sockets pass it",
    )
    told.add_argument(
        "--again", default="", metavar="'WHO: WHY'", help="go on after failures or a moved clock"
    )
    told.add_argument(
        "--discard", default="", metavar="'WHO: WHY'", help="pass over the labels of until now"
    )
    check.add_argument(
        "--log", type=Path, default=VAR / "requests", metavar="DIR", help="request log"
    )
    check.add_argument(
        "--labels", type=Path, default=ROOT / LABELS, metavar="FILE", help="labels by people"
    )
    check.add_argument("--params", type=Path, default=ROOT / "params.yaml", help="parameters file")
    backends.add_options(check)
    check.set_defaults(command=_check)


def _check(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    from sentiment_pipelines.retraining import alerts, check

    if arguments.webhook:
        told = _webhook(arguments)
        if not told.firing:
            return 0
    else:
        told = alerts.read(arguments.alerts)
    asked = _asked(arguments, told)
    if said := arguments.again or arguments.discard:
        by, reason = _who_and_why(said, "--discard" if arguments.discard else "--again")
        check.note(by, reason, discard=bool(arguments.discard), asked=asked)
        print(f"written down: {by}: {reason}")
        return 0
    return check.check(asked, Console(file=sys.stdout, highlight=False))


def _webhook(arguments: argparse.Namespace) -> "Told":
    from sentiment_pipelines.retraining import check, webhook

    if arguments.dry_run:
        raise InputError(
            "whoever sends alerts wants them kept", where="--webhook", mend="leave --dry-run out"
        )
    return webhook.take(check.keep)


def _asked(arguments: argparse.Namespace, told: "Told") -> "Asked":
    from sentiment_pipelines.retraining import check, policy

    return check.Asked(
        policy.choose(arguments.policy), backends.anywhere(arguments), arguments.log,
        arguments.labels, arguments.params, told, arguments.dry_run,
    )  # fmt: skip


def _who_and_why(said: str, where: str) -> tuple[str, str]:
    if not FORCE.fullmatch(said):
        raise InputError(
            f"{said!r} does not say who and why", where=where, mend=f'write {where} "WHO: WHY"'
        )
    by, _, reason = (part.strip() for part in said.partition(":"))
    return by, " ".join(reason.split())
