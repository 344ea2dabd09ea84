"""What may be pushed where, and what a registry may complain of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.errors import InputError
from sentiment_pipelines import cli
from sentiment_pipelines.images import pushing

DIGEST = "sha256:" + "d" * 64


@pytest.mark.parametrize(
    "registry",
    ["localhost:5001", "127.0.0.1:5000/team", "[::1]:5000", "localhost", "localhost:5001/"],
)
def test_what_is_in_no_release_may_go_to_a_registry_on_this_machine(tree, registry):
    assert "-dev." in tree.image().tag
    assert pushing.check(registry, [tree.image()]) == registry.removesuffix("/")


@pytest.mark.parametrize(
    "registry", ["registry.example.com/team", "localhost.example.com", "127.0.0.1.example.com"]
)
def test_what_is_in_no_release_goes_to_no_other_registry_unless_that_is_asked_for(tree, registry):
    with pytest.raises(InputError, match=r"1 of 1 images are in no release, e\.g\. sentiment-"):
        pushing.check(registry, [tree.image()])
    assert pushing.check(registry, [tree.image()], development=True) == registry


def test_what_was_released_goes_anywhere(tree):
    tree.release()
    assert pushing.check("registry.example.com/team", [tree.image()])


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_no_text_that_is_not_a_registry_reaches_docker(text):
    try:
        name = pushing.check(text, [])
    except InputError as error:
        assert "is no registry" in str(error)
    else:
        assert name
        assert not name.startswith("-") or pushing.REGISTRY.fullmatch(name)
        assert not set(name) & set(" \t\n@\\\"'$;&|")


@pytest.mark.parametrize(
    ("said", "what", "mend"),
    [
        ("no basic auth credentials", "does not let you in", "`docker login reg.example.com:5000`"),
        ("denied: requested access", "does not let you in", "docker login"),
        ("http: server gave HTTP response to HTTPS client", "speaks no TLS", "insecure-registries"),
        ("tls: x509: certificate signed by unknown authority", "certificate", "ca.crt"),
        ("dial tcp 1.2.3.4:443: connect: connection refused", "cannot be reached", "kind-up"),
        ("write /var/lib: no space left on device", "disk is full", "make room"),
        ("name unknown: The repository with name 'x' does not exist", "no such repository", "crea"),
        ("something new\nand a reason", "the push failed: and a reason", ""),
    ],
)
def test_a_complaint_of_a_registry_is_one_line_with_a_remedy(said, what, mend):
    found = pushing.fault(said, "reg.example.com:5000/team/x:1")
    assert what in str(found)
    assert mend in str(found)
    assert "\n" not in str(found)


def test_a_registry_that_is_none_ends_with_2_and_one_line(capsys, monkeypatch):
    from sentiment_pipelines.images import base, docker

    monkeypatch.setattr(docker, "connect", lambda: None)
    monkeypatch.setattr(base, "find", lambda found: base.Base("base:1", DIGEST, "c" * 64))
    with pytest.raises(SystemExit) as end:
        cli.main(["images-push", "https://registry.example.com", "compare"])
    assert end.value.code == 2
    assert capsys.readouterr().err == (
        "sentiment-pipelines: REGISTRY: 'https://registry.example.com' is no registry; a host, "
        "with a port or a path if need be: registry.example.com/team\n"
    )
