"""What spreadsheets and exports make of cells: for whoever gives them a meaning.

The readers change no cell. These functions say what a cell was before it was mangled, or that
nobody can know.
"""

import datetime
import re

_MANGLED_ID = re.compile(r"[+-]?[0-9](?:[.,][0-9]+)?E[+]?[0-9]{2,3}", re.IGNORECASE)
_SERIAL = re.compile(r"([0-9]{5})(?:[.,]([0-9]{1,12}))?")
_EPOCH = datetime.datetime(1899, 12, 30)
FIRST_SERIAL, LAST_SERIAL = 25_569, 73_050
"""1970-01-01 and 2099-12-31: a five-digit number outside is hardly a date."""


def looks_mangled_id(cell: str) -> bool:
    """Whether a spreadsheet has rounded a long number, e.g. ``5.69587E+17``.

    Its last digits are lost, and other ids have become the same: such a cell identifies nothing.
    """
    return bool(_MANGLED_ID.fullmatch(cell.strip()))


def serial_date(cell: str) -> datetime.datetime | None:
    """Returns the date that a spreadsheet counts in days since 1899-12-30; None if it is none.

    A single cell proves nothing: take a column for serial dates only if every cell is one.

    Args:
        cell: E.g. ``44927`` for 2023-01-01, ``44927.5`` or ``44927,5`` for noon of that day.
    """
    match = _SERIAL.fullmatch(cell.strip())
    if not match or not FIRST_SERIAL <= int(match[1]) <= LAST_SERIAL:
        return None
    # Whole seconds: a day's fraction is rounded to what a spreadsheet shows.
    seconds = round(float(f"0.{match[2] or 0}") * 86_400)
    return _EPOCH + datetime.timedelta(days=int(match[1]), seconds=seconds)
