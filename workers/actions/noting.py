"""Notes on candidates, plain and as results of other products."""

from typing import Any

from service.core.actions import seen, words
from service.core.actions.inputs import Note, ResultLink, SetField
from service.core.recruitee.writing import Write
from service.core.unified.model import Ref
from workers.actions.doing import Doing, Ended, Kept
from workers.actions.profile import field_set


async def add_note(doing: Doing, given: Note) -> None:
    """Put a note on a candidate; its own document wins over its text, as at Recruitee."""
    _about(doing, given.candidate_id)
    try:
        shown = words.visibility(given.visibility)
    except ValueError as error:
        raise Ended("invalid", str(error)) from None
    more: dict[str, Any] = {"visibility": shown} if shown else {}
    if given.document is not None:
        more["body_json"] = given.document
    if given.reply_to_id:
        more["reply_to_id"] = int(given.reply_to_id)
    await noted(doing, given.candidate_id, given.content, more)


async def add_result_link(doing: Doing, given: ResultLink) -> None:
    """Put a result on a candidate: Recruitee has no such thing, so that a note says it.

    Its details become custom fields too, named by the prefix; where one cannot be set, that is said.
    """
    _about(doing, given.candidate_id)
    body = words.linked(given.label, given.url, given.attributes)
    await noted(doing, given.candidate_id, body, marked_up=True)
    for number, each in enumerate(given.attributes):
        name = f"{given.prefix} {each.key}".strip() if given.prefix else each.key
        wanted = SetField(
            candidate_id=given.candidate_id, name=name, values=({"text": each.value},)
        )
        await doing.beside(field_set(doing, wanted, f"field{number}"))


async def noted(
    doing: Doing,
    candidate_id: str,
    text: str,
    more: dict[str, Any] | None = None,
    *,
    name: str = "note",
    marked_up: bool = False,
) -> None:
    """Put a note on a candidate; one whose answer was lost is known by its words and its time."""
    body = text if marked_up else words.paragraphs(text)
    path, document = f"/candidates/{candidate_id}/notes", (more or {}).get("body_json")

    async def found() -> Kept | None:
        return seen.newest(
            await doing.listed("candidate_notes", candidate_id), doing.one.begun,
            lambda row: words.same_words(str(row.get("body") or row.get("text") or ""), body)
            or (document is not None and row.get("body_json") == document),
        )  # fmt: skip

    made = await doing.step(
        name,
        Write("POST", path, {"note": {"body": body, **(more or {})}}),
        kept=seen.kept_id("note"),
        found=found,
    )
    doing.ids["note"] = str(made.get("id", ""))


def _about(doing: Doing, candidate_id: str) -> None:
    doing.ids["candidate"] = candidate_id
    doing.touches(Ref("candidate", candidate_id), Ref("candidate_notes", candidate_id))
