"""``sentiment-pipelines images`` as it is typed."""

import pytest

from sentiment_pipelines import cli
from sentiment_pipelines.images import docker


def test_an_image_that_is_none_ends_with_2_and_one_line(capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(["images", "nothing"])
    assert end.value.code == 2
    told = capsys.readouterr().err
    assert told.startswith("sentiment-pipelines: IMAGES: no image 'nothing'; there are ")
    assert told.count("\n") == 1


@pytest.mark.parametrize("command", [["images", "compare"], ["base-image"]])
def test_without_docker_it_ends_with_2_and_one_line(command, capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(docker, "ELSEWHERE", str(tmp_path))
    with pytest.raises(SystemExit) as end:
        cli.main(command)
    assert end.value.code == 2
    assert capsys.readouterr().err == (
        "sentiment-pipelines: docker is not installed; install it, e.g. Debian's docker.io\n"
    )
