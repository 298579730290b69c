"""Every read route answers under its keys, and every write refuses what it cannot do."""

from typing import Any

import pytest

from tests.sandbox.conftest import Api

READS: list[tuple[str, set[str]]] = [
    ("/roles/abilities", {"abilities"}),
    ("/roles/{role}", {"role"}),
    ("/teams/{team}", {"team"}),
    ("/departments/{department}", {"department"}),
    ("/locations?query=mill", {"locations", "meta"}),
    ("/memberships?query=robin&sort_by=email", {"memberships", "meta", "references"}),
    ("/tags?query=senior", {"tags", "meta"}),
    ("/offers/{job}/pipeline_templates", {"pipeline_templates"}),
    ("/offers/{job}/pipeline_templates/{pipeline}", {"pipeline_template"}),
    ("/offers?priorities[]=high&tag_ids[]=1", {"offers", "meta"}),
    ("/offers/{job}/attachments", {"attachments", "references", "hidden_attachments_exist"}),
    ("/talent_pools/{pool}", {"talent_pool"}),
    ("/candidates/{who}/duplicates", {"duplicates", "references"}),
    ("/candidates/{who}/tasks", {"tasks", "references"}),
    ("/candidates/{who}/attachments?kind=image",
     {"attachments", "references", "hidden_attachments_exist"}),
    ("/candidates/settings/rating_scale", {"rating_scale"}),
    ("/candidates/similar?email[]=nobody@example.com", {"candidates", "references"}),
    ("/candidates/check_presence?name=nobody", {"status"}),
    ("/search/new/candidates?sort_by=candidate_name_asc", {"total", "hits", "aggregations"}),
    ("/search/new/quick?query=a", {"candidates", "talent_pools", "jobs", "requisitions"}),
    ("/placements/{placement}/hiring_details", {"placement", "references"}),
    ("/placements/{placement}/hiring_details/options",
     {"locations", "other_jobs", "sharing_containers_count"}),
    ("/interview/results/{result}", {"interview_result", "references"}),
    ("/interview/result_requests", {"interview_result_requests", "references", "meta"}),
    ("/interview/candidates/{who}/results/scorecards", {"scorecards"}),
    ("/interview/templates", {"interview_templates", "references"}),
    ("/interview/templates/8801", {"interview_template", "references"}),
    ("/open_questions/template", {"open_question_templates"}),
    ("/open_questions/template/{form}", {"open_question_template"}),
    ("/open_questions/template/{form}/open_questions", {"open_questions"}),
    ("/custom_fields/fieldsets", {"fieldsets"}),
    ("/custom_fields/fields/searchable", {"fields"}),
    ("/dynamic_fields", {"dynamic_fields"}),
    ("/dynamic_fields/{dynamic}", {"dynamic_field"}),
    ("/tasks?scope=my&status=uncompleted", {"tasks", "references", "meta"}),
    ("/tasks/{task}", {"task"}),
    ("/gdpr/configuration?lang_code=en", {"configuration", "references"}),
    ("/gdpr/candidates/{who}/requests", {"requests", "references"}),
    ("/eeo/settings", {"settings"}),
    ("/eeo/candidate/{who}", {"eeo"}),
    ("/audit_log", {"total", "entries", "aggregations"}),
]  # fmt: skip


async def ids(api: Api) -> dict[str, int]:
    """Return the id of a record of each kind; the candidate is the one with everything."""

    async def first(path: str, key: str, **query: Any) -> int:
        return int((await api.read(path, **query))[key][0]["id"])

    who = (await api.read("/candidates", limit=100))["candidates"][-7]
    return {
        "who": who["id"], "placement": who["placements"][0]["id"],
        "job": who["placements"][0]["offer_id"], "role": await first("/roles", "roles"),
        "team": await first("/teams", "teams"), "pool": await first("/talent_pools", "talent_pools"),
        "department": await first("/departments", "departments"),
        "pipeline": await first("/pipeline_templates", "pipeline_templates"),
        "result": await first("/interview/results", "interview_results"),
        "form": await first("/open_questions/template", "open_question_templates"),
        "dynamic": await first("/dynamic_fields", "dynamic_fields"),
        "task": await first("/tasks", "tasks"),
        "member": await first("/memberships", "memberships"),
        "location": await first("/locations", "locations"),
        "reason": await first("/disqualify_reasons", "disqualify_reasons"),
        "tag": await first("/tags", "tags"),
        "event": await first("/interview/events", "interview_events"),
        "note": await first(f"/candidates/{who['id']}/notes", "notes"),
        "stage": await api.stage(who["placements"][0]["offer_id"], "apply"),
    }  # fmt: skip


@pytest.mark.parametrize(("path", "keys"), READS, ids=[path for path, _ in READS])
async def test_a_read_answers_under_its_keys(api: Api, path: str, keys: set[str]) -> None:
    answer = await api.client.get(f"/c/5600{path.format(**await ids(api))}")

    assert answer.status_code == 200, answer.text
    assert answer.json().keys() == keys


