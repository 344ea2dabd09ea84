"""The end of an experiment on live traffic: its challenger becomes the champion, or is stopped.

What the experiment found is an artifact of `compare`. A promotion goes through the same gate as a
push (the blessing that the version carries), through the same log, and back by the same rollback.
"""

import json
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sentiment_common import promotions
from sentiment_common.artifacts import BLESSING, COMPARISON, MODEL, read_intact
from sentiment_common.errors import InputError
from sentiment_common.experiment import Experiment, Variant
from sentiment_common.experiment_state import Stop, read_state, state_path, stop_variant
from sentiment_common.promotions import Promotion
from sentiment_pipelines import champion, environments, runs
from sentiment_pipelines.champion import ALIAS, REGISTERED_MODEL
from sentiment_pipelines.promotions import macro_f1

BETTER, NOT_WORSE, INVALID = "better", "not-worse", "invalid"


@dataclass(frozen=True)
class Evidence:
    """What an experiment found of a challenger.

    Attributes:
        experiment: Name of the experiment.
        challenger: Name of the variant.
        verdict: ``better``, ``not-worse``, ``worse``, ``undecided`` or ``invalid``.
        reason: Why, in words and figures.
        shadow: Whether nobody was told its answers.
        digests: Digests of the bundles that answered, by variant.
        control: Name of the control.
        doubts: What a reader should know before trusting it.
    """

    experiment: str
    challenger: str
    verdict: str
    reason: str
    shadow: bool
    digests: Mapping[str, Sequence[str]]
    control: str
    doubts: Sequence[str]


@dataclass(frozen=True)
class Check:
    """Something that a promotion needs.

    Attributes:
        name: What it is about.
        passed: Whether it is so.
        reason: In words.
        firm: Whether no force helps: what would be promoted is not what was measured or judged.
    """

    name: str
    passed: bool
    reason: str
    firm: bool = False


@dataclass(frozen=True)
class Demand:
    """Who wants a challenger promoted, and how.

    Attributes:
        by: Who.
        alias: The challenger's alias.
        accept_not_worse: Whether not being worse is enough.
        force: Why, against the checks that can be forced; empty for not at all.
    """

    by: str
    alias: str = champion.CHALLENGER
    accept_not_worse: bool = False
    force: str = ""


@dataclass(frozen=True)
class Outcome:
    """What came of it.

    Attributes:
        checks: What was checked; nothing if it was champion already.
        promotion: The promotion; None if it was refused.
        already: Whether it was champion already.
    """

    checks: Sequence[Check]
    promotion: Promotion | None
    already: bool = False


def challenger_of(experiment: Experiment, name: str, where: str) -> Variant:
    """Returns the variant that is named, or the only one beside the control.

    Args:
        experiment: The experiment.
        name: Name of the variant; empty for the only challenger.
        where: What errors call the experiment.

    Raises:
        InputError: There is no such challenger, or several and none is named.
    """
    listed = {it.name: it for it in experiment.variants[1:]}
    if not name and len(listed) > 1:
        raise InputError(
            f"there are several challengers: {', '.join(listed)}", where=where,
            mend="name one with --variant",
        )  # fmt: skip
    name = name or next(iter(listed))
    if name not in listed:
        raise InputError(
            f"{name!r} is no challenger", where=where, mend=f"there are {', '.join(listed)}"
        )
    return listed[name]


def compare(log: Path, file: Path, experiment: Experiment, state: Path | None) -> Path:
    """Has compare judge the experiment now.

    Args:
        log: Folder of the request log.
        file: The experiment's file.
        experiment: What it says.
        state: Folder of the experiment's state; None for beside the file.

    Returns:
        The comparison artifact; the page about it lies beside it.

    Raises:
        InputError: Compare cannot use what it is given.
    """
    folder = runs.folder().parent / "experiments" / re.sub(r"[^\w.-]", "_", experiment.name)
    folder.mkdir(parents=True, exist_ok=True)
    room = environments.rooms()["compare"]
    environments.sync(room)
    given = {
        "--log": log, "--experiment": file, "--state": state or "",
        "--out-comparison": folder / "comparison", "--out-report": folder / "ab-report.html",
        "--out-verdict": folder / "verdict",
    }  # fmt: skip
    command = [room.environment / "bin" / "sentiment-compare"]
    done = subprocess.run(
        [*command, *(word for flag, it in given.items() if it for word in (flag, it))],
        capture_output=True, text=True, check=False, env=environments.process_environment(room),
    )  # fmt: skip
    if done.returncode == runs.EXIT_BAD_INPUT:
        raise InputError(done.stderr.strip().split("\n")[-1].removeprefix("sentiment-compare: "))
    if done.returncode:
        raise RuntimeError(done.stderr)
    return folder / "comparison"


