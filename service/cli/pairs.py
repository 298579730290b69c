"""Pairs of (id, Recruitee's id), read row by row from Kombo's lists or from a CSV file."""

import csv
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx

from service.cli.client import is_local
from service.core.errors import HirewireError
from service.core.retry_after import retry_after_s
from service.core.unified.registry import MODELS

LISTS: Final[Mapping[str, str]] = {
    "users": "user", "roles": "role", "jobs": "job", "application-stages": "stage",
    "candidates": "candidate", "applications": "application", "tags": "tag",
    "interviews": "interview", "rejection-reasons": "rejection_reason", "notes": "note",
    "scorecards": "evaluation", "attachments": "attachment",
}  # fmt: skip
"""Kombo's lists -> our models."""
NAMES: Final[Mapping[str, str]] = (
    {m: m for m in MODELS}
    | dict(LISTS)
    | {f"ats_{k.replace('-', '_')}": m for k, m in LISTS.items()}
)
COLUMNS: Final = ("model", "id", "remote_id")
ID: Final = re.compile(r"[1-9A-HJ-NP-Za-km-z]{24}")
REMOTE: Final = re.compile(r"[\x21-\x7e]{1,128}")
PAGE: Final = 250
MOST_BYTES: Final = 64 * 1024 * 1024
TRIES: Final = 6
LONGEST_WAIT_S: Final = 60.0
TIMEOUT_S: Final = 60.0


class GoodRow(NamedTuple):
    """A record, and the id that it is to have."""

    row: int
    model: str
    remote_id: str
    id: str


class BadRow(NamedTuple):
    """A row that says no such thing, and why."""

    row: int
    model: str
    remote_id: str
    id: str
    why: str


Source = Iterable[GoodRow | BadRow]


def from_csv(path: Path) -> Iterator[GoodRow | BadRow]:
    """Yield a file's rows; their numbers are its lines. Raises HirewireError for what is no such file."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, strict=True)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise HirewireError(f"{path}: has no column {', '.join(missing)}")
            for row in reader:
                said = [(row.get(name) or "").strip() for name in COLUMNS]
                yield _row(reader.line_num, *said)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise HirewireError(f"cannot read {path}: {type(error).__name__}: {error}"[:200]) from None


def from_kombo(url: str, key: str, integration: str) -> Iterator[GoodRow | BadRow]:
    """Yield the rows of Kombo's lists, deleted ones included; raises HirewireError."""
    if not (url.startswith("https://") or is_local(url)):
        raise HirewireError("a key is sent over https:// only, but for this machine")
    headers = {"authorization": f"Bearer {key}", "x-integration-id": integration}
    count = 0
    with httpx.Client(base_url=url.rstrip("/"), headers=headers, timeout=TIMEOUT_S) as http:
        for path, model in LISTS.items():
            for found in _listed(http, path):
                # What has no id in Recruitee has none that we could keep.
                if found.get("remote_id") is not None:
                    count += 1
                    yield _row(count, model, str(found.get("id")), str(found["remote_id"]))


def _row(n: int, name: str, uid: str, remote_id: str) -> GoodRow | BadRow:
    model = NAMES.get(name)
    if model is None:
        return BadRow(n, name, remote_id, uid, "no_such_model")
    if not ID.fullmatch(uid):
        return BadRow(n, model, remote_id, uid, "not_an_id")
    if not REMOTE.fullmatch(remote_id):
        return BadRow(n, model, remote_id, uid, "not_a_remote_id")
    return GoodRow(n, model, remote_id, uid)


def _listed(http: httpx.Client, path: str) -> Iterator[Mapping[str, Any]]:
    cursor, seen = None, set[str]()
    while True:
        asked = {"page_size": PAGE, "include_deleted": "true"} | (
            {"cursor": cursor} if cursor else {}
        )
        page = _page(http, path, asked)
        if page is None:
            return
        yield from (each for each in page.get("results") or () if isinstance(each, Mapping))
        cursor = page.get("next")
        if not isinstance(cursor, str):
            return
        if cursor in seen:
            raise HirewireError(f"Kombo's list of {path} goes in circles")
        seen.add(cursor)


def _page(http: httpx.Client, path: str, asked: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return one page; None for a list that is switched off for this integration."""
    for attempt in range(TRIES):
        answer = _asked(http, path, asked)
        if answer.status_code == 200:
            return _data(answer, path)
        if answer.status_code == 403 and _code(answer) == "INTEGRATION.MODEL_DISABLED":
            return None
        if answer.status_code != 429 and answer.status_code < 500:
            raise HirewireError(f"Kombo refused {path} ({answer.status_code}): {_said(answer)}")
        wait = retry_after_s(answer.headers.get("retry-after"), datetime.now(UTC)) or 2.0**attempt
        time.sleep(min(wait, LONGEST_WAIT_S))
    raise HirewireError(f"Kombo does not answer for {path}: tried {TRIES} times")


def _asked(http: httpx.Client, path: str, asked: Mapping[str, Any]) -> httpx.Response:
    try:
        with http.stream("GET", f"/ats/{path}", params=asked) as response:
            body = bytearray()
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > MOST_BYTES:
                    raise HirewireError(f"Kombo's answer for {path} is too large")
    except httpx.HTTPError as error:
        raise HirewireError(f"cannot reach Kombo ({type(error).__name__})") from None
    headers = {k: v for k, v in response.headers.items() if k == "retry-after"}
    return httpx.Response(response.status_code, headers=headers, content=bytes(body))


def _data(answer: httpx.Response, path: str) -> Mapping[str, Any]:
    data = _json(answer).get("data")
    if not isinstance(data, Mapping):
        raise HirewireError(f"Kombo's answer for {path} is none of Kombo's")
    return data


def _json(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        said = answer.json()
    except ValueError:
        return {}
    return said if isinstance(said, Mapping) else {}


def _code(answer: httpx.Response) -> object:
    error = _json(answer).get("error")
    return error.get("code") if isinstance(error, Mapping) else None


def _said(answer: httpx.Response) -> str:
    error = _json(answer).get("error")
    return str(error.get("message") if isinstance(error, Mapping) else "no reason")[:120]
