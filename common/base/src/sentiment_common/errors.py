"""The one exception for bad input: it becomes one line on stderr and exit code 2."""


class InputError(Exception):
    """Something the user gave cannot be used, and the message says what, where and how to mend it.

    Anything else that escapes a stage is a bug and keeps its traceback.

    Args:
        what: What is wrong, in one clause.
        where: File, row, column or option it was found at.
        mend: What the user can do about it.
    """

    def __init__(self, what: str, *, where: str = "", mend: str = "") -> None:
        super().__init__(what)
        self.what, self.where, self.mend = what, where, mend

    def __str__(self) -> str:
        """Returns the line the user reads, e.g. ``reviews.csv, row 7: no text; drop the row``."""
        line = f"{self.where}: {self.what}" if self.where else self.what
        line = f"{line}; {self.mend}" if self.mend else line
        return " ".join(line.split())
