"""What a person sees of builds: a line an image, with what it is doing now, its time and size."""

import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.text import Text

from sentiment_pipelines.images.contents import Image
from sentiment_pipelines.images.sizes import Size


class Progress:
    """Shows the build that runs, live in a terminal, and leaves one line an image.

    Args:
        console: Where to write.
        names: The images to come.
    """

    def __init__(self, console: Console, names: Sequence[str]) -> None:
        self._console = console
        self._width = max(map(len, names), default=0)
        self._name, self._words, self._begin = "", "", 0.0
        self._live = Live(
            get_renderable=self._line, console=console, refresh_per_second=4, transient=True
        )

    def __enter__(self) -> Self:
        """Begins to show."""
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Ends to show."""
        if self._console.is_terminal:
            self._live.stop()

    def started(self, name: str) -> None:
        """Shows an image as being built."""
        self._name, self._words, self._begin = name, "", time.monotonic()

    def doing(self, words: str) -> None:
        """Shows what the build is doing."""
        self._words = words

    def finished(self, image: Image, size: Size, seconds: float) -> None:
        """Leaves the image's line."""
        self._name = ""
        mark = "[green]✓[/]" if seconds else "[cyan]=[/]"
        took = f"{seconds:6.1f} s" if seconds else "as it was"
        self._console.print(
            f"{mark} {image.name:<{self._width}}  {took:>9}  {size.total / 1e6:6,.0f} MB  "
            f"[dim]{escape(image.tag)}[/]",
            soft_wrap=True,
            highlight=False,
        )

    def _line(self) -> Text:
        if not self._name:
            return Text("")
        elapsed = time.monotonic() - self._begin
        line = f"… {self._name:<{self._width}} {elapsed:8.1f} s  {self._words}"
        return Text(line[: self._console.width], no_wrap=True)
