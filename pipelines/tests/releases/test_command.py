"""From a change to a tag, by the commands, on real packages and real git."""

import re

import pytest

EXPLORE = "components/explore"
CLI = f"{EXPLORE}/src/sentiment_explore/cli.py"
LOG = "common/base/src/sentiment_common/log.py"


def change(tree, path=CLI):
    """Changes code without changing what it does."""
    tree.replace(path, '^"""', '"""Changed. ')


def test_nothing_released_is_due_and_becomes_released_and_tagged(tree):
    names = tree.names
    assert tree.run("check") == (0, f"5 due\ndue for release: {', '.join(names)}\n", "")
    code, out, _ = tree.run("release")
    assert code == 0
    assert out.split("\n")[:5] == [f"record {name} 0.1.0" for name in names]
    assert tree.run("check") == (0, "5 released\n", "")
    tree.commit("Release")
    code, out, _ = tree.run("release")
    assert code == 0
    tags = sorted(f"{name}/v0.1.0" for name in names)
    assert tree.git("tag", "--list").split("\n") == tags
    assert all(f"tag {tag}\n" in out for tag in tags)
    assert tree.git("cat-file", "-t", "explore/v0.1.0") == "tag"
    assert "sentiment-explore 0.1.0\n\n- First version." in tree.git("cat-file", "-p", tags[2])
    assert tree.run("release")[1].startswith("nothing is due")


def test_changed_code_under_a_released_version_is_refused_in_one_line(released):
    change(released)
    code, _, err = released.run("check")
    assert code == 2
    assert err.split("\n")[0] == (
        "explore: changed under 0.1.0, which is released: src/sentiment_explore/cli.py; "
        'at least 0.1.1: make bump ROOMS=explore NOTE="..."'
    )


def test_it_needs_no_git(released):
    change(released)
    released.git("tag", "--list")
    (released.root / ".git").rename(released.root.parent / "elsewhere")
    assert released.run("check")[0] == 2
    assert released.run("bump", "--note", "Says more.")[0] == 0
    assert released.run("check")[0] == 0
    assert released.run("release")[0] == 0
    code, _, err = released.run("release")
    assert (code, err.count("\n")) == (2, 1)
    assert "git rev-parse" in err


def test_a_bump_raises_the_version_and_all_that_contains_it(released):
    change(released)
    code, out, _ = released.run("bump", "explore", "--note", "Says\nmore.")
    assert code == 0
    assert "explore 0.1.0 → 0.1.1: src/sentiment_explore/cli.py\n" in out
    assert "pipelines 0.1.0 → 0.1.1: contains explore 0.1.1\n" in out
    assert 'version = "0.1.1"' in released.text(f"{EXPLORE}/pyproject.toml")
    assert "## 0.1.1\n\n- Says more.\n" in released.text(f"{EXPLORE}/CHANGELOG.md")
    assert "- Contains sentiment-explore 0.1.1.\n" in released.text("pipelines/CHANGELOG.md")
    for path in (f"{EXPLORE}/component.yaml", "pipelines/compiled/exploration.yaml"):
        assert re.findall("sentiment-explore:(.*)", released.text(path)) == ["0.1.1"]
    due = "3 released, 2 due\ndue for release: explore, pipelines\n"
    assert released.run("check") == (0, due, "")
    released.commit()
    released.release()
    assert released.run("check") == (0, "5 released\n", "")
    assert "explore/v0.1.1" in released.git("tag", "--list")
    assert "serving/v0.1.1" not in released.git("tag", "--list")


def test_a_library_raises_whatever_installs_it(released):
    change(released, LOG)
    _, _, err = released.run("check")
    assert [line.partition(":")[0] for line in err.split("\n")[:-2]] == ["base"]
    assert released.run("bump", "base", "--note", "Logs more.")[0] == 0
    found = released.packages()
    assert {str(package.version) for package in found.values()} == {"0.1.1"}
    assert "- Contains sentiment-common 0.1.1.\n" in released.text("serving/CHANGELOG.md")
    assert "Logs more" not in released.text("serving/CHANGELOG.md")
    chart = released.text("charts/sentiment-serving/Chart.yaml")
    assert re.search(r'^appVersion: "0\.1\.1"  # ', chart, re.MULTILINE)
    pipelines = released.text("pipelines/CHANGELOG.md")
    assert "- Contains sentiment-common 0.1.1, sentiment-explore 0.1.1.\n" in pipelines
    assert released.run("check")[0] == 0


