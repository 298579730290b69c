"""Screening answers: only the careers site takes them, for published jobs, with a token of its own."""

from typing import Final

from service.core.actions import answers
from service.core.actions.inputs import CreateApplication
from service.core.recruitee.client import Ok
from service.core.recruitee.writing import Part, Write
from workers.actions.doing import Doing
from workers.actions.papers import part_of

HEADER: Final = "x-careers-sites-token"
UNWRITTEN: Final = "screening answers were not written: "


async def site_of(doing: Doing, given: CreateApplication) -> str | None:
    """Return the job's address on the careers site when the application is to go there.

    Else None, with a word on why answers that were given are left out.
    """
    if not given.answers or not given.job_id:
        return None
    connection = doing.connection
    if connection.careers_token is None or not connection.careers_url:
        doing.warn(UNWRITTEN + "the connection has no careers_url and careers_token")
        return None
    answer = await doing.get(f"/offers/{given.job_id}")
    job = answer.data.get("offer") if isinstance(answer, Ok) else None
    if not isinstance(job, dict) or job.get("status") != "published" or not job.get("slug"):
        doing.warn(UNWRITTEN + "the careers site takes them for published jobs only")
        return None
    return f"/api/offers/{job['slug']}/candidates"


async def on_site(doing: Doing, given: CreateApplication, path: str) -> Write:
    """Return the application as the careers site takes it: a form, without our API token."""
    person, connection = given.person, doing.connection
    said = {
        "name": person.name, "email": next(iter(person.emails), ""),
        "phone": next(iter(person.phones), ""), "cover_letter": person.cover_letter or "",
    }  # fmt: skip
    form = [Part(f"candidate[{name}]", value) for name, value in said.items() if value]
    form += [Part("candidate[sources][]", given.source)] if given.source else []
    for number, each in enumerate(given.answers):
        form += answers.parts(number, each)
        if each.file is not None:
            sent = await part_of(doing, each.file, f"answer{number}")
            name = f"{answers.FORM}[{number}][file]"
            form.append(Part(name, sent.value, sent.filename, sent.content_type))
    token = connection.careers_token
    headers = {HEADER: token.get_secret_value()} if token else {}
    return Write("POST", path, form=form, site=connection.careers_url, headers=headers)
