"""Kombo's SDK for Node against a running instance: every list, filter and general call it has.

What it reads is compared field by field with what is on the wire, which the tests of the Python SDK compare
with what Recruitee serves.
"""

import asyncio
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from service.core import times
from tests.kombo.conftest import ADMIN, House

SOURCES = Path(__file__).parent / "npm"
LISTS = {
    "getUsers": "users", "getRoles": "roles", "getJobs": "jobs", "getApplicationStages": "application-stages",
    "getCandidates": "candidates", "getApplications": "applications", "getTags": "tags",
    "getInterviews": "interviews", "getRejectionReasons": "rejection-reasons", "getOffers": "offers",
}  # fmt: skip
INSTALL_S, CALLS_S = 120, 60
Call = dict[str, Any]
pytestmark = pytest.mark.skipif(
    not (shutil.which("node") and shutil.which("npm")),
    reason="Kombo's SDK for Node needs `node` and `npm` on PATH, and one of them is not there",
)


@pytest.fixture(scope="session")
def sdk(pytestconfig: pytest.Config) -> Path:
    """Install the locked SDK once for all runs; return the folder it can be called in."""
    digest = hashlib.sha256((SOURCES / "package-lock.json").read_bytes()).hexdigest()[:16]
    assert pytestconfig.cache is not None
    folder = pytestconfig.cache.mkdir("npm") / digest
    if not folder.exists():
        _install(folder)
    shutil.copy(SOURCES / "calls.mjs", folder)
    return folder


def _install(folder: Path) -> None:
    # Several processes may be at it: whoever is done first has made it.
    made = folder.with_name(f"{folder.name}.{os.getpid()}")
    made.mkdir()
    for name in ("package.json", "package-lock.json"):
        shutil.copy(SOURCES / name, made)
    command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(command, cwd=made, timeout=INSTALL_S, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    try:
        made.rename(folder)
    except OSError:
        shutil.rmtree(made)


async def called(house: House, sdk: Path, *calls: Call, key: str = ADMIN) -> list[Any]:
    """Have the SDK make these calls; return what came of each."""
    asked = {
        "base": house.base, "key": key, "id": house.connection.integration_id, "calls": calls
    }  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        "node", "calls.mjs", cwd=sdk, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )  # fmt: skip
    told = process.communicate(json.dumps(asked).encode())
    out, err = await asyncio.wait_for(told, CALLS_S)
    assert process.returncode == 0, err.decode()
    found: list[Any] = json.loads(out)
    return found


def listing(name: str, **args: Any) -> Call:
    """Return the call of a whole list, page by page."""
    return {"on": "ats", "name": name, "args": {"page_size": 7, **args}, "paged": True}


def general(name: str, **args: Any) -> Call:
    """Return a general call."""
    return {"on": "general", "name": name, "args": args, "paged": False}


def date(ms: int) -> dict[str, str]:
    """Return a time as the caller of the SDK gives it."""
    return {"$date": times.iso(ms)}


async def oks(house: House, sdk: Path, *calls: Call) -> list[Any]:
    """Make calls that must all work; return their answers."""
    outcomes = await called(house, sdk, *calls)
    assert [each for each in outcomes if "ok" not in each] == []
    return [each["ok"] for each in outcomes]


def same(theirs: Any, wire: Any) -> bool:
    """Say whether the SDK's value is the wire's; what the SDK has no field for it drops."""
    if isinstance(theirs, Mapping) and isinstance(wire, Mapping):
        return all(name in wire and same(value, wire[name]) for name, value in theirs.items())
    if isinstance(theirs, list) and isinstance(wire, list):
        return len(theirs) == len(wire) and all(map(same, theirs, wire))
    return bool(theirs == wire or _instant(theirs) == (_instant(wire) or wire))


def _instant(value: Any) -> int | None:
    return times.parse(value) if isinstance(value, str) else None


def ids(rows: list[Call]) -> set[str]:
    """Return the ids of rows."""
    return {row["id"] for row in rows}


async def test_every_list_is_what_is_on_the_wire_field_by_field(house: House, sdk: Path) -> None:
    found = await oks(house, sdk, *(listing(name) for name in LISTS))

    for (name, path), rows in zip(LISTS.items(), found, strict=True):
        wire = await house.rows(path)
        assert [row["id"] for row in rows] == [row["id"] for row in wire], name
        assert len(rows) > 0 or path == "offers"
        for row, told in zip(rows, wire, strict=True):
            assert len(row) >= 5 and same(row, told), (name, row, told)