def test_a_second_bump_before_the_release_changes_only_what_it_must(released):
    change(released, LOG)
    released.run("bump", "--note", "Logs more.")
    before = released.files()
    assert released.run("bump")[1] == "nothing rises\n"
    assert released.files() == before
    released.run("bump", "base", "--part", "minor", "--note", "Logs more.")
    assert released.text("common/base/CHANGELOG.md").count("Logs more.") == 1
    assert "## 0.2.0\n" in released.text("common/base/CHANGELOG.md")
    assert "## 0.1.1\n" not in released.text("common/base/CHANGELOG.md")
    assert "- Contains sentiment-common 0.2.0.\n" in released.text("serving/CHANGELOG.md")
    assert "0.1.1" in released.text("serving/pyproject.toml")
    assert released.run("check")[0] == 0


def test_a_note_goes_to_those_whose_own_files_changed(released):
    change(released, LOG)
    change(released)
    released.run("bump", "--note", "Two changes.")
    assert "- Two changes.\n" in released.text("common/base/CHANGELOG.md")
    assert "- Two changes.\n" in released.text(f"{EXPLORE}/CHANGELOG.md")
    assert "Two changes" not in released.text("serving/CHANGELOG.md")


def test_a_heading_says_what_the_version_is_to_be(released):
    change(released)
    text = "# Changelog\n\n## 0.3.0\n\n- Says more.\n"
    released.replace(f"{EXPLORE}/CHANGELOG.md", "^# Changelog\n", text)
    assert "explore: CHANGELOG.md is at 0.3.0 already" in released.run("check")[2]
    released.run("bump")
    assert str(released.packages()["explore"].version) == "0.3.0"
    assert released.text(f"{EXPLORE}/CHANGELOG.md").count("## 0.") == 2
    assert released.run("check")[0] == 0


def test_who_says_nothing_is_told_to_and_refused_until_then(released):
    change(released)
    _, out, _ = released.run("bump", "explore")
    assert "write under ## 0.1.1 of its CHANGELOG.md what is new" in out
    assert "explore: CHANGELOG.md says nothing of 0.1.1" in released.run("check")[2]
    assert released.run("release")[0] == 2
    released.replace(f"{EXPLORE}/CHANGELOG.md", "^## 0.1.1\n", "## 0.1.1\n\n- Says more.\n")
    assert released.run("check")[0] == 0


def set_version(tree, version, heading=True):
    tree.replace(f"{EXPLORE}/pyproject.toml", "^version = .*", f'version = "{version}"')
    tree.replace(f"{EXPLORE}/component.yaml", "explore:0.1.0", f"explore:{version}")
    tree.replace("pipelines/compiled/exploration.yaml", "explore:0.1.0", f"explore:{version}")
    if heading:
        text = f"# Changelog\n\n## {version}\n\n- More.\n"
        tree.replace(f"{EXPLORE}/CHANGELOG.md", "^# Changelog\n", text)


@pytest.mark.parametrize(
    ("pattern", "text", "said"),
    [
        (r"seed\", int, \d+", 'seed", int, 999', "option seed is 999 by default, was 13"),
        (r'Option\("seed"', 'Option("chance"', "option seed is gone"),
    ],
)
def test_a_changed_interface_asks_for_more_than_a_patch(released, pattern, text, said):
    released.replace(CLI, pattern, text)
    if "chance" in text:
        released.replace(f"{EXPLORE}/component.yaml", r"\bseed\b", "chance")
    set_version(released, "0.1.1")
    _, _, err = released.run("check")
    line = err.split("\n")[0]
    assert line.startswith("explore: 0.1.1 after 0.1.0 is too low, at least 0.2.0: ")
    assert said in line
    released.run("bump")
    assert str(released.packages()["explore"].version) == "0.2.0"
    assert released.run("check")[0] == 0


def test_from_one_on_a_break_asks_for_a_major_version(released):
    assert released.run("bump", "explore", "--part", "major", "--note", "Stable.")[0] == 0
    assert str(released.packages()["explore"].version) == "1.0.0"
    released.commit()
    released.release()
    released.replace(CLI, r'Option\("seed"', 'Option("chance"')
    released.replace(f"{EXPLORE}/component.yaml", r"\bseed\b", "chance")
    assert "at least 2.0.0" in released.run("check")[2]


def test_a_version_does_not_go_back(released):
    set_version(released, "0.0.9", heading=False)
    _, _, err = released.run("check")
    assert "explore: 0.0.9 is lower than 0.1.0, which is released" in err
    assert "pipelines: contains explore 0.0.9, its last release had 0.1.0" in err


def test_a_version_without_a_heading_is_refused(released):
    set_version(released, "0.1.1", heading=False)
    assert "explore: CHANGELOG.md has no heading '## 0.1.1'" in released.run("check")[2]


