import pytest
from google.protobuf import text_format
from hypothesis import given
from hypothesis import strategies as st
from tensorflow_metadata.proto.v0 import schema_pb2

from sentiment_validate.schema import CURATED, choose, parse
from sentiment_validate.schema_text import rewritten, written


def feature(schema, name):
    (found,) = (item for item in schema.feature if item.name == name)
    return found


def changed(text):
    schema = schema_pb2.Schema()
    schema.CopyFrom(parse("old", text).proto)
    return schema


@pytest.mark.parametrize("name", CURATED)
def test_a_schema_that_stays_as_it_is_keeps_its_text(name):
    chosen = choose(name, {})
    assert rewritten(chosen.text, chosen.proto) == chosen.text


def test_one_changed_field_changes_one_line():
    text = choose("default-corpus", {}).text
    wanted = changed(text)
    feature(wanted, "rating").float_domain.max = 5
    before, after = text.split("\n"), rewritten(text, wanted).split("\n")
    differing = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert differing == [
        (
            "  float_domain { min: -4 max: 4 disallow_nan: true disallow_inf: true }",
            "  float_domain { min: -4.0 max: 5.0 disallow_nan: true disallow_inf: true }",
        )
    ]


def test_new_fields_and_columns_are_added_and_dropped_fields_left_out():
    text = '# mine\nfeature {\n  # free\n  name: "a"\n  type: BYTES\n}\n# the end\n'
    wanted = changed(text)
    wanted.feature[0].presence.min_fraction = 0.5
    wanted.feature[0].ClearField("type")
    wanted.feature.add(name="b", type="INT")
    assert rewritten(text, wanted) == (
        '# mine\nfeature {\n  # free\n  name: "a"\n  presence { min_fraction: 0.5 }\n}\n'
        'feature {\n  name: "b"\n  type: INT\n}\n# the end\n'
    )


def test_the_number_of_rows_is_changed_where_it_stands():
    text = 'feature { name: "a" }\n# rows\ndataset_constraints { min_examples_count: 9 }\n# end\n'
    wanted = changed(text)
    wanted.dataset_constraints.min_examples_count = 3
    assert rewritten(text, wanted) == text.replace("9", "3")


@pytest.mark.parametrize(
    "text",
    [
        'feature { name: "a" type: BYTES } feature { name: "b" }\n',
        'feature {\n  name: "a" type: BYTES\n}\n',
        'feature\n{\n  name: "a"\n  string_domain {\n    value: "}"\n  }\n}\n',
        'feature <\n  name: "a # no comment {"\n>\n',
        'feature { name: "a" domain: "d" }\nstring_domain { name: "d" value: "x" }\n',
    ],
)
def test_text_of_any_form_says_afterwards_what_was_wanted(text):
    wanted = changed(text)
    assert rewritten(text, wanted) == text
    for item in wanted.feature:
        item.presence.min_fraction = 0.5
    for domain in wanted.string_domain:
        domain.value.append("y")
    wanted.dataset_constraints.min_examples_count = 3
    assert text_format.Parse(rewritten(text, wanted), schema_pb2.Schema()) == wanted


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.integers(0, 9))),
       st.text(), st.sampled_from(CURATED))  # fmt: skip
def test_any_change_of_values_is_written(bounds, value, name):
    text = choose(name, {}).text
    wanted = changed(text)
    feature(wanted, "source").string_domain.value.append(value)
    for column, bound in bounds:
        wanted.feature.add(name=f"new-{column}-{len(wanted.feature)}").int_domain.max = bound
    result = rewritten(text, wanted)
    assert parse("new", result).proto == wanted
    assert result.startswith(text[:200])


def test_a_column_is_written_with_one_field_per_line():
    item = schema_pb2.Feature(name="a", type="FLOAT", not_in_environment=["X", "Y"])
    assert written(item).split("\n") == [
        "feature {", '  name: "a"', "  type: FLOAT", '  not_in_environment: "X"',
        '  not_in_environment: "Y"', "}", "",
    ]  # fmt: skip