async def test_filters_that_every_list_has_let_the_same_through(house: House, sdk: Path) -> None:
    calls, wanted = [], []
    for name, path in LISTS.items():
        wire = await house.rows(path)
        two = {row["id"] for row in wire[:2]}
        remote = {row["remote_id"]: row["id"] for row in wire[-2:]}
        calls += [
            listing(name, ids=[*two, "9" * 24]),
            listing(name, remote_ids=[*remote]),
            listing(name, updated_after=date(0)),
            listing(name, updated_after=date(times.now_ms() + times.now_ms() // 10)),
            listing(name, include_deleted=True, ignore_unsupported_filters=True),
        ]
        wanted += [two, set(remote.values()), ids(wire), set(), ids(wire)]
    found = await oks(house, sdk, *calls)

    for call, rows, expected in zip(calls, found, wanted, strict=True):
        loose = "include_deleted" in call["args"]
        fits = expected <= ids(rows) if loose else expected == ids(rows)
        assert fits, call


async def test_filters_of_one_list_let_through_what_their_words_say(
    house: House, sdk: Path
) -> None:
    jobs, people = await house.rows("jobs"), await house.rows("candidates")
    applications, meetings = await house.rows("applications"), await house.rows("interviews")
    users, roles = await house.rows("users"), await house.rows("roles")
    job = next(row for row in jobs if any(a["job_id"] == row["id"] for a in applications))
    who = next(row for row in people if row["email_addresses"] and row["last_name"])
    declined = {row["id"] for row in applications if row["outcome"] == "DECLINED"}
    cases: list[tuple[Call, set[str]]] = [
        (listing("getJobs", statuses=["OPEN"]), {j["id"] for j in jobs if j["status"] == "OPEN"}),
        (
            listing("getJobs", visibilities=["PUBLIC"]),
            {j["id"] for j in jobs if j["visibility"] == "PUBLIC"},
        ),
        (listing("getJobs", job_codes=[job["job_code"]]), {job["id"]}),
        (
            listing("getJobs", name_contains=job["name"][2:7].upper()),
            {j["id"] for j in jobs if job["name"][2:7].casefold() in j["name"].casefold()},
        ),
        (listing("getApplications", outcomes=["DECLINED"]), declined),
        (
            listing("getApplications", job_ids=[job["id"]]),
            {a["id"] for a in applications if a["job_id"] == job["id"]},
        ),
        (
            listing("getApplications", current_stage_ids=[applications[0]["current_stage_id"]]),
            {
                a["id"]
                for a in applications
                if a["current_stage_id"] == applications[0]["current_stage_id"]
            },
        ),
        (
            listing("getCandidates", email=who["email_addresses"][0]["email_address"].upper()),
            {who["id"]},
        ),
        (
            listing("getCandidates", last_name=who["last_name"].upper()),
            {p["id"] for p in people if p["last_name"] == who["last_name"]},
        ),
        (
            listing("getCandidates", job_ids=[job["id"]]),
            {p["id"] for p in people if job["id"] in {a["job"]["id"] for a in p["applications"]}},
        ),
        (listing("getUsers", emails=[users[0]["email"]]), {users[0]["id"]}),
        (
            listing("getRoles", scopes=["SYSTEM"]),
            {r["id"] for r in roles if r["scope"] == "SYSTEM"},
        ),
        (
            listing("getInterviews", job_ids=[job["id"]]),
            {m["id"] for m in meetings if (m["application"] or {}).get("job_id", "") == job["id"]
             or ((m["application"] or {}).get("job") or {}).get("id") == job["id"]},
        ),
    ]  # fmt: skip
    found = await oks(house, sdk, *(call for call, _ in cases))

    for (call, expected), rows in zip(cases, found, strict=True):
        assert ids(rows) == expected, call
    assert declined


async def test_general_calls_answer_as_on_the_wire(house: House, sdk: Path) -> None:
    named = house.connection.integration_id
    paths = {
        "/check-api-key": general("checkApiKey"),
        f"/integrations/{named}": general("getIntegrationDetails", integration_id=named),
        "/tools/ats": general("getTools", category="ats"),
        "/tools/hris": general("getTools", category="hris"),
    }
    found = await oks(house, sdk, *paths.values())

    for path, data in zip(paths, found, strict=True):
        assert data and same(data, (await house.get(path)).json()["data"]), path


async def test_fields_are_listed_and_passed_along_and_a_sync_is_begun(
    house: House, sdk: Path
) -> None:
    named = house.connection.integration_id
    own, custom, sync = await oks(
        house,
        sdk,
        general("getIntegrationFields", integration_id=named, page_size=3) | {"paged": True},
        general("getCustomFields", integration_id=named) | {"paged": True},
        general("triggerSync", type="DELTA"),
    )
    wire = (await house.get(f"/integrations/{named}/integration-fields")).json()["data"]["results"]
    (kept,) = await oks(
        house,
        sdk,
        general(
            "updateIntegrationField",
            integration_id=named,
            integration_field_id=own[0]["id"],
            body={"enable_passthrough": True},
        ),
    )

    assert len(own) > 3 and same(own, wire)
    assert custom == []
    assert sync["type"] == "DELTA"
    assert kept["id"] == own[0]["id"]


async def test_a_refusal_is_the_sdks_own_error_with_its_code(house: House, sdk: Path) -> None:
    wrong = await called(house, sdk, listing("getTags"), general("checkApiKey"), key="x")
    scoped = await called(house, sdk, listing("getTags"), key=await house.key("feed"))
    gone = await called(
        house, sdk, general("getIntegrationDetails", integration_id="recruitee:gone")
    )

    assert [(e["refused"], e["status"], e["code"]) for e in (*wrong, *scoped, *gone)] == [
        ("KomboAtsError", 401, "PLATFORM.AUTHENTICATION_INVALID"),
        ("KomboGeneralError", 401, "PLATFORM.AUTHENTICATION_INVALID"),
        ("KomboAtsError", 403, "PLATFORM.AUTHENTICATION_INVALID"),
        ("KomboGeneralError", 404, "PLATFORM.INTEGRATION_NOT_FOUND"),
    ]
