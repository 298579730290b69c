"""The doctor's view from inside a running instance: what `hirewire doctor` prints."""

from starlette.responses import Response

from service.core.settings import Settings
from service.core.store.condition import examine
from service.core.store.store import Store
from service.problems import Json
from service.state import Request


async def show(request: Request) -> Response:
    """Examine Redis, keys, clock, lag and connections; each finding is one sentence with its cure."""
    store: Store = request.state["store"]
    settings: Settings = request.state["settings"]
    findings = await examine(store, settings)
    failed = [finding.name for finding in findings if finding.level == "failed"]
    return Json({"healthy": not failed, "findings": [finding._asdict() for finding in findings]})
