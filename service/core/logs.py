"""Logging: one line per fact, event name first, ids as fields; never a secret or a person's data."""

import logging
import sys
from typing import Literal

import orjson
import structlog

Logger = structlog.stdlib.BoundLogger


def configure(level: str, form: Literal["console", "json"]) -> None:
    """Set up structlog and the standard library's loggers to write to standard error."""
    number = logging.getLevelNamesMapping()[level.upper()]
    logging.basicConfig(
        level=max(number, logging.WARNING),
        stream=sys.stderr,
        format="%(name)s %(levelname)s %(message)s",
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _renderer(form),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def _renderer(form: Literal["console", "json"]) -> structlog.typing.Processor:
    # Colours and columns are for eyes, and cost three times the rest of a line.
    if form == "json":
        return structlog.processors.JSONRenderer(serializer=_dumps)
    if sys.stderr.isatty():
        return structlog.dev.ConsoleRenderer()
    return structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event", "part"])


def _dumps(line: object, **_: object) -> str:
    return orjson.dumps(line, default=repr).decode()


def logger(name: str) -> Logger:
    """Return the logger of one part of the program."""
    bound: Logger = structlog.get_logger(part=name)
    return bound


def where(error: BaseException) -> str:
    """Return an exception's class and place; its text is left out, since it may quote a record."""
    frame = error.__traceback__
    while frame and frame.tb_next:
        frame = frame.tb_next
    if frame is None:
        return type(error).__name__
    file = frame.tb_frame.f_code.co_filename.rsplit("/", 1)[-1]
    return f"{type(error).__name__} at {file}:{frame.tb_lineno}"
