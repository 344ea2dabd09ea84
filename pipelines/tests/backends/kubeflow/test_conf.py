"""Environments: merged from layers, and refused in one line that names file, section and key."""

import pytest

from sentiment_common.errors import InputError
from sentiment_pipelines.backends.kubeflow import conf
from sentiment_pipelines.environments import ROOT


@pytest.fixture
def environment(tmp_path):
    """Reads an environment that says something above the committed base."""

    def environment(text, **others):
        for name, content in {
            "base": conf.CONF.joinpath("base.toml").read_text(),
            **others,
        }.items():
            (tmp_path / f"{name}.toml").write_text(content)
        (tmp_path / "mine.toml").write_text(text)
        return conf.read("mine", tmp_path)

    return environment


def committed():
    return sorted(path.stem for path in conf.CONF.glob("*.toml"))


@pytest.mark.parametrize("name", committed())
def test_every_committed_environment_can_be_read(name):
    assert set(conf.read(name).stages) == set(conf.stages())


def test_every_stage_of_the_repository_can_be_configured():
    folders = {path.parent.name for path in ROOT.glob("components/*/pyproject.toml")}
    assert {*folders, "pipelines"} == set(conf.stages())


def test_an_environment_says_only_what_differs(environment):
    found = environment('[stage]\nmemory_limit = "3Gi"\n[stages.push]\ncpu = "2"\n')
    base = conf.read("base")
    assert found.stages["ingest"].memory_limit == "3Gi"
    assert found.stages["ingest"].timeout == base.stages["ingest"].timeout == 3600
    assert (found.stages["push"].cpu, found.stages["ingest"].cpu) == ("2", "500m")


def test_what_is_said_of_one_stage_goes_before_what_is_said_of_all(environment):
    found = environment('[stage]\nmemory_limit = "3Gi"\n')
    assert (
        found.stages["evaluate"].memory_limit == conf.read("base").stages["evaluate"].memory_limit
    )


def test_tables_are_merged_and_lists_replaced(environment):
    other = '[stage.labels]\nteam = "a"\ncost = "b"\n[images]\npull_secrets = ["x"]\n'
    text = 'extends = "other"\n[stage.labels]\nteam = "c"\n[images]\npull_secrets = ["y"]\n'
    found = environment(text, other=other)
    assert found.stages["ingest"].labels == {"team": "c", "cost": "b"}
    assert found.images.pull_secrets == ("y",)


def test_an_environment_may_lie_anywhere(tmp_path):
    path = tmp_path / "team.toml"
    path.write_text('extends = "kind"\n[images]\nregistry = "registry.local/team"\n')
    found = conf.read(str(path))
    assert (found.name, found.images.registry) == ("team", "registry.local/team")
    assert found.store == conf.read("kind").store


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[stages.ingset]", r"mine.toml, \[stages\]: no stage 'ingset'; there is .*ingest"),
        ("[stages.ingest]\nmemroy = '1Gi'", r"\[stages.ingest\]: no setting 'memroy'.* memory"),
        ("[stage]\nmemory = 4", r"\[stage\]: memory cannot be understood; it takes bytes, e.g."),
        ("[stage]\nmemory = '4 GB'", "memory cannot be understood"),
        ("[stage]\ncpu = 'two'", 'it takes cores, e.g. "500m"'),
        ("[stage]\ntimeout = 60", 'it takes a time like "30s"'),
        ("[stage]\nretries = -1", "a whole number from 0 to 1000"),
        ("[stage]\nretries = true", "a whole number from 0 to 1000"),
        ("[stage]\nbackoff_factor = 0.5", "a number from 1 to 10"),
        ("[stage]\ntolerations = [{ky = 'a'}]", "a list of tables with effect, key"),
        ("[stage]\nmemory = '512k'", "memory cannot be understood"),
        ("[stage]\nscratch = '512K'", "scratch cannot be understood"),
        ("[stage]\nretries = 9999999999", "retries cannot be understood"),
        ("[stage]\nbackoff_factor = nan", "backoff_factor cannot be understood"),
        ("[stage]\nbackoff = '99999999999d'", "backoff cannot be understood"),
        ("[stage]\nenvironment = {'A B' = 'c'}", "environment cannot be understood"),
        ("[stage]\ntolerations = [{key = 5}]", "tolerations cannot be understood"),
        ("[stage]\ntolerations = [{effect = 'Never'}]", "tolerations cannot be understood"),
        ("[stage]\nmounts = [{path = 5, claim = 'a'}]", "mounts cannot be understood"),
        (
            "[stage]\nmounts = [{path = 'data', claim = 'a'}]",
            "a path of its own",
        ),
        (
            "[stage]\nmounts = [{path = '/a', claim = 'a'}, {path = '/a', secret = 's'}]",
            "mounts cannot be understood",
        ),
        (
            "[stages.ingest]\nmounts = [{path = '/tmp', claim = 'a'}]",
            r"mine.toml, \[stages.ingest\]: scratch is at /tmp already",
        ),
        (
            "[stages.ingest]\nmemory = '2049Mi'",
            r"\[stages.ingest\]: memory is over memory_limit; raise memory_limit as well",
        ),
        ("[stages.ingest]\ncpu = '1.5'\ncpu_limit = '1400m'", "cpu is over cpu_limit"),
        ("[stage]\nmounts = [{path = '/data'}]", "one of secret, config_map, claim"),
        ("[stage]\nmounts = [{path = '/a', secret = 's', sub_path = 'b'}]", "for a claim sub_path"),
        ("[stage]\nnode_selector = {disk = 1}", "a table of names, each with a text"),
        ("[stage]\nsecrets = {TOKEN = 'abc'}", 'each with "NAME-OF-SECRET/KEY"'),
        ("[stage]\nlabels = 'a'", "labels cannot be understood"),
        ("stage = 1", r"\[stage\]: no table"),
        ("[images]\npull_policy = 'always'", "Always, IfNotPresent or Never"),
        ("[images]\npull_secrets = 'a'", "a list of texts"),
        ("[store]\npath_style = 'yes'", "true or false"),
        ("[store]\nbucket = 'My Bucket'", "the name of a bucket"),
        ("[tracking]\nserver = 'mlflow:5000'", "an address like https://host/path"),
        ("[imges]", "no section 'imges'; there is connection, images, store"),
        ("[stage", "no TOML"),
        ("extends = 'nobody'", "no environment 'nobody'; there is base, mine"),
        ("extends = 'mine'", "extends itself"),
    ],
)
def test_what_nobody_understands_is_one_line_with_file_and_key(environment, text, said):
    with pytest.raises(InputError, match=said) as caught:
        environment(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "[stage.environment]\nDB_PASSWORD = 'canary'",
        "[stage.environment]\nDB = 'postgresql://me:canary@db/x'",
        "[tracking]\nserver = 'http://me:canary@mlflow'",
        "[stage.secrets]\nTOKEN = 'canary canary'",
        "[store]\nsecrets = {AWS_SECRET_ACCESS_KEY = 'canary'}",
    ],
)
def test_a_secret_in_the_file_is_refused_and_not_repeated(environment, text):
    with pytest.raises(InputError) as caught:
        environment(text)
    assert "canary" not in str(caught.value)


def test_an_unknown_environment_is_answered_with_the_known_ones():
    with pytest.raises(InputError, match=f"there is {', '.join(committed())}"):
        conf.read("cluod")
    with pytest.raises(InputError, match="no such file"):
        conf.read("/nowhere/mine.toml")