def test_images_and_charts_that_name_other_versions_are_refused(released):
    released.replace(f"{EXPLORE}/component.yaml", "explore:0.1.0", "explore:0.0.1")
    released.replace("charts/sentiment-serving/Chart.yaml", "^appVersion: .*", "appVersion: 0.3.0")
    _, _, err = released.run("check")
    assert "component.yaml names sentiment-explore:0.0.1, the version is 0.1.0; make compile" in err
    assert "appVersion 0.3.0 is not the version of serving, 0.1.0; set it to 0.1.0" in err


def test_what_contains_something_unreleased_is_not_released_alone(released):
    change(released, LOG)
    released.run("bump", "--note", "Logs more.")
    code, _, err = released.run("release", "explore")
    assert code == 2
    assert 'explore contains base 0.1.1, which is not released; make release ROOMS="base' in err
    assert released.run("release", "base", "explore")[0] == 0
    assert released.run("check")[1].startswith("2 released, 3 due\n")


def test_a_dry_run_says_what_it_would_do_and_does_nothing(tree):
    before = tree.files()
    code, out, _ = tree.run("release", "--dry-run")
    assert (code, out.count("would record ")) == (0, 5)
    assert tree.files() == before
    tree.run("release")
    tree.commit("Release")
    assert tree.run("release", "--dry-run")[1].count("would tag ") == 5
    assert tree.git("tag", "--list") == ""


def test_only_what_is_committed_is_tagged(tree):
    tree.run("release")
    code, _, err = tree.run("release")
    assert (code, err.count("\n")) == (2, 1)
    assert "files are not committed, e.g. " in err
    assert tree.git("tag", "--list") == ""


def test_a_shallow_clone_checks_and_does_not_tag(released):
    clone = released.root.parent / "shallow"
    released.git("clone", "--quiet", "--depth", "1", released.root.as_uri(), str(clone))
    released.root = clone
    assert released.run("check") == (0, "5 released\n", "")
    assert "this clone is shallow and may lack tags; git fetch" in released.run("release")[2]


def test_a_tag_that_names_another_content_is_refused(released):
    released.git("tag", "--delete", "explore/v0.1.0")
    change(released)
    (released.root / EXPLORE / "release.json").unlink()
    released.run("release", "explore")
    released.commit("Another content under 0.1.0")
    released.git("tag", "explore/v0.1.0", "HEAD~1")
    code, _, err = released.run("release")
    assert code == 2
    assert (
        "the tag explore/v0.1.0 names another content than components/explore/release.json" in err
    )


def test_a_version_that_somebody_else_has_tagged_is_not_recorded(released):
    change(released)
    released.run("bump", "--note", "Says more.")
    released.git("tag", "explore/v0.1.1")
    before = released.files()
    code, _, err = released.run("release")
    assert code == 2
    assert "the tag explore/v0.1.1 is there, and its release is not recorded here; merge" in err
    assert released.files() == before


def test_records_can_be_made_of_what_was_there_before_there_were_any(tree):
    change(tree)
    tree.commit()
    code, out, _ = tree.run("release", "--at", "HEAD~1")
    assert (code, out.count("record ")) == (0, 5)
    code, _, err = tree.run("check")
    assert code == 2
    assert err.startswith("explore: changed under 0.1.0, which is released: src/")
    assert tree.run("release", "--at", "HEAD")[1] == ""


def test_a_revision_that_is_none_is_one_line(tree):
    code, _, err = tree.run("release", "--at", "--help-me")
    assert code == 2
    code, _, err = tree.run("release", "--at", "nowhere")
    assert (code, err.count("\n")) == (2, 1)


@pytest.mark.parametrize("step", ["bump", "release"])
def test_a_room_that_is_none_is_one_line(released, step):
    code, _, err = released.run(step, "explorer")
    assert code == 2
    assert (
        err == f"sentiment-pipelines: no room 'explorer'; there are {', '.join(released.names)}\n"
    )


def test_a_bump_that_fails_writes_nothing(released):
    change(released)
    released.replace("pipelines/pyproject.toml", '^version = "0.1.0"', "version   = '0.1.0'")
    before = released.files()
    code, _, err = released.run("bump", "--note", "Says more.")
    assert code == 2
    assert "pipelines/pyproject.toml: no line with the version; write version = " in err
    assert released.files() == before


def test_a_new_room_has_its_first_release_beside_the_others(released):
    (released.root / EXPLORE / "release.json").unlink()
    assert released.run("bump")[1] == "nothing rises\n"
    due = "4 released, 1 due\ndue for release: explore\n"
    assert released.run("check") == (0, due, "")
