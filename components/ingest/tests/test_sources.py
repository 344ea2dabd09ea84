from sentiment_ingest.examples import Columns
from sentiment_ingest.sources import own_data

ROWS = "text,stars,customer\nGreat product!,5,c1\nGreat product,5,c2\nIt broke,1,c1\n"


def test_without_a_group_column_near_duplicates_are_a_group(write):
    examples = own_data(str(write("a.csv", ROWS)), Columns("text", rating="stars"), None).examples
    assert [example.group for example in examples] == [examples[0].id] * 2 + [examples[2].id]


def test_groups_the_user_names_stay_as_they_are(write):
    columns = Columns("text", rating="stars", group="customer")
    examples = own_data(str(write("a.csv", ROWS)), columns, None).examples
    assert [example.group for example in examples] == ["c1", "c2", "c1"]
