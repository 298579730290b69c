"""Edits of jobs and their papers, of pipelines, questions, and of the company's own lists."""

from tests.detect.acts import Acts, Told, act, before, told
from tests.detect.watched import Json


def _job(
    name: str, kind: str, method: str, path: str, body: Json | None = None, **more: str
) -> None:
    """Enter an edit of a job of its own; `more` may name the status it has before."""

    async def made(acts: Acts) -> None:
        acts.made[name] = await acts.offer()
        if status := more.get("status"):
            await acts.do("PATCH", f"/offers/{acts.made[name]}/{status}")

    async def done(acts: Acts) -> Told:
        await acts.do(method, f"/offers/{acts.made[name]}{path}", body)
        return told(kind, acts.made[name])

    before(name)(made)
    act(name)(done)


_job("job edited", "job.updated", "PATCH", "", {"offer": {"title": "Another title"}})
_job("job's places, work model or requisition changed", "job.updated", "PATCH", "",
     {"offer": {"remote": True}})  # fmt: skip
_job("job published", "job.published", "PATCH", "/publish")
_job("job unpublished", "job.unpublished", "PATCH", "/unpublish", status="publish")
_job("job closed", "job.closed", "PATCH", "/close", status="publish")
_job("job archived", "job.archived", "PATCH", "/archive", status="publish")
_job("job tagged", "job.tags_changed", "POST", "/offer_tags", {"offer_tags": ["urgent"]})
_job("job deleted", "job.deleted", "DELETE", "")


@act("job created")
async def _created(acts: Acts) -> Told:
    return told("job.created", await acts.offer())


@before("hiring team changed")
async def _teamless(acts: Acts) -> None:
    acts.made["hiring team changed"] = await acts.offer()


@act("hiring team changed")
async def _team(acts: Acts) -> Told:
    job = acts.made["hiring team changed"]
    user = (await acts.watched.rows("/memberships", "memberships"))[0]["admin_id"]
    await acts.do("PATCH", f"/offers/{job}", {"offer": {"hiring_manager_id": user}})
    return told("job.hiring_team_changed", job)


@before("question form chosen")
async def _formless(acts: Acts) -> None:
    acts.made["question form chosen"] = await acts.offer()
    rows = await acts.watched.rows("/open_questions/template", "open_question_templates")
    acts.made["form"] = rows[0]["id"]


@act("question form chosen")
async def _form(acts: Acts) -> Told:
    job, form = acts.made["question form chosen"], acts.made["form"]
    await acts.do("PATCH", f"/offers/{job}", {"offer": {"open_question_template_id": form}})
    return told("job.questions_changed", job)


@before("question added, removed, made required")
async def _asks(acts: Acts) -> None:
    acts.made["asking"] = await acts.offer()
    rows = await acts.watched.rows("/open_questions/template", "open_question_templates")
    acts.made["its form"] = rows[-1]["id"]
    given = {"offer": {"open_question_template_id": rows[-1]["id"]}}
    await acts.do("PATCH", f"/offers/{acts.made['asking']}", given)


@act("question added, removed, made required")
async def _asked(acts: Acts) -> Told:
    given = {"open_question": {"kind": "boolean", "body": "May you work here?", "required": True}}
    path = f"/open_questions/template/{acts.made['its form']}/open_questions"
    await acts.do("POST", path, given)
    return told("job.questions_changed", acts.made["asking"])


@before("note on a job added")
async def _job_papers(acts: Acts) -> None:
    acts.made["papers"] = job = await acts.offer()
    acts.made["edited"], acts.made["removed"] = (
        await acts.note(f"/offers/{job}"),
        await acts.note(f"/offers/{job}"),
    )
    acts.made["job file"] = await acts.file(offer_id=job)


@act("note on a job added")
async def _job_note(acts: Acts) -> Told:
    return told("note.created", await acts.note(f"/offers/{acts.made['papers']}"))


@act("note on a job edited")
async def _job_note_edited(acts: Acts) -> Told:
    await acts.do("PATCH", f"/notes/{acts.made['edited']}", {"note": {"body": "Or rather not"}})
    return told("note.updated", acts.made["edited"])


@act("note on a job removed")
async def _job_note_removed(acts: Acts) -> Told:
    await acts.do("DELETE", f"/notes/{acts.made['removed']}")
    return told("note.deleted", acts.made["removed"])


@act("file of a job added")
async def _job_file(acts: Acts) -> Told:
    return told("attachment.created", await acts.file(offer_id=acts.made["papers"]))


@act("file of a job removed")
async def _job_file_removed(acts: Acts) -> Told:
    await acts.do("DELETE", f"/attachments/{acts.made['job file']}")
    return told("attachment.deleted", acts.made["job file"])


