"""Edits of notes, files, interviews and evaluations."""

from tests.detect.acts import Acts, Told, act, before, somebody, told

somebody(
    "note added", "file added", "interview scheduled", "evaluation given", "CV or cover letter set"
)


@act("note added")
async def _noted(acts: Acts) -> Told:
    note = await acts.note(f"/candidates/{acts.id('note added')}")
    return told("note.created", note)


@before("note edited or pinned")
async def _has_notes(acts: Acts) -> None:
    for key in ("note edited or pinned", "note removed"):
        await acts.person(key)
        acts.made[key] = await acts.note(f"/candidates/{acts.id(key)}")


@act("note edited or pinned")
async def _note_edited(acts: Acts) -> Told:
    note = acts.made["note edited or pinned"]
    await acts.do("PATCH", f"/notes/{note}", {"note": {"body": "On second thought"}})
    return told("note.updated", note)


@act("note removed")
async def _note_removed(acts: Acts) -> Told:
    await acts.do("DELETE", f"/notes/{acts.made['note removed']}")
    return told("note.deleted", acts.made["note removed"])


@act("file added")
async def _file_added(acts: Acts) -> Told:
    return told("attachment.created", await acts.file(candidate_id=acts.id("file added")))


@before("file removed")
async def _has_file(acts: Acts) -> None:
    await acts.person("file removed")
    acts.made["file removed"] = await acts.file(candidate_id=acts.id("file removed"))


@act("file removed")
async def _file_removed(acts: Acts) -> Told:
    await acts.do("DELETE", f"/attachments/{acts.made['file removed']}")
    return told("attachment.deleted", acts.made["file removed"])


async def _cv(acts: Acts, key: str) -> None:
    given = {"candidate": {"remote_cv_url": "https://files.example.com/cv.pdf"}}
    await acts.do("PATCH", f"/candidates/{acts.id(key)}/update_cv", given)


@act("CV or cover letter set")
async def _cv_set(acts: Acts) -> Told:
    await _cv(acts, "CV or cover letter set")
    return told("attachment.created", f"cv-{acts.id('CV or cover letter set')}")


@before("CV removed")
async def _has_cv(acts: Acts) -> None:
    await acts.person("CV removed")
    await _cv(acts, "CV removed")


@act("CV removed")
async def _cv_removed(acts: Acts) -> Told:
    await acts.do("DELETE", f"/candidates/{acts.id('CV removed')}/delete_cv")
    return told("attachment.deleted", f"cv-{acts.id('CV removed')}")


@act("interview scheduled")
async def _scheduled(acts: Acts) -> Told:
    return told("interview.scheduled", await acts.interview("interview scheduled"))


@before("interview moved")
async def _has_interviews(acts: Acts) -> None:
    for key in ("interview moved", "interview changed", "interview deleted"):
        await acts.person(key)
        acts.made[key] = await acts.interview(key)


@act("interview moved")
async def _interview_moved(acts: Acts) -> Told:
    event = acts.made["interview moved"]
    given = {"interview_event": {"starts_at": "2028-03-01T09:00:00Z"}}
    await acts.do("PATCH", f"/interview/events/{event}", given)
    return told("interview.rescheduled", event)


@act("interview changed")
async def _interview_changed(acts: Acts) -> Told:
    event = acts.made["interview changed"]
    given = {"interview_event": {"location": "The quiet room"}}
    await acts.do("PATCH", f"/interview/events/{event}", given)
    return told("interview.updated", event)


@act("interview deleted")
async def _interview_deleted(acts: Acts) -> Told:
    await acts.do("DELETE", f"/interview/events/{acts.made['interview deleted']}")
    return told("interview.canceled", acts.made["interview deleted"])


@act("evaluation given")
async def _evaluated(acts: Acts) -> Told:
    return told("evaluation.created", await acts.evaluation("evaluation given"))


@before("evaluation changed")
async def _has_evaluations(acts: Acts) -> None:
    for key in ("evaluation changed", "evaluation removed"):
        await acts.person(key)
        acts.made[key] = await acts.evaluation(key)


@act("evaluation changed")
async def _evaluation_changed(acts: Acts) -> Told:
    result = acts.made["evaluation changed"]
    given = {"interview_result": {"rating": "strong_no"}}
    await acts.do("PATCH", f"/interview/results/{result}", given)
    return told("evaluation.updated", result)


@act("evaluation removed")
async def _evaluation_removed(acts: Acts) -> Told:
    await acts.do("DELETE", f"/interview/results/{acts.made['evaluation removed']}")
    return told("evaluation.deleted", acts.made["evaluation removed"])
