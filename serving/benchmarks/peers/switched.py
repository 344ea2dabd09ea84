"""This service in one process, whose signals SIGUSR1 turns off, and on again."""

import os
import signal
import sys


def main() -> None:
    """Serves the bundle of the first argument on the port of the second."""
    os.environ["SENTIMENT_MODEL"] = sys.argv[1]
    import bentoml
    import uvicorn

    from sentiment_serving.service import SentimentService

    others = [None]

    def switch(*_: object) -> None:
        engine = bentoml.get_current_service().engine
        engine.signals, others[0] = others[0], engine.signals

    signal.signal(signal.SIGUSR1, switch)
    application = SentimentService.to_asgi()
    # The protocol is the one that the application has installed.
    uvicorn.run(
        application, port=int(sys.argv[2]), loop="uvloop", http="auto", access_log=False,
        log_level="warning",
    )  # fmt: skip


if __name__ == "__main__":
    main()
