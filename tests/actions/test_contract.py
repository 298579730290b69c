"""Every action, through both of Kombo's clients and by hand: done once, told once, twice the same answer."""

import asyncio
import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from kombo import Kombo

from tests.actions.conftest import ADMIN, Acting, Json
from tests.actions.deeds import KOMBOS, LACKING, Deed, World, world
from tests.actions.people import Who, somebody
from tests.kombo.test_npm import pytestmark as needs_node
from tests.kombo.test_npm import sdk as sdk  # a fixture

NAME = "Assessments"
Ask = Callable[[Deed, dict[str, str], Json, str], Awaitable[Json]]
"""(deed, ids, body, Idempotency-Key) -> answer."""
NODE_S = 30


@pytest.fixture
def node_sdk(request: pytest.FixtureRequest) -> Path:
    """Return a folder in which Kombo's client for Node is installed, with our script beside it."""
    folder: Path = request.getfixturevalue("sdk")
    shutil.copy(Path(__file__).with_name("acts.mjs"), folder)
    return folder


async def _key(acting: Acting) -> str:
    body = {"name": NAME, "scopes": ["read", "act"]}
    headers = {"authorization": f"Bearer {ADMIN}"}
    made = await acting.http.post(f"{acting.url}/ops/v1/api-keys", json=body, headers=headers)
    return str(made.json()["key"])


async def _actions(acting: Acting) -> dict[str, Json]:
    """Return actions by the key that they were asked for under."""
    headers = {"authorization": f"Bearer {ADMIN}"}
    answer = await acting.http.get(f"{acting.url}/ops/v1/actions?limit=100", headers=headers)
    return {row["idempotency_key"]: row for row in answer.json()["items"]}


async def _done_and_told(acting: Acting, deeds: Sequence[Deed], ask: Ask) -> dict[str, Who]:
    """Do everything twice under the same key; hold the company, the answers and the events to it.

    Returns to whom each was done, by the name that Kombo's client has for it.
    """
    at, wrong, done = await world(acting), list[str](), list[tuple[str, Deed, Who]]()
    people = await somebody(acting)
    assert len(people) >= len(deeds)
    for who, first in zip(people, deeds, strict=False):
        for number, deed in enumerate((first, *first.then)):
            key = f"{deed.method} {deed.path} {number} {who.number}"
            wrong += [f"{key}: {words}" for words in await _twice(acting, deed, who, at, key, ask)]
            done.append((key, deed, who))
    await acting.idle()
    assert wrong + await _mistold(acting, done) == []
    return {deed.name: who for _, deed, who in done}


async def _twice(acting: Acting, deed: Deed, who: Who, at: World, key: str, ask: Ask) -> list[str]:
    if (before := deed.left(at, who)) != 0:
        return [f"it is there before: {before}"]
    names, body = deed.names(who), deed.body(who, at)
    answers = [await ask(deed, names, body, key)]
    if (first := deed.left(at, who)) != 1:
        return [f"it is there {first} times: {answers}"]
    asked = len(at.sandbox.ledger.last)
    answers.append(await ask(deed, names, body, key))
    wrong = [] if deed.left(at, who) == 1 else [f"it is there {deed.left(at, who)} times then"]
    later = at.sandbox.ledger.last
    wrong += [f"asked again: {row}" for row in list(later)[asked:] if row["method"] != "GET"]
    return wrong + ([] if answers[0] == answers[1] else [f"two answers: {answers}"])


