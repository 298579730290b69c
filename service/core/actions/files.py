"""Which documents are taken: their size, their type, and a name that is only a name."""

import base64
import binascii
from typing import Final

from service.core.actions.inputs import File

MOST_BYTES: Final = 10_000_000
"""Kombo advises no more in sum; Recruitee's own limit is not published."""
TYPES: Final = frozenset({
    "application/pdf", "application/msword", "application/rtf", "text/rtf", "text/plain", "text/csv",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.ms-excel", "application/vnd.ms-powerpoint",
    "application/vnd.oasis.opendocument.text", "application/zip", "application/json",
    "image/png", "image/jpeg", "image/gif", "image/webp", "video/mp4", "audio/mpeg", "audio/mp4",
})  # fmt: skip
UNSAID: Final = frozenset({"", "application/octet-stream", "binary/octet-stream"})
SUFFIXES: Final = {
    ".pdf": "application/pdf", ".doc": "application/msword", ".txt": "text/plain",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".rtf": "application/rtf", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg",
    ".odt": "application/vnd.oasis.opendocument.text", ".csv": "text/csv",
}  # fmt: skip


def decoded(given: File) -> bytes | str:
    """Return the bytes that were sent along, or why they are none."""
    try:
        data = base64.b64decode("".join((given.data or "").split()), validate=True)
    except (binascii.Error, ValueError):
        return "its data is not base64"
    if not data:
        return "it is empty"
    return data if len(data) <= MOST_BYTES else f"it is larger than {MOST_BYTES // 1_000_000} MB"


def typed(given: File, said: str = "") -> str:
    """Return the content type: the caller's, its server's, or by its name; "" when it is not taken."""
    suffix = SUFFIXES.get(given.name[given.name.rfind(".") :].lower(), "")
    named = [each for each in (given.content_type, said) if each and each.lower() not in UNSAID]
    found = (named[0] if named else suffix).partition(";")[0].strip().lower()
    return found if found in TYPES else ""


def named(given: File) -> str:
    """Return a file's name without what would make it a path or a header."""
    last = given.name.replace("\\", "/").rpartition("/")[2]
    clean = "".join(sign for sign in last if sign.isprintable() and sign not in '"\r\n')
    return clean[:200] or "file"
