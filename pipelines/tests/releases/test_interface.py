"""What a change of an interface asks of the version."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_pipelines.releases.interface import Port, changes, needed
from sentiment_pipelines.releases.semver import Part

VALUES = st.sampled_from(["a", "b", "c"])
PORTS = st.builds(
    Port,
    type=st.sampled_from(["str", "int", "examples 1", "examples 2"]),
    required=st.booleans(),
    default=st.sampled_from([None, "", "a", 1, 1.0, True]),
    choices=st.none() | st.lists(VALUES, unique=True).map(tuple),
    wired=st.booleans(),
)
INTERFACES = st.dictionaries(st.sampled_from(["option a", "option b", "input c"]), PORTS)
SEED = Port("int", default=13)
OLD = {"option seed": SEED}


def part(old, new):
    return needed(changes(old, new))


@pytest.mark.parametrize(
    ("new", "expected", "said"),
    [
        ({}, Part.MAJOR, "option seed is gone"),
        ({"option random_seed": SEED}, Part.MAJOR, "option random_seed is new"),
        ({"option seed": replace(SEED, type="str")}, Part.MAJOR, "type str, was int"),
        ({"option seed": replace(SEED, required=True)}, Part.MAJOR, "must be given"),
        ({"option seed": replace(SEED, choices=(13, 14))}, Part.MAJOR, "takes only 13 or 14"),
        ({"option seed": replace(SEED, wired=False)}, Part.MAJOR, "no longer in component.yaml"),
        ({"option seed": replace(SEED, default=7)}, Part.MINOR, "7 by default, was 13"),
        (OLD | {"input more": Port("examples 1", required=True)}, Part.MAJOR, "must be given"),
        (OLD | {"output more": Port("examples 1", required=True)}, Part.MAJOR, "must be given"),
        (OLD | {"input more": Port("examples 1")}, Part.MINOR, "input more is new"),
        (OLD | {"option more": Port("str", default="")}, Part.MINOR, "option more is new"),
        (OLD | {"result more": Port("str")}, Part.MINOR, "result more is new"),
        (OLD, Part.NONE, ""),
    ],
)
def test_each_kind_of_change_has_its_weight(new, expected, said):
    assert part(OLD, new) is expected
    assert said in "; ".join(change.text for change in changes(OLD, new))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (("a", "b"), ("a",), Part.MAJOR),
        (("a", "b"), ("a", "c"), Part.MAJOR),
        (None, ("a",), Part.MAJOR),
        (("a",), ("a", "b"), Part.MINOR),
        (("a",), None, Part.MINOR),
        (("a", "b"), ("b", "a"), Part.NONE),
    ],
)
def test_fewer_choices_break_callers_and_more_do_not(old, new, expected):
    port = Port("str")
    assert part({"x": replace(port, choices=old)}, {"x": replace(port, choices=new)}) is expected


@given(INTERFACES)
def test_the_same_interface_asks_for_nothing(interface):
    assert changes(interface, dict(interface)) == []


@given(INTERFACES, INTERFACES)
def test_different_interfaces_ask_for_a_new_minor_version_at_least(old, new):
    def plain(interface):
        return {
            name: (it.type, it.required, repr(it.default), it.choices and set(it.choices), it.wired)
            for name, it in interface.items()
        }

    def closed(interface):
        return {name: it.choices is None for name, it in interface.items()}

    differ = plain(old) != plain(new) or closed(old) != closed(new)
    assert (part(old, new) >= Part.MINOR) == differ


@given(INTERFACES, INTERFACES, INTERFACES)
def test_a_change_in_two_steps_never_asks_for_less_than_in_one(first, second, third):
    assert part(first, third) <= max(part(first, second), part(second, third))


@given(INTERFACES, INTERFACES, st.sampled_from(["option a", "input c"]), PORTS)
def test_taking_something_away_beside_all_else_is_a_break(old, new, name, port):
    without = {key: it for key, it in new.items() if key != name}
    assert part(old | {name: port}, without) is Part.MAJOR
