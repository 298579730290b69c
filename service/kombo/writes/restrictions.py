"""Which documents an action takes: how many of each type, how large, of which content types."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import Response

from service.core.actions.files import MOST_BYTES, TYPES
from service.core.store.connections import Connection
from service.kombo.envelope import INPUT_INVALID, Refused, passed_on
from service.kombo.writes.creating import FILES_MOST
from service.state import Request

CREATES: Final = {"CV": 1, "COVER_LETTER": 1, "OTHER": FILES_MOST}
"""A candidate has one CV and one letter; of more of them the others are put beside it, and it is said."""
ADDS: Final = {"CV": 1, "COVER_LETTER": 1, "OTHER": 1}
ACTIONS: Final[Mapping[str, Mapping[str, int]]] = {
    "ats_create_candidate": CREATES,
    "ats_create_application": CREATES,
    "ats_add_application_attachment": ADDS,
    "ats_add_candidate_attachment": ADDS,
}


async def restrictions(request: Request, _: Connection) -> Response:
    """Show which documents an action takes."""
    action = request.path_params["action"]
    if action not in ACTIONS:
        detail = f"action: {action[:80]} takes no documents; those that do: {', '.join(ACTIONS)}"
        raise Refused(404, INPUT_INVALID, detail)
    types = {name: _type(most) for name, most in ACTIONS[action].items()}
    return passed_on({"attachment_restrictions": {"total_size_bytes": MOST_BYTES, "types": types}})


def _type(most: int) -> dict[str, Any]:
    return {
        "is_supported": True,
        "min_amount": 0,
        "max_amount": most,
        "max_file_size_bytes": MOST_BYTES,
        "accepted_mime_types": sorted(TYPES),
    }
