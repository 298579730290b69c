"""Every action there is: how it is asked for, what it leaves at Recruitee, and what is told of it."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field

from service.sandbox.persons import Candidate, Placement
from service.sandbox.state import Sandbox
from tests.actions.conftest import Acting, Json
from tests.actions.people import Who

REPORT = {"name": "report.txt", "content_type": "text/plain", "type": "OTHER",
          "data": base64.b64encode(b"A report").decode()}  # fmt: skip
RESULT = {"label": "Test result", "url": "https://example.org/r/1",
          "details": {"custom_field_name_prefix": "Test:",
                      "attributes": [{"key": "Score", "value": "97"}]}}  # fmt: skip
AT = {"start_time": "2026-12-01T09:00:00.000Z", "end_time": "2026-12-01T09:45:00.000Z"}


@dataclass(frozen=True)
class World:
    """The company, and ids that bodies name."""

    sandbox: Sandbox = field(repr=False)
    reason: str
    user: str

    def person(self, who: Who) -> Candidate:
        """Return somebody as Recruitee has them now."""
        return self.sandbox.company.people[who.id]

    def placement(self, who: Who) -> Placement | None:
        """Return their application as Recruitee has it now."""
        found = (each for each in self.person(who).placements if each.id == who.placement)
        return next(found, None)

    def newcomers(self, who: Who) -> list[Candidate]:
        """Return who was made in their stead."""
        return [p for p in self.sandbox.company.people.values() if who.mail in p.emails]


@dataclass(frozen=True)
class Deed:
    """One action. `left` counts what it makes at Recruitee: 0 before it, 1 after it."""

    kind: str
    method: str
    path: str
    body: Callable[[Who, World], Json]
    left: Callable[[World, Who], int]
    told: tuple[str, ...]
    """The types of the events that follow, each once."""
    name: str = ""
    """What Kombo's client calls it; "" where Kombo has no such action."""
    then: tuple["Deed", ...] = field(default=())
    """What is done to the same person afterwards."""

    def names(self, who: Who) -> dict[str, str]:
        """Return the ids that its address names."""
        all_ = {"candidate_id": who.candidate["id"], "application_id": who.application["id"],
                "job_id": who.job["id"]}  # fmt: skip
        return {name: value for name, value in all_.items() if f"{{{name}}}" in self.path}


async def world(acting: Acting) -> World:
    """Return the company and the ids that bodies name."""
    reasons, users = await acting.ids("rejection-reasons"), await acting.ids("users")
    return World(acting.sandbox, next(iter(reasons.values())), next(iter(users.values())))


def _nothing(_: Who, __: World) -> Json:
    return {}


def _person(who: Who) -> Json:
    return {"first_name": "New", "last_name": "Comer", "email_address": who.mail}


def _stage(who: Who) -> Json:
    """Return a stage of their job in which they are not, and which hires nobody."""
    now = who.application["current_stage_id"]
    return next(each for each in who.job["stages"][3:-1] if each["id"] != now)


def _notes(words: str) -> Callable[[World, Who], int]:
    def count(at: World, who: Who) -> int:
        return sum(words in note.body for note in at.sandbox.company.papers.notes.of(who.id))

    return count


def _fields(at: World, who: Who, name: str) -> int:
    return sum(each.get("name") == name for each in at.person(who).fields)


def _rejected(at: World, who: Who) -> int:
    there = at.placement(who)
    return int(there is not None and there.disqualified)


def _moved(at: World, who: Who) -> int:
    there = at.placement(who)
    return int(there is not None and str(there.stage_id) == _stage(who)["remote_id"])


def _results(at: World, who: Who) -> int:
    notes = _notes("https://example.org/r/1")(at, who)
    return notes if notes == _fields(at, who, "Test: Score") else -1


def _files(at: World, who: Who) -> int:
    files = at.sandbox.company.papers.attachments.of(who.id)
    return sum(each.filename == "report.txt" for each in files)


def _newcomers(at: World, who: Who) -> int:
    job = int(who.job["remote_id"])
    return sum([p.offer_id for p in each.placements] == [job] for each in at.newcomers(who))


def _meetings(minutes: int) -> Callable[[World, Who], int]:
    def count(at: World, who: Who) -> int:
        rows = at.sandbox.company.papers.interviews.of(who.id)
        return sum(r.note == "Talk" and r.duration == minutes and r.scheduled for r in rows)

    return count


def _meeting(who: Who, at: World) -> Json:
    place = {"type": "PHYSICAL", "address": "Room 1"}
    return {"title": "Talk", "interviewer_user_ids": [at.user], "location": place, **AT}


def _meeting_moved(who: Who, at: World) -> Json:
    rows = at.sandbox.company.papers.interviews.of(who.id)
    (one,) = [row.id for row in rows if row.note == "Talk"]
    end = "2026-12-01T09:30:00.000Z"
    return {**_meeting(who, at), "end_time": end, "interview_id": f"remote:{one}"}


def _another_job(who: Who, at: World) -> str:
    theirs = {each.offer_id for each in at.person(who).placements}
    offers = at.sandbox.company.offers.values()
    return next(str(o.id) for o in offers if o.status == "published" and o.id not in theirs)


