"""Write to Recruitee: one request, one answer as a value; an answer that was lost is one of them.

Bodies and statuses as Recruitee's API documentation and its open clients have them; which of its
error shapes comes when is partly second-hand.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import quote

import aiohttp
import orjson
from aiohttp.http_exceptions import HttpProcessingError

from service.core.recruitee.client import (
    Company,
    Hidden,
    Later,
    Missing,
    Ok,
    Params,
    RecruiteeClient,
    Unauthorized,
    later,
    read_capped,
)

WITHIN_S: Final = 20.0
SAID_MOST: Final = 300
FIELDS_MOST: Final = 20


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a form."""

    name: str
    value: str | bytes
    filename: str | None = None
    content_type: str | None = None


@dataclass(frozen=True, slots=True)
class Write:
    """A request that changes something; `path` is below the company, or of the careers site."""

    method: Literal["POST", "PATCH", "DELETE"]
    path: str
    json: Mapping[str, Any] | None = None
    form: Sequence[Part] = ()
    params: Params | None = None
    site: str = ""
    """Base URL of the careers site, for what only that takes; no API token is sent there."""
    headers: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """Recruitee will not do it (400, 409, 422 ...): nothing was done.

    `reason`: its own words; `code`: of the newer shape, as `active_work_location_not_found`;
    `fields`: which fields it names.
    """

    status: int
    reason: str
    code: str = ""
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Uncertain:
    """It was sent and may have been done: the answer was lost, or says nothing (5xx)."""

    reason: str


Written = Ok | Missing | Hidden | Unauthorized | Rejected | Later | Uncertain


async def write(
    client: RecruiteeClient, company: Company, asked: Write, within_s: float = WITHIN_S
) -> Written:
    """Send one write; never raises for what Recruitee or the network does, and never sends twice."""
    base = asked.site or f"{client.base}/c/{quote(company.company_id, safe='')}"
    headers = {"accept": "application/json", **(asked.headers or {})}
    if not asked.site:
        headers["authorization"] = f"Bearer {company.token}"
    data = _form(asked.form) if asked.form else None
    try:
        async with (
            asyncio.timeout(within_s),
            client.session.request(
                asked.method, base + asked.path, params=_query(asked.params), headers=headers,
                json=asked.json if data is None else None, data=data, allow_redirects=False,
            ) as response,
        ):  # fmt: skip
            if response.status == 429:
                return later(response)
            return _written(response.status, await read_capped(response), company.token)
    except aiohttp.ClientConnectorError as error:
        return Later(f"Recruitee could not be reached: {type(error).__name__}")
    except aiohttp.ConnectionTimeoutError:
        return Later("Recruitee could not be reached in time")
    except TimeoutError:
        return Uncertain("Recruitee did not answer in time")
    except (aiohttp.ClientError, HttpProcessingError, OSError, ValueError, EOFError) as error:
        return Uncertain(f"Recruitee's answer was lost: {type(error).__name__}")


def _form(parts: Sequence[Part]) -> aiohttp.FormData:
    form = aiohttp.FormData(default_to_multipart=True)
    for part in parts:
        form.add_field(
            part.name, part.value, filename=part.filename, content_type=part.content_type
        )
    return form


def _query(params: Params | None) -> list[tuple[str, str]]:
    return list(params.items()) if isinstance(params, Mapping) else list(params or ())


def _written(status: int, body: bytes, token: str) -> Written:
    data = _json(body)
    said = data if isinstance(data, dict) else {}
    if status == 401 or (status == 400 and said.get("error_code") == "invalid_token"):
        return Unauthorized("Recruitee refuses the token")
    if status == 403:
        return Hidden()
    if status == 404:
        return Missing(vouched=isinstance(data, dict))
    if 200 <= status < 300:
        # What an answer without an object (204, `null`) says is that it was done.
        return Ok(said)
    if status >= 500 or status in (408, 425):
        return Uncertain(f"Recruitee answered {status}")
    return _rejected(status, said, token)


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _rejected(status: int, said: Mapping[str, Any], token: str) -> Rejected:
    """Read either of the shapes in which Recruitee refuses."""
    named = said.get("error") or said.get("errors") or ()
    rows = named if isinstance(named, list) else [named]
    objects = [row for row in rows if isinstance(row, dict)]
    words = [row for row in rows if isinstance(row, str)]
    words += [str(row.get("message") or row.get("code")) for row in objects]
    fields = said.get("error_fields")
    names = (
        list(fields) if isinstance(fields, dict) else [str(row.get("source")) for row in objects]
    )
    reason = "; ".join(word for word in words if word).replace(token, "[token]")[:SAID_MOST]
    code = next((str(row["code"])[:80] for row in objects if row.get("code")), "")
    shown = tuple(name[:80] for name in names[:FIELDS_MOST] if isinstance(name, str))
    return Rejected(status, reason or f"Recruitee answered {status}", code, shown)
