"""Edits of candidates and their applications."""

from tests.detect.acts import Acts, Told, act, before, somebody, told

somebody(
    "profile edited: name, addresses, links, title", "tag put on", "source set or removed",
    "profile field created", "follower added or removed", "consent given, asked for, or its end set",
    "candidate deleted", "taken out of a job", "moved", "disqualified", "hired",
    "places of an application changed",
)  # fmt: skip


@act("candidate added")
async def _added(acts: Acts) -> Told:
    made = await acts.person("new")
    return told("candidate.created", made["id"]) + told(
        "application.created", made["placements"][0]["id"]
    )


@act("profile edited: name, addresses, links, title")
async def _edited(acts: Acts) -> Told:
    who = acts.id("profile edited: name, addresses, links, title")
    given = {"emails": ["new@example.com"], "phones": ["+31 20 555 0100"]}
    await acts.do("PATCH", f"/candidates/{who}", {"candidate": given})
    return told("candidate.updated", who)


@act("tag put on")
async def _tagged(acts: Acts) -> Told:
    who = acts.id("tag put on")
    await acts.do("POST", f"/candidates/{who}/tags", {"tags": ["swift"]})
    return told("candidate.tag_added", who)


@before("tag taken off")
async def _wears(acts: Acts) -> None:
    await acts.person("tag taken off")
    await acts.do("POST", f"/candidates/{acts.id('tag taken off')}/tags", {"tags": ["slow"]})


@act("tag taken off")
async def _untagged(acts: Acts) -> Told:
    who = acts.id("tag taken off")
    await acts.do("DELETE", f"/candidates/{who}/tags", {"tags": ["slow"]})
    return told("candidate.tag_removed", who)


@act("source set or removed")
async def _sourced(acts: Acts) -> Told:
    who = acts.id("source set or removed")
    await acts.do("POST", f"/candidates/{who}/sources", {"sources": ["A fair"]})
    return told("candidate.updated", who)


async def _field(acts: Acts, key: str) -> int:
    given = {"field": {"kind": "single_line", "name": "Shoe size", "values": [{"text": "42"}]}}
    path = f"/custom_fields/candidates/{acts.id(key)}/fields"
    found: int = (await acts.do("POST", path, given))["field"]["id"]
    return found


@act("profile field created")
async def _field_created(acts: Acts) -> Told:
    await _field(acts, "profile field created")
    return told("candidate.updated", acts.id("profile field created"))


@before("profile field changed")
async def _has_field(acts: Acts) -> None:
    for key in ("profile field changed", "profile field deleted"):
        await acts.person(key)
        acts.made[key] = await _field(acts, key)


@act("profile field changed")
async def _field_changed(acts: Acts) -> Told:
    path = f"/custom_fields/candidates/fields/{acts.made['profile field changed']}"
    await acts.do("PATCH", path, {"field": {"values": [{"text": "43"}]}})
    return told("candidate.updated", acts.id("profile field changed"))


@act("profile field deleted")
async def _field_deleted(acts: Acts) -> Told:
    await acts.do(
        "DELETE", f"/custom_fields/candidates/fields/{acts.made['profile field deleted']}"
    )
    return told("candidate.updated", acts.id("profile field deleted"))


@act("follower added or removed")
async def _followed(acts: Acts) -> Told:
    who = acts.id("follower added or removed")
    await acts.do("PATCH", f"/candidates/{who}/follow")
    return told("candidate.updated", who)


@act("consent given, asked for, or its end set")
async def _consented(acts: Acts) -> Told:
    who = acts.id("consent given, asked for, or its end set")
    given = {"gdpr_custom_expires_at": "2029-01-01T00:00:00Z"}
    await acts.do("POST", f"/gdpr/candidates/{who}/set_gdpr_custom_expires_at", given)
    return told("candidate.updated", who)


@act("candidate deleted")
async def _deleted(acts: Acts) -> Told:
    who, placed = acts.id("candidate deleted"), acts.placement("candidate deleted")
    await acts.do("DELETE", f"/candidates/{who}")
    return told("candidate.deleted", who) + told("application.deleted", placed)


@before("candidates merged")
async def _twice(acts: Acts) -> None:
    await acts.person("candidates merged", placed=False)
    await acts.person("the other one")
    acts.made["its note"] = await acts.note(f"/candidates/{acts.id('the other one')}")


@act("candidates merged")
async def _merged(acts: Acts) -> Told:
    one, other = acts.id("candidates merged"), acts.id("the other one")
    await acts.do("PATCH", f"/candidates/{one}/merge", {"ids": [other]})
    return told("candidate.deleted", other) + told(
        "application.updated", acts.placement("the other one")
    )