CANDIDATE, APPLICATION = "/ats/candidates/{candidate_id}", "/ats/applications/{application_id}"
NOTED, FIELD = "note.created", "candidate.updated"
KOMBOS = (
    Deed(
        "create_application", "POST", "/ats/candidates",
        lambda who, _: {"candidate": _person(who), "application": {"job_id": who.job["id"]}},
        _newcomers, ("candidate.created", "application.created"), "create_candidate",
    ),
    Deed(
        "create_application", "POST", "/ats/jobs/{job_id}/applications",
        lambda who, _: {"candidate": _person(who), "attachments": [REPORT]},
        _newcomers, ("candidate.created", "application.created", "attachment.created"),
        "create_application",
    ),
    Deed(
        "add_tag", "POST", f"{CANDIDATE}/tags", lambda *_: {"tag": {"name": "Probed"}},
        lambda at, who: at.person(who).tags.count("Probed"), ("candidate.tag_added",),
        "add_candidate_tag",
        (Deed(
            "remove_tag", "DELETE", f"{CANDIDATE}/tags", lambda *_: {"tag": {"name": "Probed"}},
            lambda at, who: 1 - at.person(who).tags.count("Probed"), ("candidate.tag_removed",),
            "remove_candidate_tag",
        ),),
    ),
    Deed(
        "add_attachment", "POST", f"{CANDIDATE}/attachments", lambda *_: {"attachment": REPORT},
        _files, ("attachment.created",), "add_candidate_attachment",
    ),
    Deed(
        "add_attachment", "POST", f"{APPLICATION}/attachments", lambda *_: {"attachment": REPORT},
        _files, ("attachment.created",), "add_application_attachment",
    ),
    Deed(
        "move_to_stage", "PUT", f"{APPLICATION}/stage", lambda who, _: {"stage_id": _stage(who)["id"]},
        _moved,
        ("application.stage_changed",), "move_application_to_stage",
    ),
    Deed(
        "reject", "POST", f"{APPLICATION}/reject", lambda _, at: {"rejection_reason_id": at.reason},
        _rejected, ("application.rejected",), "reject_application",
    ),
    Deed(
        "add_result_link", "POST", f"{CANDIDATE}/result-links", lambda *_: RESULT, _results,
        (NOTED, FIELD), "add_candidate_result_link",
    ),
    Deed(
        "add_result_link", "POST", f"{APPLICATION}/result-links", lambda *_: RESULT, _results,
        (NOTED, FIELD), "add_application_result_link",
    ),
    Deed(
        "add_note", "POST", f"{APPLICATION}/notes",
        lambda *_: {"content": "Well done", "content_type": "PLAIN_TEXT"}, _notes("Well done"),
        (NOTED,), "add_application_note",
    ),
)  # fmt: skip
LACKING = (
    Deed(
        "reject", "POST", f"{APPLICATION}/reject",
        lambda _, at: {"rejection_reason_id": at.reason, "note": "Not this time"},
        lambda at, who: _rejected(at, who) * _notes("Not this time")(at, who),
        ("application.rejected", NOTED),
        then=(Deed(
            "unreject", "POST", f"{APPLICATION}/unreject", _nothing,
            lambda at, who: 1 - _rejected(at, who), ("application.requalified",),
        ),),
    ),
    Deed(
        "update_candidate", "PATCH", CANDIDATE, lambda *_: {"phone_numbers": ["+31612345678"]},
        lambda at, who: at.person(who).phones.count("+31612345678"), (FIELD,),
    ),
    Deed(
        "delete_candidate", "DELETE", CANDIDATE, _nothing,
        lambda at, who: int(at.person(who).deleted_at is not None),
        ("candidate.deleted", "application.deleted"),
    ),
    Deed(
        "assign", "POST", f"{CANDIDATE}/applications",
        lambda who, at: {"job_id": f"remote:{_another_job(who, at)}"},
        lambda at, who: len(at.person(who).placements) - 1, ("application.created",),
    ),
    Deed(
        "unassign", "DELETE", APPLICATION, _nothing,
        lambda at, who: int(at.placement(who) is None), ("application.deleted",),
    ),
    Deed(
        "evaluate", "POST", f"{CANDIDATE}/scorecards",
        lambda who, _: {"application_id": who.application["id"], "rating": "strong_yes",
                        "stage_id": _stage(who)["id"], "note": "By far"},
        lambda at, who: sum(
            "By far" in (row.rating_note or "")
            for row in at.sandbox.company.papers.evaluations.of(who.id)
        ), ("evaluation.created",),
    ),
    Deed(
        "schedule_interview", "POST", f"{APPLICATION}/interviews", _meeting, _meetings(45),
        ("interview.scheduled",),
        then=(Deed(
            "schedule_interview", "PATCH", f"{APPLICATION}/interviews", _meeting_moved,
            _meetings(30), ("interview.rescheduled",),
        ),),
    ),
    Deed(
        "set_custom_field", "PUT", f"{CANDIDATE}/custom-fields/Shoe size", lambda *_: {"value": "43"},
        lambda at, who: _fields(at, who, "Shoe size"), (FIELD,),
    ),
    Deed(
        "set_consent", "PUT", f"{CANDIDATE}/gdpr-consent", lambda *_: {"expires_at": "2030-01-01"},
        lambda at, who: int((at.person(who).gdpr_expires_at or "").startswith("2030-01-01")),
        (FIELD,),
    ),
    Deed(
        "add_note", "POST", f"{CANDIDATE}/notes",
        lambda *_: {"content": "Of the person", "content_type": "PLAIN_TEXT"},
        _notes("Of the person"), (NOTED,),
    ),
)  # fmt: skip
