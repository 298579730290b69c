"""Documents put to candidates: fetched or decoded, checked, uploaded; a CV becomes their CV."""

from typing import Any

from service.core.actions import files, seen
from service.core.actions.inputs import Attach, File
from service.core.net.fetching import Fetched, fetch_document
from service.core.recruitee.client import Ok
from service.core.recruitee.writing import Part, Write
from service.core.unified.model import Ref
from workers.actions.doing import Doing, Ended, Kept

FETCH_S = 20.0
PROFILE = {"CV": "cv", "COVER_LETTER": "cover_letter"}


async def add_attachment(doing: Doing, given: Attach) -> None:
    """Put a document to a candidate, or to their application."""
    doing.ids["candidate"] = given.candidate_id
    owner = given.candidate_id
    doing.touches(Ref("candidate", owner), Ref("candidate_attachments", owner))
    await attached(doing, given.candidate_id, given.file, given.job_id)


async def attached(
    doing: Doing, candidate_id: str, file: File, job_id: str | None = None, name: str = "file"
) -> None:
    """Put one document to a candidate, as a step of whatever action.

    The first CV becomes the candidate's CV; one who has a CV keeps it, and another is kept beside it.
    """
    if _over(doing, name):
        return
    part = await part_of(doing, file, name)
    what = PROFILE.get(file.type)
    if what is not None and await _lacks(doing, candidate_id, what):
        await _of_profile(doing, candidate_id, what, part, name)
        return
    if what is not None:
        doing.warn(f"{file.type}: the candidate has one already; the document was put beside it")
    await _uploaded(doing, candidate_id, part, job_id, name)


def _over(doing: Doing, name: str) -> bool:
    return "kept" in doing.one.steps.get(name, {})


async def part_of(doing: Doing, file: File, name: str) -> Part:
    """Return the document as it is sent; raises Ended for what is not taken."""
    if file.data is not None:
        data: bytes | str = files.decoded(file)
        said = ""
    else:
        fetched = await _fetched(doing, file)
        data, said = (
            (fetched.data, fetched.content_type) if isinstance(fetched, Fetched) else (fetched, "")
        )
    if isinstance(data, str):
        raise Ended("invalid", f"{name}: the document was not taken: {data}")
    kind = files.typed(file, said)
    if not kind:
        raise Ended("invalid", f"{name}: documents of this type are not taken")
    return Part("", data, files.named(file), kind)


async def _fetched(doing: Doing, file: File) -> Fetched | str:
    url = file.data_url or ""
    return await fetch_document(url, doing.ctx.settings, most=files.MOST_BYTES, timeout_s=FETCH_S)


async def _lacks(doing: Doing, candidate_id: str, what: str) -> bool:
    answer = await doing.get(f"/candidates/{candidate_id}")
    if not isinstance(answer, Ok):
        raise Ended("missing", "there is no such candidate in Recruitee")
    shown = seen.member(answer.data, "candidate")
    keys = ("cv_url", "cv_original_url") if what == "cv" else ("cover_letter_file_url",)
    return not any(shown.get(key) for key in keys)


async def _of_profile(doing: Doing, candidate_id: str, what: str, part: Part, name: str) -> None:
    form = [Part(f"candidate[{what}]", part.value, part.filename, part.content_type)]
    path = f"/candidates/{candidate_id}/update_{what}"
    await doing.step(name, Write("PATCH", path, form=form), again=True)


async def _uploaded(
    doing: Doing, candidate_id: str, part: Part, job_id: str | None, name: str
) -> None:
    form = [
        Part("attachment[file]", part.value, part.filename, part.content_type),
        Part("attachment[candidate_id]", candidate_id),
        *([Part("attachment[offer_id]", job_id)] if job_id else []),
    ]

    async def found() -> Kept | None:
        rows: Any = await doing.listed("candidate_attachments", candidate_id)
        return seen.newest(rows, doing.one.begun, lambda row: row.get("filename") == part.filename)

    made = await doing.step(
        name, Write("POST", "/attachments", form=form), kept=seen.kept_id("attachment"), found=found
    )
    doing.ids["attachment"] = str(made.get("id", ""))
