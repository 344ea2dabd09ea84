"""What counts as the content of a package, and what it contains."""

import pytest

from sentiment_common.errors import InputError
from sentiment_pipelines.environments import ROOT
from sentiment_pipelines.releases import packages


@pytest.fixture(scope="module")
def unchanged(template):
    """The packages before a test changes its tree."""
    return packages.read(template)


def test_every_room_with_a_package_and_every_chart_is_one():
    found = packages.read(ROOT)
    folders = {path.parent for path in ROOT.glob("*/*/pyproject.toml")}
    folders |= {ROOT / "serving", ROOT / "pipelines"}
    folders |= {path.parent for path in ROOT.glob("charts/*/Chart.yaml")}
    assert {package.folder for package in found.values()} == folders


def test_what_is_contained_comes_before_what_contains_it(tree):
    found = tree.packages()
    assert tuple(found) == tree.names
    contained = {name: sorted(it.contains) for name, it in found.items()}
    assert contained == {
        "base": [], "explore": ["base"], "serving": ["base"], "pipelines": ["base", "explore"],
        "charts/sentiment-serving": ["serving"],
    }  # fmt: skip


def test_tags_are_named_as_images_are():
    assert packages.read(ROOT)["train_baseline"].tag.startswith("train-baseline/v")


def test_the_interface_of_a_component_is_its_command_line_and_what_pipelines_reach(tree):
    interface = tree.packages()["explore"].interface
    assert interface["input examples"].required
    assert interface["input examples"].type == "examples 1"
    assert interface["output report"].type == "file"
    assert all(port.wired for port in interface.values())
    (tree.root / "components/explore/component.yaml").unlink()
    assert not any(port.wired for port in tree.packages()["explore"].interface.values())


def test_the_interfaces_of_pipelines_and_charts_are_parameters_and_values(tree):
    found = tree.packages()
    assert found["pipelines"].interface["batch: option source"].required
    assert found["pipelines"].interface["exploration: option seed"].default is not None
    assert found["charts/sentiment-serving"].interface["value replicas"].default == 2


@pytest.mark.parametrize(
    ("name", "path", "pattern", "text"),
    [
        ("explore", "{}/pyproject.toml", "^version = .*", 'version = "0.2.0"'),
        ("explore", "{}/pyproject.toml", "^license", "# A remark.\nlicense"),
        ("explore", "{}/README.md", "^# ", "# The room "),
        ("explore", "{}/CHANGELOG.md", "First", "Very first"),
        ("explore", "{}/component.yaml", "explore:0.1.0", "explore:0.2.0"),
        ("explore", "Dockerfile", "How", "In which way"),
        ("base", "{}/requirements.lock", r"\A", "# A remark.\n"),
        ("base", "Dockerfile", "10001", "10002"),
        ("pipelines", "{}/compiled/exploration.yaml", "explore:0.1.0", "explore:0.2.0"),
        ("charts/sentiment-serving", "{}/Chart.yaml", "^version: .*", "version: 0.2.0"),
    ],
)
def test_what_reaches_nobody_is_no_content(tree, unchanged, name, path, pattern, text):
    tree.replace(path.format(tree.folder(name)), pattern, text)
    assert tree.packages()[name].content == unchanged[name].content


@pytest.mark.parametrize(
    ("name", "path", "pattern", "text", "changed"),
    [
        ("base", "{}/src/sentiment_common/log.py", '^"""', '"""A ', "src/sentiment_common/log.py"),
        ("explore", "{}/pyproject.toml", "^license = .*", "", "pyproject.toml"),
        ("explore", "{}/requirements.lock", r"\A", "a", "requirements.lock"),
        ("explore", "{}/component.yaml", "enableCache: true", "x: 1", "component.yaml"),
        ("explore", "Dockerfile", "10001", "10002", "../../Dockerfile"),
        ("serving", "Dockerfile", "10001", "10002", "../Dockerfile"),
        ("pipelines", "Dockerfile", "10001", "10002", "../Dockerfile"),
        ("pipelines", "{}/conf/base.toml", r"\A", "# A remark.\n", "conf/base.toml"),
        ("explore", "pipelines/bootstrap.lock", r"\A", "a", "../../pipelines/bootstrap.lock"),
        ("pipelines", "{}/bootstrap.lock", r"\A", "a", "bootstrap.lock"),
        ("serving", "{}/requirements-tensorflow.lock", r"\A", "a", "requirements-tensorflow.lock"),
        (
            "charts/sentiment-serving",
            "{}/values.yaml",
            "^replicas: 2",
            "replicas: 3",
            "values.yaml",
        ),
    ],
)
def test_what_reaches_whoever_installs_it_is_content(
    tree, unchanged, name, path, pattern, text, changed
):
    tree.replace(path.format(tree.folder(name)), pattern, text)
    before, after = unchanged[name].content, tree.packages()[name].content
    assert {key for key in {*before, *after} if before.get(key) != after.get(key)} == {changed}


def test_bytecode_and_the_record_itself_are_no_content(released):
    before = {name: package.content for name, package in released.packages().items()}
    for folder in ("common/base/src/sentiment_common", "charts/sentiment-serving"):
        (released.root / folder / "__pycache__").mkdir(exist_ok=True)
    (released.root / "common/base/src/sentiment_common/__pycache__/x.pyc").write_text("x")
    (released.root / "charts/sentiment-serving/release.json").write_text("{}")
    assert {name: package.content for name, package in released.packages().items()} == before


@pytest.mark.parametrize(
    ("path", "pattern", "text", "said"),
    [
        ("serving/pyproject.toml", "^version = .*", 'version = "1.0rc1"', "'1.0rc1' is no version"),
        ("pipelines/compiled/exploration.yaml", "explore:0.1.0", "explore:dev", "'dev' is no"),
        ("charts/sentiment-serving/Chart.yaml", "^version: .*", "version: 1", "'1' is no version"),
        ("charts/sentiment-serving/values.yaml", "^replicas", "<<<<<<< a\nreplicas", "no YAML"),
        ("components/explore/component.yaml", r"\A", ">>>>>>> x\n", "no YAML"),
        ("components/explore/src/sentiment_explore/cli.py", "^STAGE", "OTHER", "no attribute"),
    ],
)
def test_what_cannot_be_read_is_one_line(tree, path, pattern, text, said):
    tree.replace(path, pattern, text)
    with pytest.raises(InputError, match=said):
        tree.packages()
