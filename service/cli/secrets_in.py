"""How a secret reaches a command: from a file, from a pipe, or asked for without an echo."""

import sys
from pathlib import Path

import typer

from service.core.errors import HirewireError


def secret_from(file: str | None, question: str) -> str:
    """Read a secret from `file` (`-`: standard input), else ask; never from the command line."""
    if file is None and sys.stdin.isatty():
        secret = str(typer.prompt(question, hide_input=True, err=True))
    elif file is None or file == "-":
        secret = sys.stdin.readline()
    else:
        secret = _read(Path(file))
    if not secret.strip():
        raise HirewireError(f"{question}: nothing was given; name a file, or - for standard input")
    return secret.strip()


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise HirewireError(f"cannot read {path}: {type(error).__name__}") from None
