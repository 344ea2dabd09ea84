import datetime

import pytest

from sentiment_sources.cells import looks_mangled_id, serial_date


@pytest.mark.parametrize("cell", ["5.69587E+17", "5,69587E+17", "1E+15", " 1.2e+20 ", "1E18"])
def test_a_rounded_number_is_no_id(cell):
    assert looks_mangled_id(cell)


@pytest.mark.parametrize("cell", ["569587140490866700", "E+17", "A1E+17", "1E5", "12.5", "", "5e"])
def test_other_ids_are_left_alone(cell):
    assert not looks_mangled_id(cell)


@pytest.mark.parametrize(
    ("cell", "date"),
    [
        ("44927", datetime.datetime(2023, 1, 1)),
        ("44927.5", datetime.datetime(2023, 1, 1, 12)),
        ("44927,25", datetime.datetime(2023, 1, 1, 6)),
        ("25569", datetime.datetime(1970, 1, 1)),
        ("44926.999999999", datetime.datetime(2023, 1, 1)),
    ],
)
def test_a_spreadsheets_days_are_dates(cell, date):
    assert serial_date(cell) == date


@pytest.mark.parametrize("cell", ["2023", "99999", "2023-01-01", "449270", "", "44927x", "-44927"])
def test_other_numbers_are_no_dates(cell):
    assert serial_date(cell) is None
