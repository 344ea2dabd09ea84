import os
import shutil
import socket
import sqlite3
import subprocess
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentiment_common.errors import InputError
from sentiment_sources import SourceSpec, parse_sources, read
from sentiment_sources.places.databases import certainly_before

COLUMNS = {"text": "review", "rating": "stars", "created_at": "created"}
ROWS = [
    (3, "fine", 2.5, None),
    (1, "bad", 1, "2026-11-01T10:00:00"),
    (2, "good", 5, "2026-11-02 10:00:00"),
]


@pytest.fixture
def database(tmp_path):
    """Path of a database of feedback."""
    path = tmp_path / "feed back%.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE feedback (id INTEGER PRIMARY KEY, review, stars, created)")
        connection.executemany("INSERT INTO feedback VALUES (?, ?, ?, ?)", ROWS)
        connection.execute("CREATE TABLE loose (review TEXT)")
        connection.execute("CREATE VIEW best AS SELECT * FROM feedback WHERE stars > 4")
    connection.close()
    return path


def texts(reading):
    return [record.values["text"] for record in reading]


def asking(path, query):
    return [SourceSpec(f"sqlite:///{path}", query=query)]


def test_a_table_is_read_in_the_order_of_its_key(database):
    reading = read(parse_sources(f"shop=sqlite:///{database}#feedback"), COLUMNS)
    records = list(reading)
    assert [(record.row, dict(record.values)) for record in records] == [
        (1, {"text": "bad", "rating": 1, "created_at": "2026-11-01T10:00:00"}),
        (2, {"text": "good", "rating": 5, "created_at": "2026-11-02 10:00:00"}),
        (3, {"text": "fine", "rating": 2.5, "created_at": None}),
    ]
    assert {(record.file, record.origin, record.problem) for record in records} == {
        ("feedback", "shop", "")
    }
    assert not reading.guesses
    (source,) = reading.sources
    assert source.uri == f"sqlite:///{database}#feedback"


def test_the_digest_is_that_of_the_rows_as_they_were_read(database):
    def digest(columns=COLUMNS):
        reading = read(parse_sources(f"sqlite:///{database}#feedback"), columns)
        assert len(list(reading)) == 3
        return reading.sources[0].sha256

    first = digest()
    assert digest() == first
    assert digest({"text": "review"}) != first
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE feedback SET review = 'better' WHERE id = 3")
    connection.close()
    assert digest() != first


def test_a_query_is_asked_as_it_is_written(database):
    query = (
        "SELECT review, ':x' AS a, 7 % 4 AS three -- 12:30, 100%\nFROM feedback ORDER BY 1 DESC;"
    )
    reading = read(asking(database, query), {"text": "review", "id": "a", "rating": "three"})
    assert [dict(record.values) for record in reading] == [
        {"text": text, "id": ":x", "rating": 3} for text in ("good", "fine", "bad")
    ]
    assert not reading.guesses
    assert reading.sources[0].uri.endswith(f"[{' '.join(query.split())}]")


@pytest.mark.parametrize("place", ["#loose", "#best"])
def test_what_has_no_order_is_told(database, place):
    reading = read(parse_sources(f"sqlite:///{database}{place}"), {"text": "review"})
    list(reading)
    assert any("nothing orders its rows" in guess for guess in reading.guesses)
    reading = read(asking(database, "SELECT review FROM feedback"), {"text": "review"})
    assert len(list(reading)) == 3
    assert any("give ORDER BY" in guess for guess in reading.guesses)


def test_rows_before_the_watermark_are_left_out_and_counted_and_undated_ones_are_not(database):
    for specs in (
        parse_sources(f"sqlite:///{database}#feedback"),
        asking(database, "SELECT * FROM feedback ORDER BY id"),
    ):
        reading = read(specs, COLUMNS, since="2026-11-02T23:00:00+00:00")
        assert texts(reading) == ["bad", "good", "fine"]
        reading = read(specs, COLUMNS, since="2026-11-03T01:00:00+00:00")
        assert texts(reading) == ["good", "fine"]
        assert reading.skipped == 1
        assert texts(read(specs, {"text": "review"}, since="2027-01-01")) == ["bad", "good", "fine"]