async def _mistold(acting: Acting, done: Sequence[tuple[str, Deed, Who]]) -> list[str]:
    """Return what is wrong with the events; of nobody here is told but what our actions did."""
    actions, wrong = await _actions(acting), list[str]()
    told = [e for e in await acting.told() if e["data"].get("model") != "activity"]
    ours = {each["id"] for each in actions.values()}
    for key, deed, who in done:
        one = actions[key]
        mine = [e for e in told if e["causes"] and e["causes"][-1]["event_id"] == one["id"]]
        cause = {"event_id": one["id"], "event_type": deed.kind, "event_subtype": NAME}
        if Counter(e["type"] for e in mine) != Counter(deed.told):
            wrong.append(f"{key}: told {[e['type'] for e in mine]}, not {deed.told}")
        about = one["remote_ids"]["candidate"]
        wrong += [f"{key}: {e}" for e in mine if not _right(e, cause, about)]
        wrong += [
            f"{key}: told of by {e['origin']}: {e['type']}" for e in told
            if _subject(e) == str(who.id) and e["causes"][-1]["event_id"] not in ours
        ]  # fmt: skip
    return wrong


def _subject(event: Json) -> str | None:
    subject = event["data"].get("subject") or {}
    return subject.get("remote_id") if subject.get("model") == "candidate" else None


def _right(event: Json, cause: Json, about: str) -> bool:
    return event["origin"] == "action" and event["causes"][-1] == cause and _subject(event) == about


@pytest.mark.filterwarnings("ignore:.*DEPRECATED:DeprecationWarning")
async def test_each_of_kombos_actions_through_its_python_client(acting: Acting) -> None:
    sdk: Any = Kombo(
        api_key=await _key(acting), integration_id=acting.connection.integration_id,
        server_url=f"{acting.url}/v1", async_client=acting.http, timeout_ms=10_000,
    )  # fmt: skip

    async def ask(deed: Deed, names: dict[str, str], body: Json, key: str) -> Json:
        call = getattr(sdk.ats, f"{deed.name}_async")
        answer = await call(**names, **body, http_headers={"Idempotency-Key": key})
        assert answer.warnings == [], (deed.name, answer.warnings)
        shown: Json = answer.model_dump(mode="json")
        return shown

    done = await _done_and_told(acting, KOMBOS, ask)
    uid = done["add_application_attachment"].application["id"]
    files: Any = await sdk.ats.get_application_attachments_async(application_id=uid)
    assert [each.file_name for each in files.data.results].count("report.txt") == 1


@needs_node
async def test_each_of_kombos_actions_through_its_client_for_node(
    acting: Acting, node_sdk: Path
) -> None:
    process = await asyncio.create_subprocess_exec(
        "node", "acts.mjs", f"{acting.url}/v1", await _key(acting),
        acting.connection.integration_id, cwd=node_sdk, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )  # fmt: skip

    async def call(name: str, args: Json, key: str) -> Json:
        assert process.stdin and process.stdout
        line = json.dumps({"name": _camel(name), "args": args, "key": key})
        process.stdin.write(line.encode() + b"\n")
        answer: Json = json.loads(await asyncio.wait_for(process.stdout.readline(), NODE_S))
        assert answer.get("ok", {}).get("warnings") == [], (name, answer)
        return answer

    async def ask(deed: Deed, names: dict[str, str], body: Json, key: str) -> Json:
        return await call(deed.name, {**names, "body": body} if names else body, key)

    try:
        done = await _done_and_told(acting, KOMBOS, ask)
        uid = done["add_application_attachment"].application["id"]
        files = await call("get_application_attachments", {"application_id": uid}, "files")
        names = [each["file_name"] for each in files["ok"]["data"]["results"]]
        assert names.count("report.txt") == 1
    finally:
        await asyncio.wait_for(process.communicate(b""), NODE_S)  # which ends it


async def test_each_action_that_kombo_lacks_by_hand(acting: Acting) -> None:
    token = await _key(acting)

    async def ask(deed: Deed, names: dict[str, str], body: Json, key: str) -> Json:
        path = deed.path.format(**names)
        headers = {"authorization": f"Bearer {token}", "idempotency_key": key}
        answer = await acting.send(deed.method, path, body, **headers)
        assert answer.status_code == 200 and answer.json()["warnings"] == [], (path, answer.text)
        shown: Json = answer.json()
        return shown

    await _done_and_told(acting, LACKING, ask)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(each.title() for each in rest)