MISSING = (
    "GET /roles/1", "GET /teams/1", "GET /departments/1", "GET /requisitions/1",
    "GET /positions/1", "GET /interview/events/1", "GET /interview/results/1",
    "GET /interview/templates/1", "GET /open_questions/template/1", "GET /dynamic_fields/1",
    "GET /open_questions/template/1/open_questions", "GET /custom_fields/fieldsets/1",
    "GET /tasks/1", "GET /tracking/offers/1/activities", "GET /talent_pools/1/notes",
    "GET /placements/1/hiring_details", "GET /placements/1/hiring_details/options",
    "GET /offers/1/pipeline_templates", "GET /offers/1/pipeline_templates/1",
    "GET /offers/1/open_question_templates/1", "GET /offers/1/notes", "GET /offers/1/attachments",
    "GET /candidates/1/duplicates", "GET /candidates/1/tasks", "GET /eeo/candidate/1",
    "POST /offers/1/notes", "PATCH /notes/1", "DELETE /notes/1", "PATCH /notes/1/pin",
    "PATCH /notes/1/unpin", "DELETE /attachments/1", "PATCH /candidates/1/set_as_cv/1",
    "PATCH /candidates/1/update_cv", "DELETE /candidates/1/delete_cv", "PATCH /candidates/1/merge",
    "POST /custom_fields/candidates/1/fields", "PATCH /custom_fields/candidates/fields/1",
    "DELETE /custom_fields/candidates/fields/1", "PATCH /candidates/1/follow",
    "POST /gdpr/candidates/1/set_gdpr_custom_expires_at", "POST /interview/candidates/1/events",
    "PATCH /interview/events/1", "POST /interview/events/1/schedule", "DELETE /interview/events/1",
    "POST /interview/candidates/1/results", "PATCH /interview/results/1",
    "DELETE /interview/results/1", "PATCH /tasks/1", "DELETE /tasks/1", "PATCH /departments/1",
    "DELETE /departments/1", "PATCH /locations/1", "DELETE /locations/1",
    "PATCH /disqualify_reasons/1", "DELETE /disqualify_reasons/1", "PATCH /tags/1",
    "DELETE /sources/1", "PATCH /memberships/1", "DELETE /memberships/1",
    "POST /pipeline_templates/1/stages", "PATCH /stages/1", "DELETE /stages/1",
    "POST /open_questions/template/1/open_questions", "PATCH /placements/1/hiring_details",
    "PATCH /open_questions/template/1/open_questions/1", "PATCH /placements/1/locations",
    "DELETE /open_questions/template/1/open_questions/1",
)  # fmt: skip


@pytest.mark.parametrize("route", MISSING)
async def test_a_record_that_is_not_there_is_404(api: Api, route: str) -> None:
    method, _, path = route.partition(" ")
    answer = await api.call(method, path)

    assert (answer.status_code, answer.json()) == (404, {"error": ["Page not found"]})


REFUSED: list[tuple[str, str, Any]] = [
    ("PATCH", "/notes/{note}", {}),
    ("POST", "/offers/{job}/notes", {}),
    ("PATCH", "/candidates/{who}/update_cv", {}),
    ("PATCH", "/candidates/{who}/set_as_cv/1", None),
    ("POST", "/custom_fields/candidates/{who}/fields", {"field": {}}),
    ("POST", "/custom_fields/candidates/{who}/fields", {"field": {"kind": "colour"}}),
    ("POST", "/custom_fields/candidates/{who}/fields", {"field": {"kind": "skills"}}),
    ("POST", "/gdpr/candidates/{who}/set_gdpr_custom_expires_at", {}),
    ("POST", "/interview/candidates/{who}/events",
     {"interview_event": {"kind": "x", "starts_at": "soon", "duration": 5, "timezone": "UTC"}}),
    ("POST", "/interview/candidates/{who}/results",
     {"interview_result": {"stage_id": 1, "rating": "superb"}}),
    ("PATCH", "/interview/results/{result}", {"interview_result": {"rating": "superb"}}),
    ("POST", "/tasks", {}),
    ("POST", "/tasks", {"task": {"title": "x", "due_date": "2026-05-05"}}),
    ("POST", "/departments", {}),
    ("PATCH", "/departments/{department}", {}),
    ("DELETE", "/departments/{department}", {"department_id": "{department}"}),
    ("POST", "/locations", {}),
    ("POST", "/disqualify_reasons", {}),
    ("PATCH", "/disqualify_reasons/{reason}", {}),
    ("POST", "/tags", {}),
    ("PATCH", "/tags/{tag}", {}),
    ("POST", "/memberships", {}),
    ("PATCH", "/memberships/{member}", {"membership": {"role_id": 1}}),
    ("DELETE", "/memberships/{member}", None),
    ("POST", "/pipeline_templates/{pipeline}/stages", {}),
    ("PATCH", "/stages/{stage}", {}),
    ("PATCH", "/stages/{stage}", {"stage": {"name": "Locked"}}),
    ("DELETE", "/stages/{stage}", None),
    ("POST", "/open_questions/template/{form}/open_questions", {}),
    ("PATCH", "/placements/{placement}/hiring_details", {"placement": {}}),
    ("PATCH", "/placements/{placement}/hiring_details", {"placement": {"work_location_id": 1}}),
    ("POST", "/candidates/import", {}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "body"), REFUSED, ids=[f"{m} {p}" for m, p, _ in REFUSED]
)
async def test_a_write_that_cannot_be_is_422(api: Api, method: str, path: str, body: Any) -> None:
    names = await ids(api)
    if isinstance(body, dict):
        body = {k: names[v[1:-1]] if isinstance(v, str) else v for k, v in body.items()}
    answer = await api.call(method, path.format(**names), body)

    assert answer.status_code == 422, answer.text
