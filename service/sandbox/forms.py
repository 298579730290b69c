"""Reads bodies of every kind that clients send: JSON, and forms with files and nested names."""

import re
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl

from service.sandbox.parsing import parsed
from service.sandbox.records import Json

PART = re.compile(r"\[([^\]]*)\]")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file out of a form."""

    filename: str
    content: bytes


def body_of(raw: bytes, content_type: str) -> Json | None:
    """Return the body as one object; None where it is none."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return _nested(_parts(raw, content_type))
    if kind == "application/x-www-form-urlencoded":
        return _nested(list(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True)))
    return parsed(raw)


def _parts(raw: bytes, content_type: str) -> list[tuple[str, Any]]:
    head = f"Content-Type: {content_type}\r\nMIME-Version: 1.0\r\n\r\n"
    found: list[tuple[str, Any]] = []
    for part in message_from_bytes(head.encode() + raw, policy=HTTP).iter_parts():
        name = str(part.get_param("name", "", "content-disposition"))
        content = part.get_payload(decode=True)
        held = content if isinstance(content, bytes) else b""
        filename = part.get_filename()
        text = held.decode("utf-8", "replace")
        found.append((name, text if filename is None else Upload(filename, held)))
    return found


def _nested(pairs: list[tuple[str, Any]]) -> Json:
    """Return `a[b][]=1` as `{"a": {"b": [1]}}`; numbered parts become keys."""
    body: Json = {}
    for name, value in pairs:
        keys = [name.partition("[")[0], *PART.findall(name)]
        _set(body, keys, value)
    return body


def _set(body: Json, keys: list[str], value: Any) -> None:
    for key in keys[:-1]:
        if key == keys[-2] and keys[-1] == "":
            break
        inner = body.setdefault(key, {})
        if not isinstance(inner, dict):
            return
        body = inner
    if keys[-1] == "" and len(keys) > 1:
        held = body.setdefault(keys[-2], [])
        if isinstance(held, list):
            held.append(value)
        return
    body[keys[-1]] = value


def rows(given: Any) -> list[Json]:
    """Return the objects of a list, or of a form's numbered parts in their order."""
    if isinstance(given, dict):
        given = [given[key] for key in sorted(given, key=lambda one: (len(one), one))]
    return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
