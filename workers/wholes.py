"""Whether what has no time of its own, and appears inside a record, is new: all of it was known before."""

from collections.abc import Sequence

from service.core.unified.model import Draft, Snapshot


def knew_all(before: Snapshot | None, drafts: Sequence[Draft]) -> bool:
    """Say whether all inside a record was known: a candidate's own page, or this very pipeline of a job."""
    if before is None or before.deleted or not drafts:
        return False
    if "attachments_count" in before.fields and drafts[0].model == "candidate":
        return True  # a list does not serve it, nor CV and letter
    was, now = (fields.get("stage_ids") for fields in (before.fields, drafts[0].fields))
    return bool(set(was or ()) & set(now or ()))
