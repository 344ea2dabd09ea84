"""The training pipeline on gathered labels, and what came of it."""

import datetime
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from sentiment_pipelines import champion, execution, outcomes, parameters, previous, runs
from sentiment_pipelines.graph import TRAINING
from sentiment_pipelines.order import EXIT_BUG, EXIT_DONE, Order
from sentiment_pipelines.retraining import journal
from sentiment_pipelines.retraining.policy import Policy
from sentiment_pipelines.runs import Run

if TYPE_CHECKING:
    from sentiment_pipelines.backends.kubeflow import Cluster
    from sentiment_pipelines.backends.local import Backend

COLUMNS = {
    "text_column": "text", "label_column": "label", "id_column": "id", "group_column": "group",
    "source_column": "source", "created_at_column": "created_at", "format": "csv",
    "encoding": "utf-8", "delimiter": ",",
}  # fmt: skip
"""Where what is in a file of gathered rows."""
OTHERWISE = (
    "rating_column", "rating_thresholds", "labels", "query", "quotes", "header", "date_format",
    "since",
)  # fmt: skip
"""What params.yaml says of a file of another kind."""
ON_TRAFFIC = 'comparison.on = "traffic/*"'
"""What the gate is asked where nobody has a policy of their own: a few hundred rows of new traffic
do not move the mean over all test rows, so it is on them that a challenger has to be better."""


@dataclass(frozen=True)
class Result:
    """What a run came to.

    Attributes:
        code: Its exit code.
        outcome: ``pushed``, ``already-champion``, ``refused`` or ``failed``.
        run: Its id.
        reasons: Why, in sentences.
        model: Digest of the model that was chosen; empty if none was.
        alias: What it became, if it was pushed.
    """

    code: int
    outcome: str
    run: str
    reasons: tuple[str, ...] = ()
    model: str = ""
    alias: str = champion.ALIAS


def order(source: Path, policy: Policy, params: Path) -> Order:
    """Returns what is to be run.

    Args:
        source: The gathered rows.
        policy: Says how much is replayed, where a challenger goes, what else is set.
        params: The parameters file.

    Raises:
        InputError: The policy sets a parameter that the pipeline has not.
    """
    alias = champion.CHALLENGER if policy.trial is not None else champion.ALIAS
    given: dict[str, Any] = {
        **dict.fromkeys(OTHERWISE, ""), **COLUMNS, "source": source,
        "previous_examples": previous.AUTO, "previous_statistics": previous.CHAMPION,
        "replay": policy.replay, "alias": alias, **policy.run,
    }  # fmt: skip
    made = _ordered(given, params)
    values = parameters.read(made.params, made.assignments, made.compiled)
    return _ordered({**given, "policy": ON_TRAFFIC}, params) if _is_auto(values) else made


def _ordered(given: Mapping[str, Any], params: Path) -> Order:
    return Order(TRAINING, [f"{name}={it}" for name, it in given.items()], params)


def _is_auto(values: Mapping[str, Any]) -> bool:
    return bool(values.get("policy", previous.AUTO) == previous.AUTO)


def splits_are_known(client: Any) -> bool:
    """Tells whether the champion's examples are here: without them nothing could be replayed."""
    with tempfile.TemporaryDirectory() as folder:
        known = champion.resolve(client, Path(folder) / "champion")
    digest = known.examples if known else None
    return digest is not None and next(previous.of_digest(digest), None) is not None


def run(wanted: Order, console: Console, backend: "Backend | Cluster") -> Result:
    """Runs the pipeline, wherever that is, and returns what came of it.

    Raises:
        InputError: It could not be begun.
    """
    code, made = execution.run(wanted, console, backend)
    alias = str(made.facts["parameters"]["alias"])
    return Result(code, str(made.facts["outcome"]), made.id, *_told(made), alias)


def _told(made: Run) -> tuple[tuple[str, ...], str]:
    """Returns why a run came to its end, and the digest of the model it chose."""
    if failed := next((it for it in made.tasks if it.exit_code), None):
        return (f"{failed.name}: {failed.last_lines(1)[0]}",), ""
    if evaluate := made.task("evaluate"):
        blessing = _json(evaluate.folder / "blessing" / "blessing.json")
        said = f"{blessing['candidate']}: {blessing['reason']}"
        return (said,), str(blessing["candidate_digest"])
    if validate := made.task("validate"):
        found = _json(validate.folder / "anomalies" / "anomalies.json")["anomalies"]
        errors = [str(it["what"]) for it in found if it["severity"] == "error"]
        return tuple(f"The data were refused: {it}" for it in errors), ""
    reason = made.facts.get("reason")
    return ((str(reason),) if reason else ()), ""


def _json(path: Path) -> Mapping[str, Any]:
    content: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def begun(rows: Mapping[str, Any], began: float) -> Run | None:
    """Returns the run that a retraining has begun; None if it came to none.

    Args:
        rows: What it was trained on, as the journal has it.
        began: When it began, in seconds since 1970.
    """
    name = f"{rows.get('digest')}.csv"
    made = [
        it for it in runs.all_runs()
        if str(it.facts.get("parameters", {}).get("source", "")).endswith(name)
        and it.id >= _beginning(began)
    ]  # fmt: skip
    return made[-1] if made else None  # the earliest: what began later is another's


def goes_on(made: Run | None) -> bool:
    """Tells whether a run goes on in a cluster, whatever has become of who submitted it."""
    return made is not None and made.facts.get("status") == runs.SUBMITTED


def follow(made: Run, console: Console) -> None:
    """Waits for a run in a cluster; what has come of it is in its folder then.

    Raises:
        InputError: The cluster does not answer; the run goes on.
    """
    from sentiment_pipelines.backends import kubeflow
    from sentiment_pipelines.backends.kubeflow import running

    cluster = kubeflow.Cluster(str(made.facts["environment"]))
    running.again(made, running.environment_of(cluster), console)


def found(client: Any, made: Run | None) -> Result:
    """Finds out what came of a retraining whose end nobody has written down.

    Its run may have ended, and only the line about it be missing; or it was killed, before or after
    a model was promoted.

    Args:
        client: An ``mlflow.MlflowClient``; None if there is no registry any more.
        made: Its run; None if it came to none.
    """
    if made is None:
        return Result(EXIT_BUG, journal.KILLED, "", ("Killed before its run began.",))
    alias = str(made.facts["parameters"].get("alias", champion.ALIAS))
    log = champion.every_log(client) if client is not None else []
    pushed = [it for it in log if it.run == made.id]
    outcome = str(made.facts.get("outcome", journal.KILLED))
    if pushed or outcome == outcomes.PUSHED:
        moved = (pushed or [it for it in log if it.alias == alias])[-1]
        said = f"Version {moved.version} was promoted, and the process ended before it said so."
        return Result(0, outcomes.PUSHED, made.id, (said,), moved.digest, moved.alias)
    if outcome in (outcomes.REFUSED, outcomes.CHAMPION, outcomes.FAILED, outcomes.NOT_PUSHED):
        said = str(made.facts.get("reason", f"The run ended: {outcome}."))
        return Result(EXIT_DONE, outcome, made.id, (said,), "", alias)
    return Result(EXIT_BUG, journal.KILLED, made.id, ("Killed while it ran.",))


def _beginning(moment: float) -> str:
    """Returns the least id of a run that began then or later; ids are made of times."""
    return datetime.datetime.fromtimestamp(moment, datetime.UTC).strftime("%Y%m%d-%H%M%S-%f")[:-3]
