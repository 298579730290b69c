"""The doctor's view from inside a running instance: what `hirewire doctor` prints."""

from starlette.responses import Response

from service.core.recruitee.client import RecruiteeClient
from service.core.settings import Settings
from service.core.store.condition import Finding, examine, ok
from service.core.store.store import Store
from service.problems import Json
from service.state import Request


async def show(request: Request) -> Response:
    """Examine Redis, keys, clock, lag, connections and reach; each a sentence with its cure."""
    store: Store = request.state["store"]
    settings: Settings = request.state["settings"]
    recruitee: RecruiteeClient = request.state["recruitee"]
    findings = [*await examine(store, settings), await _recruitee(recruitee)]
    if settings.public_url is not None:
        findings.append(await _public(recruitee, str(settings.public_url).rstrip("/")))
    failed = [finding.name for finding in findings if finding.level == "failed"]
    return Json({"healthy": not failed, "findings": [finding._asdict() for finding in findings]})


async def _recruitee(client: RecruiteeClient) -> Finding:
    status, what = await client.reach()
    if status is not None:
        return ok("recruitee", f"Recruitee's API answers ({what})")
    return Finding(
        "recruitee",
        "failed",
        f"Recruitee's API cannot be reached: {what}; see DNS, firewall and HIREWIRE_RECRUITEE_URL",
    )


async def _public(client: RecruiteeClient, base: str) -> Finding:
    status, what = await client.reach(f"{base}/healthz")
    if status == 200:
        return ok("public_url", f"our public address leads to us ({base})")
    said = f"answers {status}" if status else "cannot be reached from here"
    return Finding(
        "public_url",
        "warning",
        f"{what} {said}; see that the proxy or tunnel leads to us, else Recruitee's webhooks do not",
    )
