"""What runs inside the build: a lock is taken apart, settings are handed on, ballast goes."""

import re
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_pipelines.environments import ROOT
from sentiment_pipelines.images import install

LOCKS = [*ROOT.glob("components/*/requirements*.lock"), *ROOT.glob("serving/*.lock")]
NAMES = st.from_regex(r"[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,4})?", fullmatch=True)
KNOWN = st.sampled_from(["tensorflow-cpu", "numpy", "pyarrow", "libclang"])


def pins(lock):
    return re.findall(r"^[A-Za-z0-9][^ ;]*", lock, re.MULTILINE)


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_package_of_a_lock_is_in_one_layer_with_all_its_hashes(path):
    text = path.read_text()
    layers = install.split(text)
    kept = [pin for layer in layers.values() for pin in pins(layer)]
    assert sorted(kept) == sorted(pin for pin in pins(text) if not pin.startswith("libclang=="))
    hashes = re.findall(r"sha256:[0-9a-f]{64}", text.partition("libclang==")[0])
    assert all(digest in "".join(layers.values()) for digest in hashes)
    assert all("# via" not in layer for layer in layers.values())


def test_large_packages_that_images_share_come_in_layers_below():
    lock = "numpy==2.4.6 \\\n    --hash=sha256:aa\n    # via x\nre2==1 \\\n    --hash=sha256:bb\n"
    layers = install.split(lock)
    assert list(layers) == ["tensorflow", "arrays", "rest"]
    assert layers["arrays"] == "numpy==2.4.6 \\\n    --hash=sha256:aa\n"
    assert layers["rest"] == "re2==1 \\\n    --hash=sha256:bb\n"


def test_equal_pins_give_equal_layers_whoever_wants_them():
    one = "numpy==2.4.6 ; python_version < '4' \\\n    --hash=sha256:aa\n    # via one\n"
    other = one.replace("# via one", "# via\n    #   other\n    #   third") + "zzz==1\n"
    assert install.split(one)["arrays"] == install.split(other)["arrays"]


@given(st.lists(st.one_of(NAMES, KNOWN), unique=True))
def test_no_package_is_lost_or_doubled(names):
    lock = "".join(f"{name}==1.0 \\\n    --hash=sha256:00\n    # via x\n" for name in names)
    kept = [pin for layer in install.split(lock).values() for pin in pins(layer)]
    assert sorted(kept) == sorted(f"{name}==1.0" for name in names if name != "libclang")


def test_pips_settings_are_handed_to_uv(tmp_path):
    listed = (
        "global.index-url='https://user:word@index.example/simple'\n"
        "global.extra-index-url='\\nhttps://a.example/simple\\nhttps://b.example/simple'\n"
        "global.trusted-host='index.example'\n"
        ":env:.default-timeout='180'\n"
        "global.no-color='true'\n"
    )
    assert install.settings(listed, tmp_path) == {
        "UV_DEFAULT_INDEX": "https://user:word@index.example/simple",
        "UV_INDEX": " https://a.example/simple https://b.example/simple",
        "UV_INSECURE_HOST": "index.example",
        "UV_HTTP_TIMEOUT": "180",
    }


def test_an_authority_is_the_secret_and_never_a_path_of_the_users_machine(tmp_path):
    listed = "global.cert='/home/someone/ca.pem'\n"
    assert install.settings(listed, tmp_path) == {}
    (tmp_path / "ca").write_text("certificate")
    assert install.settings(listed, tmp_path) == {"SSL_CERT_FILE": str(tmp_path / "ca")}


def test_tests_and_headers_are_removed_and_nothing_else(tmp_path):
    gone = [
        "numpy/linalg/tests/test_a.py", "numpy/tests/data/x", "tensorflow/include/a.h",
        "pyarrow/tests/a.py", "sklearn/svm/tests/a.py", "scipy/tests/a.py", "pandas/tests/io/a.py",
    ]  # fmt: skip
    kept = [
        "numpy/testing/a.py", "other/tests/a.py", "tensorflow/python/a.py", "tests/a.py",
        "numpy/linalg/a.py", "sklearn/utils/_testing.py",
    ]  # fmt: skip
    for name in gone + kept:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    install.strip(tmp_path)
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert left == set(kept)


def test_what_is_installed_is_read_from_the_rooms_own_project():
    room = ROOT / "components/ingest"
    project = tomllib.loads((room / "pyproject.toml").read_text())
    assert install.lock_name(project) == "requirements.lock"
    assert install.local_packages(room, project) == [
        ROOT / "common/base", ROOT / "common/sources", room,
    ]  # fmt: skip
