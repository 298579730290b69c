"""What a request that is passed through says: its body model, and the headers and body made of it."""

import base64
import binascii
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final, Literal

import aiohttp
import orjson
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from service.core.net.headers import unsendable
from service.kombo.envelope import invalid
from service.kombo.outbound import Body

MOST_HEADERS: Final = 50
MOST_PARTS: Final = 100
FILES_MOST: Final = 12 * 1024 * 1024
JSON_TYPE: Final = "application/json"
_FRAMING: Final = frozenset(
    {"connection", "content-length", "expect", "host", "keep-alive", "te", "trailer"}
    | {"transfer-encoding", "upgrade", "authorization", "cookie", "accept-encoding", "forwarded"}
)
# Some proxies route by these, and what was confined to a company would not be any more.
_ROUTING: Final = re.compile(r"(proxy|x-(forwarded|original|rewrite|http|host|real|url))(-.*)?")
_FIELD: Final = r"^[^\x00-\x1f\x7f]+$"


class Upload(BaseModel):
    """A file of a form: its contents in base64, or where they are fetched from, once."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    name: Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=_FIELD)]
    content_type: Annotated[str, StringConstraints(pattern=r"^[\w.+-]+/[\w.+-]+$")] | None = None
    data_url: str | None = None
    data: str | None = None


class FormPart(BaseModel):
    """One part of a form."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    name: Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=_FIELD)]
    value: Upload | Annotated[str, StringConstraints(max_length=200_000)]


class Forwarded(BaseModel):
    """The body of a request that is to be passed through; keys that nobody knows are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    method: Literal["GET", "POST", "DELETE", "PUT", "PATCH"]
    path: str
    headers: Annotated[dict[str, str], Field(max_length=MOST_HEADERS)] | None = None
    params: dict[str, str] | None = None
    data: Any = None
    response_as_base64: bool | None = None
    multipart_form_data: Annotated[list[FormPart], Field(max_length=MOST_PARTS)] | None = None
    api_options: dict[str, str] | None = None


def headers_of(asked: Forwarded, token: str) -> tuple[dict[str, str], list[str]]:
    """Return the headers to send and warnings of those that are left out; raises Refused."""
    sent = {"accept": JSON_TYPE}
    left_out = []
    for name, value in (asked.headers or {}).items():
        lower = name.lower()
        if lower in _FRAMING or _ROUTING.fullmatch(lower) or _is_forms(lower, asked):
            left_out.append(f"the header {lower[:80]} is set here and was left out")
        elif (problem := unsendable(name, value)) is not None:
            raise invalid(f"headers.{name[:80]}", problem)
        else:
            sent[lower] = value
    kind = _kind_of(asked)
    if kind:
        sent.setdefault("content-type", kind)
    return sent | {"authorization": f"Bearer {token}"}, left_out


def _is_forms(name: str, asked: Forwarded) -> bool:
    return name == "content-type" and bool(asked.multipart_form_data)


def _kind_of(asked: Forwarded) -> str | None:
    if asked.multipart_form_data or asked.data is None:
        return None
    return "text/plain; charset=utf-8" if isinstance(asked.data, str) else JSON_TYPE


def body_of(asked: Forwarded, files: Mapping[int, tuple[bytes, str]]) -> Body:
    """Return the body to send; `files` are the contents and types of a form's files, by place."""
    parts = asked.multipart_form_data
    if parts and asked.data is not None:
        raise invalid("data", "goes without multipart_form_data")
    if parts:
        return _form(parts, files)
    if asked.data is None:
        return None
    text = asked.data.encode() if isinstance(asked.data, str) else orjson.dumps(asked.data)
    # As a stream: of large bytes the library warns, since it would write them in one go.
    return aiohttp.BytesIOPayload(io.BytesIO(text))


def _form(parts: Sequence[FormPart], files: Mapping[int, tuple[bytes, str]]) -> aiohttp.FormData:
    form = aiohttp.FormData(default_to_multipart=True)
    for at, part in enumerate(parts):
        if isinstance(part.value, str):
            form.add_field(part.name, part.value)
        else:
            content, kind = files[at]
            form.add_field(
                part.name, io.BytesIO(content), filename=part.value.name, content_type=kind
            )
    return form


def uploads(asked: Forwarded) -> Iterator[tuple[int, Upload]]:
    """Yield a form's files with their places; raises Refused for one that is no file."""
    for at, part in enumerate(asked.multipart_form_data or ()):
        if isinstance(part.value, Upload):
            name = f"multipart_form_data.{at}.value"
            if (part.value.data is None) == (part.value.data_url is None):
                raise invalid(name, "has either data or data_url")
            if part.value.data is not None and part.value.content_type is None:
                raise invalid(name, "needs its content_type beside data")
            yield at, part.value


def decoded(at: int, data: str) -> bytes:
    """Return what base64 stands for; raises Refused."""
    try:
        return base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        raise invalid(f"multipart_form_data.{at}.value.data", "is not base64") from None
