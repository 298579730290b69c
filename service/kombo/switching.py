"""An integration switched off and on, and deleted."""

from pydantic import BaseModel, ConfigDict, StrictBool
from starlette.responses import Response

from service.core import times
from service.core.store.store import Store
from service.kombo.entry import named
from service.kombo.envelope import success
from service.ops.bodies import given
from service.state import Request


class Switched(BaseModel):
    """Whether an integration is to be on."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    value: StrictBool


async def set_enabled(request: Request) -> Response:
    """Switch an integration off or on.

    Off, nothing is asked of Recruitee any more: a full read under way stops within seconds, webhooks are
    taken and wait. Both go on once it is on again.
    """
    store: Store = request.state["store"]
    connection = await named(request, request.path_params["integration_id"])
    wanted = Switched.model_validate(await given(request)).value
    if wanted and connection.disabled:
        now = times.now_ms()
        await store.connections.wake(connection.id, connection.status, disabled=0, asked=now)
    elif not wanted and not connection.disabled:
        await store.connections.note(connection.id, disabled=times.now_ms())
    return success({})


async def delete(request: Request) -> Response:
    """Unlink a company and forget what is stored about it."""
    store: Store = request.state["store"]
    await store.connections.remove(await named(request, request.path_params["integration_id"]))
    return success({})
