"""CLI, component.yaml and README of every component say the same."""

import pytest
import yaml

from sentiment_pipelines import compilation, interfaces, reference
from sentiment_pipelines.environments import ROOT, rooms, sync
from sentiment_pipelines.interfaces import port

STAGES = interfaces.stages()
METADATA_ONLY = {"system.Metrics", "system.ClassificationMetrics"}
KFP_TYPES = {"str": "STRING", "int": "NUMBER_INTEGER", "float": "NUMBER_DOUBLE", "bool": "BOOLEAN"}


def title(kind):
    """Returns the artifact type of an on-disk kind: ``pushed_model`` is SentimentPushedModel."""
    camel = "".join(part.capitalize() for part in kind.split("_"))
    return "system.HTML" if kind == "file" else f"system.Sentiment{camel}"


def interface(stage, cache={}):  # noqa: B006 - asking a stage takes a process; ask once
    if stage not in cache:
        room = rooms()[stage]
        sync(room)
        cache[stage] = interfaces.command_line(room)
    return cache[stage]


def specification(stage):
    return yaml.safe_load((ROOT / "components" / stage / "component.yaml").read_text())


def definitions(stage, side):
    (component,) = specification(stage)["components"].values()
    return component.get(side, {})


def test_the_house_has_its_stages():
    assert {
        "ingest", "validate", "transform", "train_baseline", "train_deep", "train_transfer",
        "train_ensemble", "evaluate", "push", "explore", "batch_predict", "compare",
        "monitor",
    } <= set(STAGES)  # fmt: skip


@pytest.mark.parametrize("stage", STAGES)
def test_component_yaml_is_what_component_py_compiles_to(stage, tmp_path):
    compilation.compile_component(stage, tmp_path / "fresh.yaml")
    committed = (ROOT / "components" / stage / "component.yaml").read_text()
    assert committed == (tmp_path / "fresh.yaml").read_text(), "run `make compile`"


@pytest.mark.parametrize("pipeline", compilation.PIPELINES, ids=lambda path: path.stem)
def test_a_committed_pipeline_is_what_the_wiring_compiles_to(pipeline, tmp_path):
    compilation.compile_pipeline(pipeline.stem, tmp_path / "fresh.yaml")
    assert pipeline.read_text() == (tmp_path / "fresh.yaml").read_text(), "run `make compile`"


@pytest.mark.parametrize("stage", STAGES)
def test_options_have_the_same_type_and_default_in_cli_and_component(stage):
    declared = definitions(stage, "inputDefinitions").get("parameters", {})
    options = {port(row): row for row in interface(stage) if row["role"] == "option"}
    unknown = set(declared) - set(options)
    assert not unknown, "the component passes flags that the command line does not know"
    for option, row in options.items():
        if option in declared:
            assert declared[option]["parameterType"] == KFP_TYPES[row["type"]], option
            assert declared[option]["defaultValue"] == row["default"], option


@pytest.mark.parametrize("stage", STAGES)
def test_artifacts_have_the_same_type_in_cli_and_component(stage):
    inputs = definitions(stage, "inputDefinitions").get("artifacts", {})
    rows = {port(row): row for row in interface(stage) if row["role"] == "input"}
    assert set(inputs) == set(rows)
    for input_name, row in rows.items():
        assert inputs[input_name]["artifactType"]["schemaTitle"] == title(row["type"])
        assert inputs[input_name].get("isOptional", False) is row["optional"], input_name

    outputs = definitions(stage, "outputDefinitions").get("artifacts", {})
    titles = {key: spec["artifactType"]["schemaTitle"] for key, spec in outputs.items()}
    on_disk = {key: value for key, value in titles.items() if value not in METADATA_ONLY}
    expected = {
        port(row): title(row["type"]) for row in interface(stage) if row["role"] == "output"
    }
    assert on_disk == expected


@pytest.mark.parametrize("stage", STAGES)
def test_results_are_output_parameters_of_the_component(stage):
    declared = definitions(stage, "outputDefinitions").get("parameters", {})
    rows = {port(row): row for row in interface(stage) if row["role"] == "result"}
    assert {key: spec["parameterType"] for key, spec in declared.items()} == {
        key: KFP_TYPES[row["type"]] for key, row in rows.items()
    }


@pytest.mark.parametrize("stage", STAGES)
def test_the_container_passes_only_flags_the_command_line_knows(stage):
    (executor,) = specification(stage)["deploymentSpec"]["executors"].values()
    passed = {
        word
        for argument in executor["container"]["args"]
        for word in argument.replace('"', " ").replace(",", " ").replace("[", " ").split()
        if word.startswith("--")
    }
    known = {row["flag"] for row in interface(stage)} | {"--executor-input", "--executor-output"}
    assert passed <= known
    assert {row["flag"] for row in interface(stage) if row["role"] != "option"} <= passed


@pytest.mark.parametrize("stage", STAGES)
def test_the_image_tag_is_the_components_version(stage):
    (executor,) = specification(stage)["deploymentSpec"]["executors"].values()
    image = f"sentiment-{stage.replace('_', '-')}:{rooms()[stage].version}"
    assert executor["container"]["image"] == image


@pytest.mark.parametrize("stage", STAGES)
def test_the_readme_lists_exactly_the_flags_of_the_command_line(stage):
    text = interfaces.readme(stage).read_text()
    table = interfaces.readme_table(interface(stage))
    assert interfaces.with_table(text, table) == text, "run `make compile`"


@pytest.mark.parametrize("stage", STAGES)
def test_the_readmes_commands_name_the_image_of_the_present_version(stage):
    text = interfaces.readme(stage).read_text()
    version = rooms()[stage].version
    assert f" sentiment-{stage.replace('_', '-')}:{version} " in text, "run `make compile`"
    assert interfaces.with_image(text, stage, version) == text, "run `make compile`"


def test_the_page_of_all_components_says_what_they_declare():
    components = [reference.describe(stage, interface(stage)) for stage in STAGES]
    text = reference.PAGE.read_text()
    page = reference.page(components, text, reference.recorded_sizes())
    assert page == text, "run `make compile`"
