"""The custom-field explorer over real records, and a Recruitee that says what a company has defined."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest
from pydantic import AnyHttpUrl
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from service.core import ids
from service.core.settings import Settings
from service.core.store.records import Write
from service.core.store.store import Store
from service.core.unified import profile
from service.core.unified.model import Context, Ref, Snapshot
from tests.ops.conftest import History, Ops, asking, token_of
from tests.serving import serving

TOKENS = count(5_000_000)
NAME, BORN, WAGE = "Alina Beispiel", "1990-01-31", "61500 a year"


@dataclass
class Company:
    """What a far end answers, by path below the company; a number is a status."""

    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def answer(self, request: Request) -> Response:
        path = "/" + request.path_params["path"]
        self.asked.append(path)
        said = self.answers.get(path, 404)
        if isinstance(said, int):
            return JSONResponse({"error": ["no"]}, said)
        return JSONResponse(said)


@pytest.fixture
def company() -> Company:
    sets = [
        {"id": 39, "name": "Engineering"},
        {"id": 40, "fields": [{"kind": "gender", "name": None}]},
    ]
    own = {"fieldset": {"id": 39, "fields": [{"id": 1, "kind": "dropdown", "name": "Level"}]}}
    return Company(
        {
            "/custom_fields/fieldsets": {"fieldsets": sets},
            "/custom_fields/fieldsets/39": own,
            "/custom_fields/fields/searchable": {
                "fields": [{"name": "Level", "search_key": "single_line_level"}]
            },
            "/dynamic_fields": {
                "dynamic_fields": [{"id": 5, "name": "Cost centre", "type": "number"}]
            },
        }
    )


@pytest.fixture
async def told(settings: Settings, company: Company) -> AsyncIterator[Ops]:
    """The ops API of an app whose Recruitee is that far end."""
    app = Starlette(routes=[Route("/c/5600/{path:path}", company.answer)])
    async with serving(app) as url:
        there = settings.model_copy(update={"recruitee_url": AnyHttpUrl(url)})
        async with asking(there, token_of(there)) as client:
            yield Ops(client)


def row(kind: str, value: Any, name: str | None = None) -> dict[str, Any]:
    return {"kind": kind, "name": name, "values": [value]}


async def keep(
    store: Store, c: str, remote_id: str, *rows: dict[str, Any], deleted: bool = False
) -> None:
    """Store a candidate with these profile fields."""
    context = Context(c, lambda model, remote: ids.record_id(c, model, remote))
    fields = {"id": context.uid("candidate", remote_id), "remote_id": remote_id}
    fields |= profile.fields(profile.profile(list(rows)), profile.PROFILE, context)
    write = Write(Ref("candidate", remote_id), 0, Snapshot(1, 0, fields, deleted=deleted), "")
    await store.records.commit(c, next(TOKENS), [write], [])


@pytest.fixture
async def c(history: History) -> str:
    """A connection with three candidates, of whom one has ended."""
    c = (await history.connection()).id
    born, wage = (
        row("date_of_birth", {"date": BORN}),
        row("single_line", {"text": WAGE}, "Salary / hour"),
    )
    friend = row("single_line", {"text": NAME}, "Knows")
    await keep(history.store, c, "1", born, wage, friend)
    await keep(history.store, c, "2", friend)
    await keep(history.store, c, "3", born, deleted=True)
    return c


async def test_every_field_is_listed_with_how_often_it_is_filled_and_a_masked_example(
    told: Ops, c: str
) -> None:
    answer = await told.http.get(f"/ops/v1/connections/{c}/fields")

    rows = {each["key"]: each for each in answer.json()["items"]}
    assert list(rows) == [
        "profile.Knows", "profile.Level", "profile.Salary / hour", "profile.date_of_birth",
        "profile.gender", "dynamic.Cost centre",
    ]  # fmt: skip
    assert rows["profile.Knows"] == {
        "key": "profile.Knows", "model": "candidate", "kind": None, "label": "Knows",
        "defined": False, "filled": {"count": 2, "of": 2, "share": 1.0}, "example": "A***",
        "custom_key": None, "pii": "personal", "pii_set": False,
    }  # fmt: skip
    assert rows["profile.date_of_birth"]["example"] == "1990-**-**"
    assert rows["profile.date_of_birth"]["filled"] == {"count": 1, "of": 2, "share": 0.5}
    assert (rows["profile.Salary / hour"]["example"], rows["profile.Salary / hour"]["pii"]) == (
        "***", "sensitive",
    )  # fmt: skip
    assert not any(secret in answer.text for secret in (NAME, BORN, WAGE, "Beispiel", "61500"))


async def test_what_recruitee_has_defined_is_listed_though_nobody_has_filled_it(
    told: Ops, c: str, company: Company
) -> None:
    answer = await told.get(f"/connections/{c}/fields")

    rows = {each["key"]: each for each in answer["items"] if each["defined"]}
    assert rows["profile.Level"]["kind"] == "dropdown"
    assert rows["profile.gender"]["filled"] == {"count": 0, "of": 2, "share": 0.0}
    assert (rows["dynamic.Cost centre"]["model"], rows["dynamic.Cost centre"]["kind"]) == (
        "job",
        "number",
    )
    assert rows["dynamic.Cost centre"]["filled"] == {"count": 0, "of": 0, "share": None}
    assert answer["sample"] == {"candidate": 2, "job": 0}
    assert {one["path"]: one["status"] for one in answer["definitions"]} == dict.fromkeys(
        company.answers, "ok"
    )
    assert "hirewire sync" in answer["note"]


async def test_definitions_that_cannot_be_read_are_said_and_the_rest_is_shown(
    told: Ops, c: str, company: Company
) -> None:
    company.answers = {"/custom_fields/fieldsets": 403, "/dynamic_fields": 500}

    answer = await told.get(f"/connections/{c}/fields")

    assert {one["path"]: one["status"] for one in answer["definitions"]} == {
        "/custom_fields/fields/searchable": "missing",
        "/custom_fields/fieldsets": "forbidden",
        "/dynamic_fields": "error",
    }
    assert len(answer["items"]) == 3


async def test_stored_fields_are_shown_also_while_recruitee_is_away(ops: Ops, c: str) -> None:
    answer = await ops.get(f"/connections/{c}/fields")

    assert {one["status"] for one in answer["definitions"]} == {"error"}
    assert len(answer["items"]) == 3


async def test_a_field_is_mapped_classed_and_taken_back(told: Ops, c: str, store: Store) -> None:
    path = f"/connections/{c}/fields/profile.Salary%20%2F%20hour"

    mapped = await told.send("PATCH", path, {"custom_key": "wage", "pii": "personal"})
    options = (await _get(store, c)).options
    renamed = await told.send("PATCH", path, {"custom_key": "wage_per_hour"})
    unclassed = await told.send("PATCH", path, {"pii": None})
    listed = {each["key"]: each for each in await told.items(f"/connections/{c}/fields")}
    removed = await told.send("DELETE", path)

    assert mapped.status_code == 200 and "hirewire sync" in mapped.json()["note"]
    assert (mapped.json()["custom_key"], mapped.json()["pii"]) == ("wage", "personal")
    assert mapped.json()["example"] == "6***"
    assert options.custom_keys == {"profile.Salary / hour": "wage"}
    assert options.pii == {"profile.Salary / hour": "personal"}
    assert (renamed.json()["custom_key"], renamed.json()["pii"]) == ("wage_per_hour", "personal")
    assert (unclassed.json()["pii"], unclassed.json()["pii_set"]) == ("sensitive", False)
    assert listed["profile.Salary / hour"]["custom_key"] == "wage_per_hour"
    assert removed.status_code == 204
    assert (await _get(store, c)).options.custom_keys == {}


async def test_a_mapping_is_what_normalizers_read(told: Ops, c: str, store: Store) -> None:
    await told.send("PATCH", f"/connections/{c}/fields/profile.Knows", {"custom_key": "knows"})

    keys = (await _get(store, c)).options.custom_keys
    context = Context(c, lambda model, remote: remote, custom_keys=keys)
    read = profile.profile([row("single_line", {"text": NAME}, "Knows")])
    assert profile.fields(read, profile.PROFILE, context)["custom_fields"] == {"knows": NAME}


async def test_a_key_that_nothing_has_is_kept_with_a_word_about_it(told: Ops, c: str) -> None:
    typo = await told.send("PATCH", f"/connections/{c}/fields/profile.Lvel", {"custom_key": "l"})
    defined = await told.send(
        "PATCH", f"/connections/{c}/fields/profile.Level", {"custom_key": "m"}
    )

    assert "did you mean profile.Level?" in typo.json()["note"]
    assert "hirewire sync" in defined.json()["note"] and defined.json()["kind"] == "dropdown"


@pytest.mark.parametrize(
    ("key", "body", "status"),
    [
        ("name", {"custom_key": "x"}, 404),
        ("profile.", {"custom_key": "x"}, 404),
        ("profile.Knows", {"custom_key": "two words"}, 422),
        ("profile.Knows", {"custom_key": ""}, 422),
        ("profile.Knows", {"custom_key": "taken"}, 422),
        ("profile.Knows", {"pii": "secret"}, 422),
        ("profile.Knows", {"key": "x"}, 422),
    ],
)
async def test_a_mapping_that_makes_no_sense_is_refused(
    told: Ops, c: str, key: str, body: dict[str, Any], status: int
) -> None:
    await told.send("PATCH", f"/connections/{c}/fields/profile.Level", {"custom_key": "taken"})

    await told.refused("PATCH", f"/connections/{c}/fields/{key}", body, status=status)


async def test_the_same_custom_key_may_be_one_of_a_candidate_and_one_of_a_job(
    told: Ops, c: str
) -> None:
    for key in ("profile.Knows", "dynamic.Cost centre"):
        answer = await told.send("PATCH", f"/connections/{c}/fields/{key}", {"custom_key": "code"})
        assert answer.status_code == 200


async def test_values_without_a_word_are_shown_with_the_fields(
    ops: Ops, c: str, store: Store
) -> None:
    await store.connections.count_unmapped(c, [("job", "employment_type", "odd")])

    assert (await ops.get(f"/connections/{c}/fields"))["unmapped"] == [
        {"model": "job", "field": "employment_type", "value": "odd", "count": 1}
    ]


async def test_the_fields_of_no_connection_are_404(ops: Ops) -> None:
    await ops.refused("GET", "/connections/none/fields", status=404)
    await ops.refused("PATCH", "/connections/none/fields/profile.x", {}, status=404)


async def _get(store: Store, c: str) -> Any:
    found = await store.connections.get(c)
    assert found
    return found
