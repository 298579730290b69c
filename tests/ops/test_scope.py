"""What of a company is kept: chosen when it is linked or later, shown, and refused where it names nothing."""

from typing import Any

import pytest

from service.core.store.connections import DEFAULTS
from service.core.store.store import Store
from service.core.unified.options import Options, Scope
from tests.ops.conftest import RECRUITEE_TOKEN, Ops

GOOD = {"company_id": "5600", "api_token": RECRUITEE_TOKEN}
ALL: dict[str, Any] = {
    "models": None, "jobs": None, "departments": None, "drop": [], "only_created": False,
}  # fmt: skip


async def test_a_connection_keeps_everything_but_private_notes_unless_told_otherwise(
    ops: Ops, store: Store
) -> None:
    made = await ops.post("/connections", GOOD)

    kept = await store.connections.get(made["id"])
    assert kept and kept.options == DEFAULTS and kept.sync == ""
    assert (made["scope"], made["private_notes"]) == (ALL, False)
    assert made["consent_expiring_days"] == [30, 7]


async def test_a_scope_is_there_before_the_first_record_is_read(ops: Ops, store: Store) -> None:
    body = {
        **GOOD,
        "scope": {
            "models": ["job", "application", "job"],
            "jobs": [60, "61"],
            "departments": ["Sales", 7],
            "drop": ["application.rejection_reason_name"],
        },
        "private_notes": True,
        "consent_expiring_days": [7, 60, 7],
    }

    made = await ops.post("/connections", body)

    kept = await store.connections.get(made["id"])
    assert kept and kept.options == Options(
        scope=Scope(
            models=("job", "application"), jobs=("60", "61"), departments=("Sales", "7"),
            drop=("application.rejection_reason_name",),
        ),
        private_notes=True,
        consent_expiring_days=(60, 7),
    )  # fmt: skip
    assert made["scope"]["jobs"] == ["60", "61"] and made["consent_expiring_days"] == [60, 7]
    assert "note" not in made


async def test_a_part_that_is_given_replaces_that_part_and_null_is_all_of_it(ops: Ops) -> None:
    scope = {"models": ["job"], "jobs": ["60"], "drop": ["job.salary_amount"]}
    made = await ops.post("/connections", {**GOOD, "scope": scope})
    path = f"/connections/{made['id']}"

    async def changed(scope: Any) -> Any:
        return (await ops.send("PATCH", path, {"scope": scope})).json()["scope"]

    assert await changed({"jobs": None}) == {
        **ALL,
        "models": ["job"],
        "drop": ["job.salary_amount"],
    }
    assert await changed({"drop": None}) == {**ALL, "models": ["job"]}
    assert await changed({}) == {**ALL, "models": ["job"]}
    assert await changed({"only_created": True}) == {**ALL, "models": ["job"], "only_created": True}
    assert await changed({"only_created": None}) == {**ALL, "models": ["job"]}
    assert await changed(None) == ALL


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"scope": {"jobs": ["60"]}}, ["outside the scope is removed"]),
        ({"scope": {"models": None}}, ["new in the scope is read"]),
        ({"scope": {"models": ["job"]}}, ["removed", "read"]),
        ({"scope": {"drop": ["candidate.name"]}}, ["neither stored nor sent from now on"]),
        ({"private_notes": True}, ["is read"]),
        ({"scope": {"only_created": True}}, ["outside the scope is removed"]),
    ],
    ids=["narrower", "wider", "another", "field", "notes", "created"],
)
async def test_a_change_says_what_becomes_of_what_is_stored(
    ops: Ops, body: dict[str, Any], said: list[str]
) -> None:
    made = await ops.post("/connections", {**GOOD, "scope": {"models": ["candidate"]}})

    answer = (await ops.send("PATCH", f"/connections/{made['id']}", body)).json()

    assert all(part in answer["note"] for part in said) and "hirewire sync" in answer["note"]
    assert ("removed" in answer["note"]) is ("removed" in " ".join(said))
    assert "note" not in await ops.get(f"/connections/{made['id']}")


