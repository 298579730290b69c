"""What a link's reader did goes to the audit, under the link's id; never its token, nor what was pasted."""

from service.core.errors import StoreUnavailable
from service.core.logs import logger
from service.core.store.audit import Entry
from service.core.store.links import Link
from service.core.store.store import Store
from service.state import Request

log = logger("setup")


async def written(request: Request, link: Link, action: str, status: int, c: str = "") -> None:
    """Write one step down."""
    store: Store = request.state["store"]
    targets = {"id": link.id} | ({"connection_id": c} if c else {})
    entry = Entry(
        actor="link", actor_id=link.id, action=f"POST /connect/{{token}}/{action}",
        targets=targets, status=status,
    )  # fmt: skip
    log.info("setup.step", link_id=link.id, action=action, status=status, connection_id=c)
    try:
        await store.audit.write(entry)
    except StoreUnavailable as error:
        log.error("audit.not_written", reason=str(error), action=action, status=status)
