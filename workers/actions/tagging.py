"""Tags put on candidates and taken off; Recruitee knows them by name."""

from typing import Literal

from service.core.actions.inputs import Tag
from service.core.recruitee.writing import Write
from service.core.unified.model import Ref
from workers.actions.doing import Doing


async def add_tag(doing: Doing, given: Tag) -> None:
    """Put a tag on a candidate; Recruitee makes it when it is new, and keeps it once."""
    await _tagged(doing, given, "POST")


async def remove_tag(doing: Doing, given: Tag) -> None:
    """Take a tag off; one that is not there is no failure."""
    await _tagged(doing, given, "DELETE")


async def _tagged(doing: Doing, given: Tag, method: Literal["POST", "DELETE"]) -> None:
    doing.ids["candidate"] = given.candidate_id
    doing.touches(Ref("candidate", given.candidate_id))
    path = f"/candidates/{given.candidate_id}/tags"
    await doing.step("tag", Write(method, path, {"tags": [given.name]}), again=True)