async def test_a_change_of_something_else_leaves_the_options_and_says_nothing(ops: Ops) -> None:
    made = await ops.post("/connections", {**GOOD, "scope": {"jobs": ["60"]}})

    answer = await ops.send("PATCH", f"/connections/{made['id']}", {"name": "Second"})

    assert answer.json() == {**made, "name": "Second"}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"scope": {"models": ["candidates"]}}, "the nearest is candidate"),
        ({"scope": {"models": []}}, "scope.models"),
        ({"scope": {"jobs": []}}, "scope.jobs"),
        ({"scope": {"jobs": ["sixty"]}}, "scope.jobs"),
        ({"scope": {"jobs": [True]}}, "scope.jobs"),
        ({"scope": {"departments": [" "]}}, "scope.departments"),
        ({"scope": {"drop": ["candidate.nmae"]}}, "the nearest is candidate.name"),
        ({"scope": {"drop": ["candidate.id"]}}, "cannot be dropped"),
        ({"scope": {"departments": ["Sales"], "drop": ["job.department"]}}, "cannot be dropped"),
        ({"scope": {"model": ["job"]}}, "scope.model"),
        ({"scope": {"only_created": "yes"}}, "scope.only_created"),
        ({"scope": "job"}, "scope"),
        ({"private_notes": "yes"}, "private_notes"),
        ({"consent_expiring_days": [0]}, "consent_expiring_days"),
        ({"consent_expiring_days": [1.5]}, "consent_expiring_days"),
    ],
)
async def test_what_makes_no_sense_is_422_and_nothing_changes(
    ops: Ops, body: dict[str, Any], said: str
) -> None:
    made = await ops.post("/connections", GOOD)

    detail = await ops.refused("PATCH", f"/connections/{made['id']}", body, status=422)
    await ops.refused("POST", "/connections", {**GOOD, **body}, status=422)

    assert said in detail
    assert await ops.items("/connections") == [made]


async def test_a_connection_of_before_there_were_options_keeps_everything(
    ops: Ops, store: Store
) -> None:
    made = await ops.post("/connections", GOOD)
    await store.pipe.call("HDEL", f"conn:{made['id']}", "options")

    assert await ops.get(f"/connections/{made['id']}") == made


async def test_a_connection_that_is_gone_is_not_changed_back_into_being(store: Store) -> None:
    assert await store.connections.update("gone", options=Options(private_notes=True)) is None
    assert await store.pipe.call("EXISTS", "conn:gone") == 0


async def test_verdicts_on_jobs_are_those_of_one_scope_and_go_with_the_connection(
    ops: Ops, store: Store
) -> None:
    made = await ops.post("/connections", GOOD)
    c, connections = made["id"], store.connections
    sales = Options(scope=Scope(departments=("Sales",)))

    await connections.judge(c, sales, {"job-1": True, "job-2": False})
    await connections.judge(c, sales, {})

    assert await connections.judged(c, sales, ["job-1", "job-2", "job-3"]) == {
        "job-1": True, "job-2": False,
    }  # fmt: skip
    assert await connections.judged(c, DEFAULTS, ["job-1"]) == {}
    assert await connections.judged(c, sales, []) == {}
    [key] = await store.pipe.call("KEYS", f"within:{c}:*")
    assert 0 < await store.pipe.call("TTL", key) <= 7 * 86_400
    await ops.send("DELETE", f"/connections/{c}")
    assert await store.pipe.call("KEYS", f"*{c}*") == []


async def test_unmapped_values_are_counted_and_bounded(ops: Ops, store: Store) -> None:
    made = await ops.post("/connections", GOOD)
    c, connections = made["id"], store.connections

    await connections.count_unmapped(c, [("job", "employment_type", "on the moon")] * 3)
    await connections.count_unmapped(c, [("job", "status", f"odd {n}") for n in range(300)])
    await connections.count_unmapped(c, [("job", "status", "x" * 500)])

    rows = await connections.unmapped(c)
    assert rows[0] == ("job", "employment_type", "on the moon", 3)
    assert len(rows) == 200 and max(len(value) for _, _, value, _ in rows) <= 80
    assert await store.pipe.call("TTL", f"unmapped:{c}") > 0
    await ops.send("DELETE", f"/connections/{c}")
    assert await store.pipe.call("KEYS", f"*{c}*") == []