def test_what_is_no_date_is_never_left_out_as_an_older_one(database):
    dates = [1790000000, "11/20/2025", "3 Nov 2025", "", None, "2026-11-20 10:00", "2025-11-20"]
    with sqlite3.connect(database) as connection:
        connection.executemany("INSERT INTO loose VALUES (?)", [(date,) for date in dates])
    connection.close()
    specs = parse_sources(f"sqlite:///{database}#loose")
    reading = read(
        specs, {"text": "review", "created_at": "review"}, since="2026-11-01T00:00+00:00"
    )
    assert texts(reading) == [str(date) if date else date for date in dates[:-1]]
    assert reading.skipped == 1


def test_a_query_stands_in_lineage_and_messages_as_it_was_given(database, monkeypatch):
    monkeypatch.setenv("SPACED", "two  spaces")
    monkeypatch.setenv("SHORT", "pw1")
    query = "SELECT review FROM feedback WHERE review NOT IN ('${SPACED}',\n'${SHORT}')"
    reading = read(asking(database, query), {"text": "review"})
    assert len(list(reading)) == 3
    shown = f"sqlite:///{database} [{' '.join(query.split())}]"
    assert [source.uri for source in reading.sources] == [shown]
    assert reading.guesses[0].startswith(f"{shown}: nothing orders")
    with pytest.raises(InputError) as caught:
        list(read(asking(database, query), {"text": "text"}))
    assert caught.value.where == shown


@pytest.mark.parametrize(
    ("since", "mark"),
    [
        ("2026-11-02T10:00:00+09:00", "2026-11-01"), ("2026-11-02 10:00:00", "2026-11-01"),
        ("2026-11-02", "2026-11-01"), ("1700000000", "1700000000"), ("20261102", "20261102"),
        ("v7", "v7"), ("0001-01-01", "0001-01-01"), ("2026-11-02T00:00:00+14:00", "2026-10-31"),
    ],
)  # fmt: skip
def test_a_date_is_taken_back_by_a_day_and_what_is_none_is_not(since, mark):
    assert certainly_before(since) == mark


@settings(max_examples=30, deadline=None)
@given(rows=st.lists(st.one_of(st.none(), st.binary(max_size=9), st.integers(0, 9), st.text())))
def test_every_row_is_given_or_given_back_with_its_problem(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("any") / "any.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, x)")
        for row in rows:
            cell = row.encode("utf-8", "surrogatepass") if isinstance(row, str) else row
            text = "INSERT INTO t (x) VALUES (CAST(? AS TEXT))"
            connection.execute(
                text if isinstance(row, str) else "INSERT INTO t (x) VALUES (?)", (cell,)
            )
    connection.close()
    records = list(read(parse_sources(f"sqlite:///{path}#t"), {"text": "x"}))
    assert [record.row for record in records] == list(range(1, len(rows) + 1))
    for row, record in zip(rows, records, strict=True):
        assert record.problem in ("", "not UTF-8")
        if not record.problem:
            expected = row.decode() if isinstance(row, bytes) else row
            assert record.values["text"] == expected


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("#feedbak", r"no table 'feedbak'; .*there are: best, feedback, loose"),
        ("", "neither a table nor a query; .*there are: best, feedback, loose"),
        ("#loose", "no column 'stars'; the columns are 'review'"),
    ],
)
def test_what_is_not_there_is_answered_with_what_is(database, place, message):
    with pytest.raises(InputError, match=message):
        list(read(parse_sources(f"sqlite:///{database}{place}"), COLUMNS))


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELEC review FROM feedback", 'cannot be read .*near "SELEC"'),
        ("SELECT review FROM nowhere", "no such table: nowhere"),
        ("SELECT id FROM feedback", "no column 'review'; the columns are 'id'"),
        ("DELETE FROM feedback", "cannot be read"),
        ("SELECT 1) AS a; DELETE FROM feedback; --", "cannot be read"),
        ("ATTACH 'new.db' AS new", "cannot be read"),
        ("VACUUM INTO 'new.db'", "cannot be read"),
    ],
)
def test_a_query_that_is_none_is_refused_and_changes_nothing(database, monkeypatch, query, message):
    monkeypatch.chdir(database.parent)
    before = database.read_bytes()
    with pytest.raises(InputError, match=message):
        list(read(asking(database, query), {"text": "review"}))
    assert database.read_bytes() == before
    assert list(database.parent.iterdir()) == [database]


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("sqlite:///nowhere.db#t", "no such file"),
        ("ftp://host/a.csv", "unknown scheme 'ftp'; there are paths, s3://"),
        ("mysql://host/db#t", "no driver for 'mysql'"),
        ("postgresql://host:port/db#t", "no address of a database"),
        ("postgresql://127.0.0.1:1/db#t", r"cannot be read \(connection .*PGPASSWORD"),
    ],
)
def test_no_database_is_one_line(tmp_path, monkeypatch, uri, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=message):
        list(read(parse_sources(uri), {"text": "t"}))
    assert not list(tmp_path.iterdir())


