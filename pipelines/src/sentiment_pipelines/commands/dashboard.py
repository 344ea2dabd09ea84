"""``sentiment-pipelines dashboard``: the service's figures, drift and alerts on a page."""

import argparse
import os
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sentiment_common.errors import InputError
from sentiment_pipelines import environments

FILES = environments.ROOT / "charts" / "sentiment-monitoring" / "files"
KEY = "SENTIMENT_API_KEY"


def add(commands: Any) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "dashboard", help="show the service's figures, drift and alerts on a page",
        description="Shows the service's figures, drift and alerts on a page of this machine. Where"
        f" the service asks for an API key, give one in the variable {KEY}.",
    )  # fmt: skip
    parser.add_argument(
        "--service", default="http://127.0.0.1:3000", metavar="URL",
        help="address of the service (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--port", type=int, default=3001, help="of the page (default: 3001)")
    parser.add_argument(
        "--log", type=Path, metavar="DIR", default=environments.VAR / "requests",
        help="request log, for the day before (default: var/requests)",
    )  # fmt: skip
    parser.add_argument(
        "--monitor", type=Path, metavar="FILE",
        default=environments.VAR / "monitoring" / "monitor.prom",
        help="figures of the monitor (default: those of `make monitor`)",
    )  # fmt: skip
    parser.add_argument(
        "--interval", type=float, default=5.0, metavar="SECONDS", help="between looks (default: 5)"
    )
    parser.set_defaults(command=_dashboard)


def _dashboard(arguments: argparse.Namespace) -> int:
    from sentiment_pipelines.dashboard.server import serve
    from sentiment_pipelines.dashboard.watch import Watch, Watched

    if not 1 <= arguments.interval <= 60:
        raise InputError("has to be 1 to 60", where="--interval", mend="5 is a good choice")
    address = arguments.service.rstrip("/")
    if urlsplit(address).scheme not in ("http", "https") or not urlsplit(address).netloc:
        raise InputError(
            f"{address!r} is no address", where="--service", mend="give one like http://host:3000"
        )
    watched = Watched(
        address, os.environ.get(KEY, ""), arguments.monitor, arguments.log, arguments.interval
    )
    watch, stop = Watch(watched, FILES), threading.Event()
    server = serve(watch.state, arguments.port)
    print(f"http://127.0.0.1:{arguments.port} shows {address}; end it with Ctrl+C", flush=True)
    try:
        watch.run(stop)
    finally:
        server.shutdown()
    return 0
