"""Actions as operators see them: who, what, when, how it ended; nothing of what was asked for."""

from tests.actions.conftest import ADMIN, Acting


async def test_an_action_is_listed_with_its_steps_and_without_what_was_asked_for(
    acting: Acting,
) -> None:
    _, uid = next(iter((await acting.ids("candidates")).items()))
    body = {"content": "Quite a secret", "content_type": "PLAIN_TEXT"}
    await acting.send("POST", f"/ats/candidates/{uid}/notes", body, idempotency_key="mine")
    ops = {"authorization": f"Bearer {ADMIN}"}
    answer = await acting.http.get(f"{acting.url}/ops/v1/actions", headers=ops)
    assert "secret" not in answer.text
    (one,) = answer.json()["items"]
    assert (one["kind"], one["status"], one["idempotency_key"]) == ("add_note", "done", "mine")
    assert one["by"]["name"] == "admin" and one["steps"] == [{"name": "note", "status": "done"}]
    again = await acting.http.get(f"{acting.url}/ops/v1/actions/{one['id']}", headers=ops)
    assert again.json() == one
    audit = await acting.http.get(f"{acting.url}/ops/v1/audit", headers=ops)
    assert "secret" not in audit.text
    ended = [e for e in audit.json()["items"] if e["action"] == "action add_note: ended"]
    assert [e["status"] for e in ended] == [200]
    assert ended[0]["targets"]["action_id"] == one["id"]