@before("tag renamed or deleted, on those who have it")
async def _common_tag(acts: Acts) -> None:
    key = "tag renamed or deleted, on those who have it"
    await acts.person(key)
    await acts.do("POST", f"/candidates/{acts.id(key)}/tags", {"tags": ["of old"]})


@act("tag renamed or deleted, on those who have it")
async def _tag_gone(acts: Acts) -> Told:
    tags = await acts.watched.rows("/tags", "tags")
    tag = next(each for each in tags if each["name"] == "of old")
    await acts.do("DELETE", f"/tags/{tag['id']}")
    return told("candidate.tag_removed", acts.id("tag renamed or deleted, on those who have it"))


@before("put into a job")
async def _unplaced(acts: Acts) -> None:
    await acts.person("put into a job", placed=False)


@act("put into a job")
async def _placed(acts: Acts) -> Told:
    body = {"candidate_id": acts.id("put into a job"), "offer_id": acts.job}
    made = await acts.do("POST", "/placements", body)
    return told("application.created", made["placement"]["id"])


@act("taken out of a job")
async def _removed(acts: Acts) -> Told:
    placed = acts.placement("taken out of a job")
    await acts.do("DELETE", f"/placements/{placed}")
    return told("application.deleted", placed)


@act("moved")
async def _moved(acts: Acts) -> Told:
    await acts.move("moved", "phone_screen")
    return told("application.stage_changed", acts.placement("moved"))


@act("disqualified")
async def _rejected(acts: Acts) -> Told:
    await acts.reject("disqualified", (await acts.reason())["id"])
    return told("application.rejected", acts.placement("disqualified"))


@before("requalified")
async def _out(acts: Acts) -> None:
    await acts.person("requalified")
    await acts.reject("requalified", (await acts.reason())["id"])


@act("requalified")
async def _requalified(acts: Acts) -> Told:
    await acts.do("PATCH", f"/placements/{acts.placement('requalified')}/requalify")
    return told("application.requalified", acts.placement("requalified"))


@act("hired")
async def _hired(acts: Acts) -> Told:
    await acts.move("hired", "hire")
    placed = acts.placement("hired")
    return told("application.stage_changed", placed) + told("application.hired", placed)


@before("hire edited: its dates, its place")
async def _in_job(acts: Acts) -> None:
    await acts.person("hire edited: its dates, its place")
    await acts.move("hire edited: its dates, its place", "hire")


@act("hire edited: its dates, its place")
async def _hire_edited(acts: Acts) -> Told:
    placed = acts.placement("hire edited: its dates, its place")
    given = {"placement": {"job_starts_at": "2028-02-01"}}
    await acts.do("PATCH", f"/placements/{placed}/hiring_details", given)
    return told("application.updated", placed)


@act("places of an application changed")
async def _relocated(acts: Acts) -> Told:
    placed = acts.placement("places of an application changed")
    place = (await acts.watched.rows("/locations", "locations"))[0]["id"]
    await acts.do("PATCH", f"/placements/{placed}/locations", {"location_ids": [place]})
    return told("application.updated", placed)


@before("rejection reason renamed, on those who have it")
async def _old_reason(acts: Acts) -> None:
    key = "rejection reason renamed, on those who have it"
    given = {"disqualify_reason": {"name": "Of old"}}
    made = (await acts.do("POST", "/disqualify_reasons", given))["disqualify_reason"]
    acts.made[key] = made["id"]
    await acts.person(key)
    await acts.reject(key, made["id"])


@act("rejection reason renamed, on those who have it")
async def _reason_renamed(acts: Acts) -> Told:
    key = "rejection reason renamed, on those who have it"
    given = {"disqualify_reason": {"name": "Of late"}}
    await acts.do("PATCH", f"/disqualify_reasons/{acts.made[key]}", given)
    return told("application.updated", acts.placement(key))


@before("job deleted, for its applications")
async def _short_job(acts: Acts) -> None:
    key = "job deleted, for its applications"
    acts.made[key] = job = await acts.offer()
    body = {"candidate": {"name": acts.name("Person")}}
    acts.people[key] = (await acts.do("POST", f"/offers/{job}/candidates", body))["candidate"]


@act("job deleted, for its applications")
async def _job_gone(acts: Acts) -> Told:
    key = "job deleted, for its applications"
    await acts.do("DELETE", f"/offers/{acts.made[key]}")
    return told("job.deleted", acts.made[key]) + told("application.deleted", acts.placement(key))
