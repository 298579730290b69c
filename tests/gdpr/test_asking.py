"""Ask for erasures over HTTP and on the command line; the suppress list outlives a rotated master key."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from service.core import crypto
from service.core.ids import record_id
from service.core.store import keys
from service.core.store.store import Store
from tests.invariants.house import House
from tests.life.ops import Web, web_of
from tests.serving import eventually
from workers import erasing, rewriting

ADA = "3331"


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing to wait for but Redis itself."""
    monkeypatch.setattr(erasing, "CACHED_MS", 0)
    monkeypatch.setattr(rewriting, "LOOK_AGAIN_MS", 5)


@pytest.fixture
async def web(house: House) -> AsyncIterator[Web]:
    """The ops API."""
    async with web_of(house.settings) as asked:
        yield asked


async def _over(web: Web) -> bool:
    (one,) = (await web.ops("GET", "erasures"))["items"]
    return bool(one["status"] != "running")


async def test_asking_twice_is_asking_once_and_it_is_found_by_its_candidate(
    house: House, web: Web
) -> None:
    house.recruitee.add(int(ADA))
    c = (await house.connect()).id
    uid = record_id(c, "candidate", ADA)
    body = {"connection_id": c, "candidate_id": uid}
    one = await web.ops("POST", "erasures", body, status=202)
    again = await web.ops("POST", "erasures", body | {"candidate_id": ADA}, status=202)

    assert one["id"] == again["id"] and one["suppressed"] and one["status"] == "running"
    assert one["candidate"] == {"id": uid, "remote_id": ADA}
    for query in ("", f"?candidate_id={ADA}", f"?connection_id={c}&candidate_id={uid}"):
        assert [row["id"] for row in (await web.ops("GET", f"erasures{query}"))["items"]] == [
            one["id"]
        ]
    assert (await web.ops("GET", "erasures?candidate_id=4"))["items"] == []
    await web.ops("DELETE", f"erasures/{one['id']}/suppression", status=409)


async def test_who_or_what_nobody_knows_is_refused(house: House, web: Web) -> None:
    c = (await house.connect()).id
    await web.ops("POST", "erasures", {"connection_id": "x" * 24, "candidate_id": ADA}, status=404)
    await web.ops("POST", "erasures", {"connection_id": c, "candidate_id": "x" * 24}, status=404)
    await web.ops("POST", "erasures", {"connection_id": c}, status=422)
    await web.ops("GET", "erasures/era_none", status=404)
    counted = await web.ops(
        "POST", "erasures", {"connection_id": c, "candidate_id": ADA, "dry_run": True}
    )
    assert not counted["known"] and not any(counted["counts"].values())


async def test_somebody_never_seen_is_erased_ahead_and_told_to_nobody(
    house: House, web: Web
) -> None:
    c = (await house.connect()).id
    await web.ops("POST", "erasures", {"connection_id": c, "candidate_id": ADA}, status=202)
    async with house.worker():
        await eventually(lambda: _over(web))

    house.recruitee.add(int(ADA))
    async with house.worker():
        connection = await house.store.connections.get(c)
        assert connection
        await house.told(
            connection, house.webhook("new_candidate", int(ADA), house.recruitee.now())
        )
        await house.idle(c)
    assert await house.log(c) == []
    assert (await house.store.records.counts(c, ["candidate"]))["candidate"] == 0


async def test_the_list_outlives_a_rotated_master_key(house: House) -> None:
    c = (await house.connect()).id
    await house.store.erasures.create(c, ADA)
    old = house.settings.master_key
    fresh = crypto.new_master_key()
    both = SecretStr(f"{fresh},{old.get_secret_value() if old else ''}")
    for key in (both, SecretStr(fresh)):
        store = Store.open(house.settings.model_copy(update={"master_key": key}))
        assert await store.suppression.among(c, [ADA, "4"]) == {ADA}
        await store.close()


async def test_with_its_connection_the_list_goes(house: House, web: Web) -> None:
    c = (await house.connect()).id
    await web.ops("POST", "erasures", {"connection_id": c, "candidate_id": ADA}, status=202)
    await web.ops("DELETE", f"connections/{c}", status=204)

    assert not await house.store.pipe.call("EXISTS", keys.suppressed(c), keys.consents(c))
    async with house.worker():
        await eventually(lambda: _over(web))


async def test_the_command_counts_asks_and_follows(house: House, web: Web) -> None:
    house.recruitee.add(int(ADA), stage=101)
    c = (await house.connect()).id
    token = house.settings.admin_token
    command = [
        sys.executable, "-m", "service.cli", "erase", "--connection", c, "--candidate", ADA,
        "--url", str(web.http.base_url), "--token", token.get_secret_value() if token else "",
    ]  # fmt: skip

    async def run(*more: str, said: str = "") -> "subprocess.CompletedProcess[str]":
        return await asyncio.to_thread(
            subprocess.run,
            [*command, *more],
            input=said,
            capture_output=True,
            text=True,
            timeout=30,
        )

    counted = await run("--dry-run")
    assert counted.returncode == 0 and "application" in counted.stdout
    refused = await run(said="n\n")
    assert refused.returncode == 1 and (await web.ops("GET", "erasures"))["items"] == []
    async with house.worker():
        done = await run("--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "done" in done.stdout and "not reached: backups" in done.stdout
    (one,) = (await web.ops("GET", "erasures"))["items"]
    assert one["counts"]["candidate"] == 1 and one["counts"]["application"] == 1
    assert (await run("--lift", one["id"])).returncode == 0
    assert not (await web.ops("GET", f"erasures/{one['id']}"))["suppressed"]
