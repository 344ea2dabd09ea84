import shutil

import pytest

from sentiment_common.artifacts import payload_digest
from sentiment_common.errors import InputError
from sentiment_serving.references import parse
from sentiment_serving.sources import KEPT_COPIES, Copy, Shelf

CHAMPION = parse("models:/sentiment@champion")


@pytest.fixture
def shelf(store, tmp_path):
    return Shelf(tmp_path / "copies", {"MLFLOW_TRACKING_URI": store.uri})


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr("sentiment_serving.sources.PATIENCE", 0.0)


def test_a_folder_is_served_where_it_lies(tiny_bundle, tmp_path):
    assert Shelf(tmp_path / "none", {}).first(parse(str(tiny_bundle))) == Copy(tiny_bundle)
    assert not (tmp_path / "none").exists()


def test_a_registered_bundle_is_copied_once(shelf, store, tiny_bundle, tmp_path):
    store(tiny_bundle)
    copy = shelf.first(CHAMPION)
    assert copy.version == "1"
    assert payload_digest(copy.folder) == payload_digest(tiny_bundle)
    # What cannot be downloaded any more must come from the shelf.
    shutil.rmtree(tmp_path / "artifacts")
    assert shelf.first(CHAMPION) == copy


def test_a_copy_that_was_changed_is_fetched_again(shelf, store, tiny_bundle):
    store(tiny_bundle)
    copy = shelf.first(CHAMPION)
    (copy.folder / "vocabulary.txt").write_text("changed\n")
    assert payload_digest(shelf.first(CHAMPION).folder) == payload_digest(tiny_bundle)


def test_a_bundle_that_is_not_the_registered_one_is_refused(shelf, store, tiny_bundle, tmp_path):
    store(tiny_bundle, digest="sha256:" + "0" * 64)
    with pytest.raises(InputError, match="registered is sha256:000"):
        shelf.first(CHAMPION)
    assert list((tmp_path / "copies").iterdir()) == []


def test_a_version_without_a_digest_is_known_by_its_files(shelf, store, tiny_bundle):
    store(tiny_bundle, digest="")
    assert shelf.first(CHAMPION).folder.name in payload_digest(tiny_bundle)


def test_a_registry_that_is_away_at_the_start_leaves_the_copy(shelf, store, tiny_bundle, tmp_path):
    store(tiny_bundle)
    copy = shelf.first(CHAMPION)
    (tmp_path / "mlflow.db").unlink()
    assert shelf.first(CHAMPION) == copy


@pytest.mark.usefixtures("impatient")
def test_without_a_copy_the_start_ends_in_one_line(shelf, store, tiny_bundle, tmp_path):
    store(tiny_bundle)
    copy = shelf.first(CHAMPION)
    (copy.folder / "vocabulary.txt").write_text("changed\n")
    (tmp_path / "mlflow.db").unlink()
    with pytest.raises(InputError, match=r"the registry is away .* and no copy is here"):
        shelf.first(CHAMPION)


def test_a_registry_that_comes_back_in_time_is_waited_for(shelf, store, tiny_bundle, tmp_path):
    store(tiny_bundle)
    away = tmp_path / "away.db"
    (tmp_path / "mlflow.db").rename(away)
    pauses = []

    def sleep(seconds):
        pauses.append(seconds)
        away.rename(tmp_path / "mlflow.db")

    assert shelf.first(CHAMPION, sleep).version == "1"
    assert len(pauses) == 1


def test_only_the_last_few_copies_are_kept(shelf, store, tiny_bundle, tmp_path):
    for number in range(KEPT_COPIES + 1):
        bundle = shutil.copytree(tiny_bundle, tmp_path / f"bundle{number}")
        (bundle / "vocabulary.txt").write_text(f"good\nbad\nparcel\nword{number}\n")
        store(bundle)
        last = shelf.first(CHAMPION)
    copies = [path for path in (tmp_path / "copies").iterdir() if path.is_dir()]
    assert len(copies) == KEPT_COPIES
    assert last.folder in copies
