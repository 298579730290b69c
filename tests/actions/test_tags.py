"""Tags written through Kombo's own client: in Recruitee's state, in events, once per key."""

from tests.actions.conftest import Acting


async def _tags(acting: Acting, remote_id: str) -> list[str]:
    answer = await acting.recruitee.get(f"/candidates/{remote_id}")
    return list(answer.json()["candidate"]["tags"])


async def test_a_tag_is_put_on_and_taken_off_and_each_is_told_once_as_our_own(
    acting: Acting,
) -> None:
    remote_id, uid = next(iter((await acting.ids("candidates")).items()))
    added = await acting.sdk.ats.add_candidate_tag_async(
        candidate_id=uid, tag={"name": "Strong hire"}
    )
    assert added.warnings == []
    assert "Strong hire" in await _tags(acting, remote_id)
    await acting.sdk.ats.remove_candidate_tag_async(candidate_id=uid, tag={"name": "Strong hire"})
    assert "Strong hire" not in await _tags(acting, remote_id)

    await acting.idle()
    told = [each for each in await acting.told() if each["type"].startswith("candidate.tag_")]
    assert [each["type"] for each in told] == ["candidate.tag_added", "candidate.tag_removed"]
    assert {each["origin"] for each in told} == {"action"}
    assert [each["causes"][-1]["event_type"] for each in told] == ["add_tag", "remove_tag"]
    assert {each["causes"][-1]["event_subtype"] for each in told} == {"admin"}


async def test_the_same_key_is_the_same_action_and_another_body_under_it_is_refused(
    acting: Acting,
) -> None:
    remote_id, uid = next(iter((await acting.ids("candidates")).items()))
    path, body = f"/ats/candidates/{uid}/tags", {"tag": {"name": "Once"}}
    before = len(await acting.asked("POST"))
    for _ in range(2):
        answer = await acting.send("POST", path, body, idempotency_key="k1")
        assert answer.status_code == 200, answer.text
    assert len(await acting.asked("POST")) == before + 1

    other = await acting.send("POST", path, {"tag": {"name": "Twice"}}, idempotency_key="k1")
    assert other.status_code == 409
    assert other.json()["error"]["code"] == "PLATFORM.INPUT_INVALID"
    assert "Twice" not in await _tags(acting, remote_id)


async def test_without_a_key_a_state_is_set_each_time_and_what_adds_is_done_once(
    acting: Acting,
) -> None:
    remote_id, uid = next(iter((await acting.ids("candidates")).items()))
    path, body = f"/ats/candidates/{uid}/tags", {"tag": {"name": "On and off"}}
    for method in ("POST", "DELETE", "POST"):
        assert (await acting.send(method, path, body)).status_code == 200
    assert "On and off" in await _tags(acting, remote_id)

    words = {"content": "Said once", "content_type": "PLAIN_TEXT"}
    for _ in range(2):
        said = await acting.send("POST", f"/ats/candidates/{uid}/notes", words)
        assert said.status_code == 200
    notes = await acting.recruitee.get(f"/candidates/{remote_id}/notes")
    assert sum("Said once" in str(note["body"]) for note in notes.json()["notes"]) == 1
