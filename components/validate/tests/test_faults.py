"""Each fault is found by its own rule, and by no other."""

import planted
import pytest

from sentiment_validate.outcomes import outcomes
from sentiment_validate.rules import BY_NAME


@pytest.mark.parametrize("fault", planted.FAULTS, ids=lambda fault: fault.name)
def test_a_planted_fault_is_found_by_its_rule_and_by_no_other(fault):
    judged = planted.judge(fault)
    severity = "warning" if fault.warning else "error"
    found = {(item.rule, item.severity) for item in judged.anomalies}
    assert found == {(fault.rule, severity)}
    assert fault.column in {item.column for item in judged.anomalies}
    assert judged.verdict == ("accepted" if fault.warning else "refused")
    results = {item.rule: item.result for item in outcomes(judged) if item.result != "passed"}
    assert results == {fault.rule: "warned" if fault.warning else "refused"}


def test_examples_without_a_fault_pass_every_rule():
    judged = planted.judge(None)
    assert (judged.verdict, judged.anomalies) == ("accepted", [])
    assert judged.compared
    assert {item.result for item in outcomes(judged)} == {"passed"}


def test_every_rule_has_a_fault_that_it_finds():
    assert {fault.rule for fault in planted.FAULTS} == set(BY_NAME)
