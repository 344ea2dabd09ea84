import json

import pytest

from sentiment_common.errors import InputError
from sentiment_common.text import current
from sentiment_models import LABELS, load
from sentiment_models.bundle import Bundle, read_bundle, write_bundle

WITHOUT_LABELS = '{"name": "x", "backend": "linear", "text_specification": "", "schema_version": 1}'


def change(folder, **values):
    path = folder / "bundle.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def test_what_was_written_is_read_back(bundle_folder, specification):
    bundle = read_bundle(bundle_folder)
    assert (bundle.name, bundle.backend, bundle.labels) == ("baseline", "linear", LABELS)
    assert bundle.text_specification == specification.digest
    assert set(bundle.runtime) == {"numpy"}


def test_a_folder_without_bundle_json_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"no bundle\.json here; give the folder of a model"):
        load(tmp_path)


def test_a_broken_bundle_json_is_refused(bundle_folder):
    (bundle_folder / "bundle.json").write_text('{"name": ')
    with pytest.raises(InputError, match="not JSON"):
        load(bundle_folder)


@pytest.mark.parametrize("content", ["[]", "{}", WITHOUT_LABELS])
def test_json_that_is_no_bundle_is_refused(bundle_folder, content):
    (bundle_folder / "bundle.json").write_text(content)
    with pytest.raises(InputError, match="not a bundle's description"):
        load(bundle_folder)


@pytest.mark.parametrize("values", [{"schema_version": 2}, {"colour": "blue"}])
def test_a_bundle_of_another_schema_is_refused(bundle_folder, values):
    change(bundle_folder, **values)
    with pytest.raises(InputError, match="wanted a bundle of schema 1"):
        load(bundle_folder)


def test_labels_in_another_order_are_refused(bundle_folder):
    change(bundle_folder, labels=["positive", "neutral", "negative"])
    with pytest.raises(InputError, match="its labels are positive, neutral, negative"):
        load(bundle_folder)


def test_an_unknown_backend_is_refused(bundle_folder):
    change(bundle_folder, backend="oracle")
    with pytest.raises(InputError, match="unknown backend 'oracle'"):
        load(bundle_folder)


def test_another_text_specification_than_that_of_training_is_refused(bundle_folder, specification):
    other = current({"batteries": "cell"})
    other.save(bundle_folder / "text_spec")
    with pytest.raises(InputError, match=f"trained with {specification.digest}"):
        load(bundle_folder)


def test_a_changed_lemma_is_noticed(bundle_folder):
    lemmas = bundle_folder / "text_spec" / "lemmas.tsv"
    lemmas.write_text(lemmas.read_text().replace("battery", "cell"))
    with pytest.raises(InputError, match="digest"):
        load(bundle_folder)


def test_a_missing_text_specification_is_named(bundle_folder):
    (bundle_folder / "text_spec" / "spec.json").unlink()
    with pytest.raises(InputError, match=r"spec\.json is missing"):
        load(bundle_folder)


def test_facts_that_name_another_specification_are_not_written(tmp_path, specification):
    specification.save(tmp_path / "text_spec")
    (tmp_path / "model").mkdir()
    with pytest.raises(InputError, match="its text specification is"):
        write_bundle(tmp_path / "model", Bundle("x", "linear", "sha256:0"), tmp_path / "text_spec")
    assert list((tmp_path / "model").iterdir()) == []
