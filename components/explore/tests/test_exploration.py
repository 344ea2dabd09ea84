import json

import numpy as np
import planted

from sentiment_explore import exploration, reading
from sentiment_explore.label_noise import NotFitted
from sentiment_explore.settings import Settings


def test_every_count_of_the_record_adds_up(sound):
    record = exploration.record(sound)
    kept = record["rows"]["kept"]
    assert kept == 1200
    assert sum(record["labels"].values()) == kept
    for part in ("splits", "sources"):
        assert sum(sum(it.values()) for it in record[part].values()) == kept
    assert sum(map(sum, record["timeline"]["counts"])) + record["timeline"]["undated"] == kept
    assert json.loads(json.dumps(record)) is not None


def test_the_month_in_which_complaints_piled_up_stands_out(sound):
    record = exploration.record(sound)
    at = record["timeline"]["starts"].index("2025-03-01")
    shares = [counts[0] / sum(counts) for counts in record["timeline"]["counts"]]
    assert shares[at] == max(shares)


def test_what_ingest_guessed_and_took_out_is_passed_on(explore):
    explored = explore(planted.sound(12), guesses=["read as cp1252"], personal_data={"email": 3})
    record = exploration.record(explored)
    assert (record["guesses"], record["personal_data"]) == (["read as cp1252"], {"email": 3})


def test_a_sample_is_drawn_outside_the_test_split_and_in_order(rows_of):
    rows = rows_of(planted.sound(500))
    drawn = exploration.draw(rows, 100, 13)
    assert len(drawn) == len(set(drawn.tolist())) == 100
    assert rows.shown[drawn].all()
    assert (np.diff(drawn) > 0).all()
    assert (exploration.draw(rows, 100, 13) == drawn).all()
    assert len(exploration.draw(rows, 10_000, 13)) == rows.shown.sum()


def test_a_handful_of_rows_is_explored_without_doubts(explore):
    explored = explore(planted.sound(12))
    assert isinstance(explored.evidence.doubted.fitted, NotFitted)
    assert "fewer than" in exploration.record(explored)["labelling"]["reason"]
    assert explored.suspects == []


def test_one_label_and_one_row_can_be_explored(explore):
    explored = explore([planted.alike(planted.sound(1)[0], split="train")])
    assert exploration.record(explored)["rows"]["kept"] == 1


def test_the_labels_of_the_test_split_move_counts_alone(tmp_path):
    one = planted.sound(400)
    other = [planted.alike(it, label="neutral") if it.split == "test" else it for it in one]
    records = []
    for name, examples in (("one", one), ("other", other)):
        folder = planted.write(tmp_path / name, examples)
        explored = exploration.explore(
            reading.read_rows(folder), {}, reading.Dropped(), (), Settings()
        )
        records.append(exploration.record(explored))
    for part in ("terms", "labelling", "repetition"):
        assert records[0][part] == records[1][part]
    assert records[0]["labels"] != records[1]["labels"]
