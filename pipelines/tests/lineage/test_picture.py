"""A lineage as a picture."""

import re
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from sentiment_common.artifacts import Manifest, Source
from sentiment_pipelines.lineage import chain, picture, target
from sentiment_pipelines.lineage.chain import DELETED, REGISTERED, Lineage, Node

SVG = "{http://www.w3.org/2000/svg}"


def parsed(text):
    return ElementTree.fromstring(text)  # noqa: S314 (we have just drawn it)


def boxes(svg):
    """Returns the class, the rectangle and the texts of each box."""
    for group in svg.iter(f"{SVG}g"):
        rectangle = group.find(f"{SVG}rect").attrib
        sides = [float(rectangle[name]) for name in ("x", "y", "width", "height")]
        yield group.attrib["class"], sides, list(group.iter(f"{SVG}text"))


def test_a_run_is_a_box_per_task_and_per_source_with_all_digests(house, tmp_path):
    made = house.train(house.first)
    available = chain.store()
    root = target.find(f"{house.first}/evaluate/evaluation", available, None)
    picture.save(chain.trace(available, root), tmp_path / "new" / "lineage.svg")
    text = (tmp_path / "new" / "lineage.svg").read_text()
    found = list(boxes(parsed(text)))
    titles = sorted(texts[0].text for _, _, texts in found)
    assert titles == [
        "champion", "evaluate", "ingest", "source", "source", "train-baseline", "train-deep",
        "transform",
    ]  # fmt: skip
    for name in ("examples", "features", "candidate", "candidate_2", "champion", "evaluation"):
        assert made[name][7:19] in text
    assert house.reviews.sha256[:12] in text
    (root_box,) = (texts for kind, _, texts in found if "root" in kind)
    assert root_box[0].text == "evaluate"


def test_the_picture_loads_nothing_and_runs_nothing(house):
    house.train(house.first)
    available = chain.store()
    place = target.find(f"{house.first}/train-deep/model", available, None)
    text = picture.draw(chain.trace(available, place))
    assert re.findall(r"https?://[^\"]*", text) == ["http://www.w3.org/2000/svg"]
    assert not re.search(r"<script|@import|@font-face|url\(|href", text)


def test_what_is_missing_looks_different():
    nodes = {
        "gone": Node("examples", "", "", "sha256:" + "0" * 64, notes=(DELETED,), missing=True),
        "m": Node("model", "train", "model", "sha256:" + "1" * 64, inputs={"examples": "gone"}),
        "v": Node("sentiment/1", "", REGISTERED, "", inputs={"model": "m"}),
    }
    kinds = {
        texts[0].text: kind for kind, _, texts in boxes(parsed(picture.draw(Lineage("v", nodes))))
    }
    assert kinds == {"missing": "missing", "train": "task", "sentiment/1": "version root"}


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_text_makes_a_picture_in_which_it_fits_its_box(uri, note):
    nodes = {"e": Node("examples", "ingest", "examples", "sha256:1", notes=(note,),
                       sources=(Source(uri, "0" * 64, 1),))}  # fmt: skip
    for _, (x, _, width, _), texts in boxes(parsed(picture.draw(Lineage("e", nodes)))):
        for text in texts:
            at, cells = float(text.attrib["x"]), cell_len(text.text or "")
            # A character of a monospaced font is 0.6 em wide, at 12 px.
            if text.attrib.get("text-anchor") == "end":
                assert at - cells * 7.2 > x
            else:
                assert at + cells * 7.2 < x + width


def test_what_is_to_be_said_of_any_output_is_in_its_box(house):
    house.train(house.first)
    (house.at(house.first, "transform") / "graph" / "content.json").write_text("[]")
    house.task(
        house.first,
        "judge",
        {"blessing": ("blessing", "yes")},
        {name: house.digest(house.first, "transform", name) for name in ("features", "graph")},
    )
    available = chain.store()
    place = target.find(f"{house.first}/judge/blessing", available, None)
    found = boxes(parsed(picture.draw(chain.trace(available, place))))
    (transform,) = [texts for _, _, texts in found if texts[0].text == "transform"]
    assert "changed after it was made" in " ".join(text.text for text in transform)


PLACES = st.lists(
    st.builds(
        lambda task, run, digest, inputs: chain.Place(
            None, Manifest("examples", 1, "stage", "1", digest, inputs), f"of {digest}", task, run,
            run,
        ),
        st.sampled_from("st"),
        st.sampled_from("12"),
        st.sampled_from("abcde"),
        st.dictionaries(st.sampled_from("xyz"), st.sampled_from("abcde")),
    ),
    min_size=1,
    max_size=10,
)  # fmt: skip


@given(PLACES)
def test_whatever_came_back_is_drawn_and_each_digest_once_per_maker(places):
    lineage = chain.trace(chain.Store(places), places[0])
    found = list(boxes(parsed(picture.draw(lineage))))
    shown = sum(text.text.startswith("of ") for _, _, texts in found for text in texts)
    assert shown == len(lineage.nodes) - len(lineage.missing)


def test_a_long_address_keeps_its_end():
    shown = picture._shortened("/a/very/long/way/to/the/folder/with/the/reviews.csv")
    assert len(shown) == picture.LONGEST
    assert shown.endswith("/the/reviews.csv")