def test_a_table_and_a_query_and_a_query_of_a_file_are_refused(database, tmp_path):
    with pytest.raises(InputError, match="a table and a query"):
        list(read([SourceSpec(f"sqlite:///{database}#t", query="SELECT 1")], {"text": "t"}))
    with pytest.raises(InputError, match="a query, and no database"):
        list(read([SourceSpec(str(tmp_path / "a.csv"), query="SELECT 1")], {"text": "t"}))


# PostgreSQL: a real server, which tests/system reads through a stage as well.

TABLE = """
CREATE TABLE feedback (
  id int PRIMARY KEY, review text, stars numeric(3, 1), created timestamptz, local timestamp,
  day date, raw bytea, document jsonb, tags text[]
);
INSERT INTO feedback SELECT n, 'text ' || n || E' \\u0085 %s', n % 5 + 0.5,
  timestamptz '2026-11-01 00:00+09' + n * interval '1 hour',
  timestamp '2026-11-01' + n * interval '1 hour',
  date '2026-11-01' + n % 30, 'caf\\303\\251', '{"a": 1}', '{x}' FROM generate_series(1, 3000) AS n;
INSERT INTO feedback (id, raw) VALUES (3001, '\\xff');
CREATE SCHEMA "My S";
CREATE TABLE "My S"."Ünï t" ("Te xt" text);
INSERT INTO "My S"."Ünï t" VALUES ('quoted');
CREATE MATERIALIZED VIEW copied AS SELECT review AS "Te xt" FROM feedback WHERE id = 1;
CREATE TABLE parts ("Te xt" text) PARTITION BY LIST ("Te xt");
CREATE TABLE part PARTITION OF parts DEFAULT;
INSERT INTO parts VALUES ('in a part');
"""
CANARY = "canary/p@ss"


@pytest.fixture(scope="module")
def server():
    """Starts PostgreSQL with a table, as nobody where we are root, and returns its folder and port.

    Where it is missing CI fails by name, elsewhere the tests are not run.
    """
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("PostgreSQL is not installed")
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    user = ["setpriv", "--reuid=nobody", "--clear-groups"] if os.getuid() == 0 else []
    # pytest's own folders are closed to other users.
    with tempfile.TemporaryDirectory(prefix="postgres-") as name:
        folder, data = Path(name), Path(name) / "data"
        (folder / "password").write_text(CANARY)
        if user:
            shutil.chown(folder, "nobody")
            shutil.chown(folder / "password", "nobody")
        start = [
            [programs[-1] / "initdb", "--no-sync", "--username=reader", "--auth=scram-sha-256",
             "--encoding=UTF8", f"--pwfile={folder / 'password'}", f"--pgdata={data}"],
            [programs[-1] / "pg_ctl", f"--pgdata={data}", f"--log={folder / 'log'}", "--wait",
             f"--options=-k {name} -p {port} -c listen_addresses=127.0.0.1 -c fsync=off", "start"],
        ]  # fmt: skip
        for command in start:
            subprocess.run([*user, *command], check=True, stdout=subprocess.DEVNULL, cwd="/")
        try:
            import psycopg

            with psycopg.connect(
                host=name, port=port, user="reader", password=CANARY, dbname="postgres"
            ) as connection:
                connection.execute(TABLE)
            yield folder, port
        finally:
            stop = [programs[-1] / "pg_ctl", f"--pgdata={data}", "--mode=immediate", "stop"]
            subprocess.run([*user, *stop], check=True, stdout=subprocess.DEVNULL, cwd="/")


@pytest.fixture
def postgres(server, monkeypatch):
    """Address of the server, whose password is in the environment."""
    monkeypatch.setenv("PASSWORD", CANARY)
    monkeypatch.delenv("PGPASSWORD", raising=False)
    return f"postgresql://reader:${{PASSWORD}}@127.0.0.1:{server[1]}/postgres"