@before("stage renamed")
async def _stages(acts: Acts) -> None:
    job = (await acts.do("GET", f"/offers/{acts.job}"))["offer"]
    acts.made["pipeline"] = job["pipeline_template"]["id"]
    for key in ("stage renamed", "stage removed"):
        acts.made[key] = await _stage(acts, key)


async def _stage(acts: Acts, name: str) -> int:
    path = f"/pipeline_templates/{acts.made['pipeline']}/stages"
    found: int = (await acts.do("POST", path, {"stage": {"name": name}}))["stage"]["id"]
    return found


@act("stage added")
async def _stage_added(acts: Acts) -> Told:
    made = await _stage(acts, "A talk more")
    return told("stage.created", made) + told("job.stages_changed", acts.job)


@act("stage renamed")
async def _stage_renamed(acts: Acts) -> Told:
    stage = acts.made["stage renamed"]
    await acts.do("PATCH", f"/stages/{stage}", {"stage": {"name": "Another word"}})
    return told("stage.updated", stage)


@act("stage removed")
async def _stage_removed(acts: Acts) -> Told:
    stage = acts.made["stage removed"]
    await acts.do("DELETE", f"/stages/{stage}")
    return told("stage.deleted", stage) + told("job.stages_changed", acts.job)


def _listed(noun: str, model: str, path: str, key: str, *, many: bool = False) -> None:
    """Enter adding, renaming and removing a row of one of the company's lists."""

    async def make(acts: Acts, name: str) -> int:
        given: Json = {path.strip("/"): [name]} if many else {key: {"name": name}}
        answer = await acts.do("POST", path, given)
        rows = answer[path.strip("/")] if many else [answer[key]]
        found: int = next(row["id"] for row in rows if row["name"] == name)
        return found

    async def there(acts: Acts) -> None:
        for what in ("renamed", "removed"):
            acts.made[f"{noun} {what}"] = await make(acts, acts.name(f"{noun} to be {what}"))

    async def added(acts: Acts) -> Told:
        return told(f"{model}.created", await make(acts, acts.name(f"new {noun}")))

    async def renamed(acts: Acts) -> Told:
        number = acts.made[f"{noun} renamed"]
        await acts.do("PATCH", f"{path}/{number}", {key: {"name": acts.name(f"renamed {noun}")}})
        return told(f"{model}.updated", number)

    async def removed(acts: Acts) -> Told:
        await acts.do("DELETE", f"{path}/{acts.made[f'{noun} removed']}")
        return told(f"{model}.deleted", acts.made[f"{noun} removed"])

    edited = "edited or archived" if noun == "location" else "renamed"
    before(f"{noun} {edited}")(there)
    act(f"{noun} added")(added)
    act(f"{noun} {edited}")(renamed)
    act(f"{noun} removed or merged" if noun == "location" else f"{noun} removed")(removed)


_listed("department", "department", "/departments", "department", many=True)
_listed("location", "location", "/locations", "location")
_listed("tag", "tag", "/tags", "tag")
_listed("rejection reason", "rejection_reason", "/disqualify_reasons", "disqualify_reason")


async def _member(acts: Acts, name: str) -> Json:
    given = {"email": f"{name}@example.com", "first_name": name, "last_name": "Member"}
    found: Json = (await acts.do("POST", "/memberships", {"membership": given}))["membership"]
    return found


@before("user's role changed")
async def _members(acts: Acts) -> None:
    for key in ("user's role changed", "user deactivated", "user removed"):
        acts.made[key] = await _member(acts, key.replace(" ", "-").replace("'", ""))


@act("user added")
async def _member_added(acts: Acts) -> Told:
    return told("user.created", (await _member(acts, "newcomer"))["admin_id"])


@act("user's role changed")
async def _role_changed(acts: Acts) -> Told:
    member = acts.made["user's role changed"]
    roles = await acts.watched.rows("/roles", "roles")
    other = next(role["id"] for role in roles if role["id"] != member["role_id"])
    await acts.do("PATCH", f"/memberships/{member['id']}", {"membership": {"role_id": other}})
    return told("user.updated", member["admin_id"])


@act("user deactivated")
async def _deactivated(acts: Acts) -> Told:
    member = acts.made["user deactivated"]
    await acts.do("PATCH", f"/memberships/{member['id']}", {"membership": {"is_active": False}})
    return told("user.updated", member["admin_id"])


@act("user removed")
async def _member_removed(acts: Acts) -> Told:
    member = acts.made["user removed"]
    await acts.do("DELETE", f"/memberships/{member['id']}")
    return told("user.updated", member["admin_id"])