def read_evidence(folder: Path, experiment: Experiment, challenger: Variant) -> Evidence:
    """Reads what `compare` found of a challenger.

    Raises:
        InputError: It is not about this experiment, or does not know the challenger.
    """
    read_intact(folder, COMPARISON)
    found = json.loads((folder / "comparison.json").read_text(encoding="utf-8"))
    if found["experiment"] != experiment.name:
        raise InputError(
            f"it is about {found['experiment']!r}, the experiment is {experiment.name!r}",
            where=str(folder),
        )
    about = [it for it in found["comparisons"] if it["challenger"] == challenger.name]
    if not about:
        raise InputError(f"it does not compare {challenger.name!r}", where=str(folder))
    invalid = found["verdict"] == INVALID
    judged = found if invalid else about[0]
    digests = {it["name"]: tuple(it["digests"]) for it in found["variants"]}
    return Evidence(
        experiment.name, challenger.name, judged["verdict"], judged["reason"],
        about[0]["basis"] == "shadow", digests, experiment.control.name, found["doubts"],
    )  # fmt: skip


def stop_of(
    file: Path, experiment: Experiment, challenger: Variant, places: Iterable[Path | None]
) -> Stop | None:
    """Returns who stopped a challenger, when and why; None if it runs.

    Args:
        file: The experiment's file.
        experiment: What it says.
        challenger: The variant.
        places: Folders in which a service may keep the experiment's state; None for that of the
            file.

    Raises:
        InputError: A state cannot be read.
    """
    for place in places:
        found = read_state(state_path(file, place), experiment.name).stopped.get(challenger.name)
        if found is not None:
            return found
    if challenger.name in experiment.stopped:
        return Stop("", "the experiment's file", "it is listed as stopped")
    return None


def promote(client: Any, evidence: Evidence, stopped: Stop | None, demand: Demand) -> Outcome:
    """Makes the challenger the champion if the experiment, the gate and the registry allow it.

    A process may die at any point of it: the next call does what is left.

    Args:
        client: An ``mlflow.MlflowClient``.
        evidence: What the experiment found.
        stopped: Who stopped the challenger, if anybody did.
        demand: Who wants it, and how.

    Raises:
        InputError: There is no challenger, or its files are not what they were when it was pushed.
    """
    version = champion.version_behind(client, demand.alias)
    if version is None:
        raise InputError(
            f"no version of {REGISTERED_MODEL} has it", where=f"alias {demand.alias}",
            mend=f'push one: make pipeline-run SET="alias={demand.alias}"',
        )  # fmt: skip
    digest = read_intact(champion.download(version), MODEL).digest
    log = champion.every_log(client)
    reigning = [it for it in log if it.alias == ALIAS]
    already = bool(reigning) and reigning[-1].version == str(version.version)
    checks = [] if already else list(_checks(client, evidence, stopped, demand, version, digest))
    failed = [it for it in checks if not it.passed]
    if any(it.firm for it in failed) or (failed and not demand.force):
        return Outcome(checks, None)
    told = f"{evidence.experiment}, {evidence.verdict}: {evidence.reason.removesuffix('.')}"
    promotion = Promotion(
        promotions.now(), ALIAS, promotions.FORCE if failed else promotions.EXPERIMENT,
        str(version.version), digest, version.tags.get("candidate", ""), by=demand.by,
        reason=f"{demand.force} ({told})" if failed else told,
        run=version.tags.get("sentiment.run", ""), macro_f1=macro_f1(client, version),
    )  # fmt: skip
    promotions.promote(client, REGISTERED_MODEL, promotion)
    return Outcome(checks, champion.log(client)[-1], already)


