"""Tasks, stages, questions, members, hires and many at once: what is written is read again."""

from tests.sandbox.conftest import Api
from tests.sandbox.test_routes import ids


async def test_a_task_is_made_done_and_deleted(api: Api) -> None:
    body = {"title": "Call", "due_date": "2026-05-05", "timezone": "Europe/Berlin", "admin_ids": []}
    task = (await api.call("POST", "/tasks", {"task": body})).json()["task"]
    done = await api.call("PATCH", f"/tasks/{task['id']}", {"task": {"completed": True}})
    listed = (await api.read("/tasks", scope="unassigned", status="completed"))["tasks"]
    await api.call("DELETE", f"/tasks/{task['id']}")

    assert done.json()["task"]["completed_at"] and listed[0]["id"] == task["id"]
    assert (await api.call("GET", f"/tasks/{task['id']}")).status_code == 404


async def test_a_stage_is_added_renamed_and_deleted_again(api: Api) -> None:
    pipeline = (await ids(api))["pipeline"]
    path = f"/pipeline_templates/{pipeline}"
    stage = (await api.call("POST", f"{path}/stages", {"stage": {"name": "Trial"}})).json()["stage"]
    await api.call("PATCH", f"/stages/{stage['id']}", {"stage": {"name": "Trial day"}})
    shown = (await api.read(path))["pipeline_template"]["stages"]
    await api.call("DELETE", f"/stages/{stage['id']}")
    left = (await api.read(path))["pipeline_template"]["stages"]

    assert [one["name"] for one in shown][-2:] == ["Trial day", "Hired"]
    assert stage["id"] not in {one["id"] for one in left}


async def test_a_question_is_added_changed_and_taken_away(api: Api) -> None:
    path = f"/open_questions/template/{(await ids(api))['form']}/open_questions"
    body = {"kind": "single_choice", "translations": [{"lang_code": "en", "body": "Which?"}],
            "open_question_options": [{"translations": [{"body": "This"}]}]}  # fmt: skip
    made = (await api.call("POST", path, {"open_question": body})).json()["open_question"]
    edit = {"open_question": {"body": "Which one?", "required": True}}
    edited = await api.call("PATCH", f"{path}/{made['id']}", edit)
    await api.call("DELETE", f"{path}/{made['id']}")

    assert made["open_question_options"][0]["translations"][0]["body"] == "This"
    assert edited.json()["open_question"]["translations"][0]["body"] == "Which one?"
    assert made["id"] not in {one["id"] for one in (await api.read(path))["open_questions"]}


async def test_a_member_joins_and_changes_their_role(api: Api) -> None:
    roles = (await api.read("/roles"))["roles"]
    body = {"membership": {"email": "new@example.com", "first_name": "New", "last_name": "One"}}
    made = (await api.call("POST", "/memberships", body)).json()["membership"]
    edit = {"membership": {"role_id": roles[1]["id"]}}
    changed = await api.call("PATCH", f"/memberships/{made['id']}", edit)
    events = (await api.read("/tracking/activities", limit=2))["activities"]

    assert changed.json()["membership"]["role"] == roles[1]["name"]
    assert [one["event"] for one in events] == ["member_role_change", "member_add"]


async def test_a_hire_is_edited_with_a_place_that_is_in_use(api: Api) -> None:
    people = (await api.read("/candidates", limit=100))["candidates"]
    hire = next(p for who in people for p in who["placements"] if p["hired_at"])
    place = (await api.read("/locations", scope="active"))["locations"][1]["id"]
    body = {"placement": {"job_starts_at": "2026-10-01", "work_location_id": place}}
    edited = await api.call("PATCH", f"/placements/{hire['id']}/hiring_details", body)
    shown = (await api.read(f"/placements/{hire['id']}/hiring_details"))["placement"]

    assert edited.json()["placement"]["job_starts_at"] == "2026-10-01"
    assert shown["work_location_id"] == place


async def test_many_get_assigned_followed_and_a_date_at_once(api: Api) -> None:
    who = (await api.read("/candidates", limit=1))["candidates"][0]
    jobs = [one["id"] for one in (await api.read("/offers"))["offers"]]
    job = next(one for one in jobs if one not in {p["offer_id"] for p in who["placements"]})
    many = {"candidates": [who["id"]], "offer_id": job}
    for action, more in (
        ("assign", {}), ("follow", {}), ("requalify", {}), ("unfollow", {}),
        ("set_gdpr_custom_expires_at", {"gdpr_custom_expires_at": "2026-01-01T00:00:00Z"}),
    ):  # fmt: skip
        await api.call("PATCH", f"/bulk/candidates/{action}", {**many, **more})
    full = (await api.read(f"/candidates/{who['id']}"))["candidate"]

    assert job in {p["offer_id"] for p in full["placements"]}
    assert full["gdpr_status"] == "expired" and full["admin_ids"] == []


async def test_a_note_is_pinned_and_unpinned(api: Api) -> None:
    note = (await ids(api))["note"]
    pinned = await api.call("PATCH", f"/notes/{note}/pin")
    unpinned = await api.call("PATCH", f"/notes/{note}/unpin")

    assert pinned.json()["note"]["pinned_at"] and not unpinned.json()["note"]["pinned_at"]