def test_postgres_is_read_in_batches_with_all_its_types(postgres):
    roles = {
        "id": "id", "text": "review", "rating": "stars", "created_at": "created", "day": "day",
        "raw": "raw", "document": "document", "tags": "tags",
    }  # fmt: skip
    reading = read(parse_sources(f"{postgres}#feedback"), roles)
    *records, last = reading
    assert [record.values["id"] for record in records] == list(range(1, 3001))
    assert dict(records[1].values) == {
        "id": 2, "text": "text 2 \x85 %s", "rating": 2.5,
        "created_at": datetime(2026, 10, 31, 17, tzinfo=UTC), "day": date(2026, 11, 3),
        "raw": "café", "document": '{"a": 1}', "tags": '["x"]',
    }  # fmt: skip
    assert (last.row, last.problem) == (3001, "not UTF-8")
    assert reading.sources[0].uri == f"{postgres}#feedback"
    assert not reading.guesses


@pytest.mark.parametrize(
    ("table", "text"),
    [("My S.Ünï t", "quoted"), ("copied", "text 1 \x85 %s"), ("parts", "in a part")],
)
def test_postgres_has_tables_of_many_kinds_and_names(postgres, table, text):
    assert texts(read(parse_sources(f"{postgres}#{table}"), {"text": "Te xt"})) == [text]


@pytest.mark.parametrize("since", ["", "2020-01-01"])
def test_postgres_runs_one_statement_that_only_reads(postgres, since):
    columns = {"text": "review", "created_at": "review"}
    for query in (
        "SELECT 'a' AS review; COMMIT; DELETE FROM feedback",
        "SELECT 'a' AS review) AS a; COMMIT; DELETE FROM feedback; SELECT * FROM (SELECT 1",
    ):
        with pytest.raises(InputError, match=r"multiple commands|syntax error"):
            list(read([SourceSpec(postgres, query=query)], columns, since=since))
    assert len(texts(read(parse_sources(f"{postgres}#feedback"), {"text": "review"}))) == 3001
    query = "SELECT review FROM feedback WHERE review LIKE '%9_ %s' AND 5 % 2 = 1 LIMIT 3; ;\n"
    assert len(texts(read([SourceSpec(postgres, query=query)], columns, since=since))) == 3


@pytest.mark.parametrize("column", ["created", "local", "day"])
def test_postgres_leaves_out_what_is_older_whatever_the_type_of_the_time(postgres, column):
    columns = {"text": "review", "created_at": column}
    for specs in (
        parse_sources(f"{postgres}#feedback"),
        [SourceSpec(postgres, query="SELECT * FROM feedback WHERE day::text > '2' OR day IS NULL")],
    ):
        reading = read(specs, columns, since="2026-11-20T12:00:00+00:00")
        times = [record.values["created_at"] for record in reading]
        assert reading.skipped > 400
        assert len(times) + reading.skipped == 3001
        assert None in times
        assert min(time.isoformat() for time in times if time) < "2026-11-20T12"


def test_postgres_answers_on_its_socket_and_to_an_address_that_is_secret_as_a_whole(
    server, postgres, monkeypatch
):
    folder, port = server
    monkeypatch.setenv("WHOLE", f"postgres://reader:canary%2Fp%40ss@127.0.0.1:{port}/postgres")
    for uri in (
        f"postgresql://reader:${{PASSWORD}}@/postgres?host={folder}&port={port}#feedback",
        "${WHOLE}#public.feedback",
    ):
        reading = read(parse_sources(uri), {"text": "review"})
        assert len(list(reading)) == 3001
        assert reading.sources[0].uri == uri


@pytest.mark.parametrize(
    ("change", "query", "message"),
    [
        (("reader:", "stranger:"), "", "password authentication failed"),
        (("/postgres", "/nowhere"), "", 'database "nowhere" does not exist'),
        ((":${PASSWORD}", ""), "", "no password supplied.*PGPASSWORD"),
        (("", ""), "SELEC 1", "syntax error.*check the query"),
        (("", ""), "SELECT 1/0 AS review", "division by zero"),
        (("", ""), "SELECT 'infinity'::timestamptz AS review", "timestamp too large.*cast"),
        (("", ""), "SELECT pg_terminate_backend(pg_backend_pid()) AS review", "closed|terminating"),
        (
            ("", ""),
            "WITH a AS (DELETE FROM feedback RETURNING *) SELECT * FROM a",
            "cannot be read",
        ),
        (("", ""), "SELECT review FROM feedback WHERE '${PASSWORD}' = ''::int", "cannot be read"),
    ],
)
def test_what_postgres_refuses_is_one_line_without_the_password(postgres, change, query, message):
    uri = postgres.replace(*change) + ("" if query else "#feedback")
    with pytest.raises(InputError, match=message) as caught:
        list(read([SourceSpec(uri, query=query)], {"text": "review"}))
    assert "canary" not in str(caught.value)
    assert "\n" not in str(caught.value)