def _checks(
    client: Any,
    evidence: Evidence,
    stopped: Stop | None,
    demand: Demand,
    version: Any,
    digest: str,
) -> Iterator[Check]:
    enough = {BETTER, NOT_WORSE} if demand.accept_not_worse else {BETTER}
    more = evidence.verdict == NOT_WORSE and not demand.accept_not_worse
    yield Check(
        "verdict", evidence.verdict in enough,
        f"{evidence.verdict}: {evidence.reason}"
        + (" Is that enough? Say --accept-not-worse." if more else ""),
    )  # fmt: skip
    if evidence.shadow:
        yield Check("traffic", False, "nobody was told its answers: give it a share of the callers")
    why = f"stopped by {stopped.by}: {stopped.reason}" if stopped else "nobody has stopped it"
    yield Check("guardrails", stopped is None, why)
    yield _same("challenger", evidence.digests[evidence.challenger], digest)
    reigning = champion.version_behind(client)
    if reigning is None:
        yield Check("champion", False, "there is none to take the place of")
    else:
        now = read_intact(champion.download(reigning), MODEL).digest
        yield _same("champion", evidence.digests[evidence.control], now)
    yield _blessed(client, version, digest)
    lost = champion.withdrawn(client).get(digest)
    yield Check("withdrawals", lost is None, lost.told if lost else "it was never withdrawn")


def _same(name: str, answered: Sequence[str], digest: str) -> Check:
    """Checks that the model behind an alias is the one, and the only one, that was measured."""
    shown = ", ".join(it.removeprefix("sha256:")[:12] for it in answered) or "no model"
    now = digest.removeprefix("sha256:")[:12]
    if tuple(answered) == (digest,):
        return Check(name, True, f"{now} is what answered in the experiment", firm=True)
    return Check(name, False, f"{shown} answered in the experiment, {now} is registered now", True)


def _blessed(client: Any, version: Any, digest: str) -> Check:
    with tempfile.TemporaryDirectory() as folder:
        blessing = _download(client, version, Path(folder))
        if blessing is None:
            return Check("gate", False, "the version carries no blessing: push it again", True)
        read_intact(blessing, BLESSING)
        facts = json.loads((blessing / "blessing.json").read_text(encoding="utf-8"))
    if (facts["verdict"], facts["candidate_digest"]) != ("blessed", digest):
        return Check("gate", False, "the version carries the blessing of another model", True)
    forced = facts.get("forced")
    how = f"forced by {forced['by']}: {forced['reason']}" if forced else facts["reason"]
    return Check("gate", True, f"blessed: {how}", True)


def _download(client: Any, version: Any, folder: Path) -> Path | None:
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException

    try:
        if not version.run_id or not client.list_artifacts(version.run_id, BLESSING.name):
            return None
        at = {"run_id": version.run_id, "tracking_uri": client.tracking_uri}
        download_artifacts(artifact_path=BLESSING.name, dst_path=str(folder), **at)
    except MlflowException as error:
        # A version outlives its run where somebody deleted the run.
        if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            raise
        return None
    return folder / BLESSING.name


def stop(
    file: Path, experiment: Experiment, challenger: Variant, by: str, reason: str,
    state: Path | None,
) -> Stop:  # fmt: skip
    """Stops a challenger: the service gives its callers the control, without a restart.

    Returns:
        The stop; the first one if it was stopped before.

    Raises:
        InputError: The reason or the name is empty, or the state cannot be written.
    """
    for flag, said in (("--reason", reason), ("--by", by)):
        if not said.strip():
            raise InputError("it is empty, and is kept", where=flag)
    path = state_path(file, state)
    return stop_variant(path, experiment.name, challenger.name, by, reason).stopped[challenger.name]


def withdraw(client: Any, alias: str, by: str, reason: str) -> Promotion | None:
    """Takes a challenger's alias away; its model then returns by force alone.

    Returns:
        The promotion that had given it the alias; None if nothing has it.

    Raises:
        InputError: It is the champion's alias.
    """
    if alias == ALIAS:
        raise InputError("the champion is rolled back and not withdrawn", where="--alias")
    held = [it for it in champion.every_log(client) if it.alias == alias and it.version]
    if champion.version_behind(client, alias) is None:
        return None
    gone = Promotion(
        promotions.now(), alias, promotions.WITHDRAW, "", by=by, reason=" ".join(reason.split())
    )
    promotions.promote(client, REGISTERED_MODEL, gone)
    return held[-1]
