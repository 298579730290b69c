"""Applications that were made elsewhere, imported: from then on they are kept as those made through us."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime
from starlette.responses import Response

from service.core import ids, times
from service.core.actions import inputs
from service.core.store.connections import Connection
from service.core.unified.reading import identifier
from service.kombo.envelope import passed_on
from service.kombo.writes.acting import Wire, act
from service.ops.bodies import given
from service.state import Request


def _numbered(placement_id: str) -> str:
    """Return an id of Recruitee's in its own form; raises ValueError for what is none."""
    known = identifier(placement_id)
    if known is None:
        raise ValueError("must be the number of a placement in Recruitee")
    return known


class PlacementAsked(Wire):
    """Which application, by Recruitee's id."""

    id_type: Literal["placement_id"]
    placement_id: Annotated[str, AfterValidator(_numbered)]


class ImportAsked(Wire):
    """The body; what it has for other systems than Recruitee is left alone."""

    tracked_at: AwareDatetime | None
    recruitee: PlacementAsked


async def imported(request: Request, connection: Connection) -> Response:
    """Import an application that was made elsewhere."""
    asked = ImportAsked.model_validate(await given(request))
    placement = asked.recruitee.placement_id
    wanted = inputs.Import(application_id=placement)
    result = await act(request, connection, "import_application", wanted)
    at = None if asked.tracked_at is None else int(asked.tracked_at.timestamp() * 1000)
    shown: dict[str, Any] = {
        "id": ids.record_id(connection.id, "application", placement),
        "tracked_at": None if at is None else times.iso(at),
        "imported_id": {"recruitee": {"id_type": "placement_id", "placement_id": placement}},
    }
    return passed_on(shown, result.warnings)
