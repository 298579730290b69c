"""What a tool answers when it cannot do what was asked: one envelope, and nobody's data in it."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from pydantic import ValidationError


class Failed(Exception):
    """A tool's refusal; `status` is what an HTTP API would answer, `message` is fit to show."""

    def __init__(
        self, status: int, message: str, failures: Sequence[dict[str, str]] = (), **more: Any
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.failures = failures
        self.more = more

    def envelope(self) -> dict[str, Any]:
        """Return it as an agent reads it: in Truto's envelope of errors."""
        return {
            "statusCode": self.status,
            "error": HTTPStatus(self.status).phrase,
            "message": self.message,
            **({"details": {"failures": list(self.failures)}} if self.failures else {}),
            **self.more,
        }


def misfit(error: ValidationError) -> Failed:
    """Return the refusal of arguments that do not fit: where and why, and never what was given."""
    rows = error.errors(include_input=False, include_url=False, include_context=False)
    failures = [{"at": _place(row["loc"]), "message": row["msg"]} for row in rows[:20]]
    first = failures[0]
    return Failed(422, f"{first['at']}: {first['message']}", failures)


def invalid(at: str, message: str) -> Failed:
    """Return the refusal of one argument."""
    return Failed(422, f"{at}: {message}", [{"at": at, "message": message}])


def _place(loc: Sequence[int | str]) -> str:
    # An argument that there is not is named by whoever sent it: its name may be anything.
    return ".".join(part if (part := str(each)).isidentifier() and len(part) <= 40 else
                    (part if part.isdecimal() else "?") for each in loc) or "arguments"  # fmt: skip
