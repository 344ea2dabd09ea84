import pyarrow as pa
import pytest

from sentiment_transform.analysis import analyse
from sentiment_transform.features import load_graph
from sentiment_transform.settings import Settings
from sentiment_transform.specification import english

TEXTS = ["good good bad", "it is a bad good phone", "phone case", "the case rare"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("analysis")
    specification = english(lemmas=False, stop_words=True)
    specification.save(folder / "text_spec")
    batches = [pa.array(TEXTS[:3]), pa.array(TEXTS[3:])]
    settings = Settings(ngram_max=3, min_count=1, max_ngrams=6, max_tokens=4)
    analyse(batches, specification, folder / "text_spec" / "lemmas.tsv", settings, folder)
    return folder


def lines(folder, name):
    return (folder / "transform_fn" / "assets" / name).read_text().split("\n")[:-1]


def test_vocabularies_are_ordered_by_count_and_equal_counts_by_descending_bytes(folder):
    assert lines(folder, "tokens") == ["good", "phone", "case", "bad"]


def test_the_most_frequent_ngrams_of_every_length_are_kept(folder):
    assert lines(folder, "ngrams") == ["good", "phone", "case", "bad", "rare", "phone case"]


def test_the_graph_gives_identifiers_and_weights_of_known_ngrams_alone(folder):
    features = load_graph(folder / "transform_fn")({"text": ["bad bad new", "", "phone case"]})
    assert features["token_ids"].to_list() == [[5, 5, 1], [1], [3, 4]]
    assert features["ngram_ids"].values.numpy().tolist() == [3, 1, 2, 5]
    assert features["ngram_ids"].indices.numpy()[:, 0].tolist() == [0, 2, 2, 2]
    # 3 + 2 + 1 n-grams in the first text, two of them "bad", in 2 of 4 texts of the analysis.
    bad, phone, case, both = features["ngram_tfidf"].values.numpy()
    assert bad == pytest.approx(2 / 6 * 1.5108256)
    assert phone == case == pytest.approx(1 / 3 * 1.5108256)
    assert both == pytest.approx(1 / 3 * 1.9162908)


def test_the_graph_leaves_stop_words_out_and_lemmas_alone_as_the_specification_says(folder):
    tokens = load_graph(folder / "transform_fn")({"text": ["The phones are not good", "It is"]})
    assert tokens["tokens"].to_list() == [[b"phones", b"not", b"good"], [b"_empty_"]]
