"""Ask Recruitee with a connection's token: is it good, and which models may it list?"""

import asyncio
from collections.abc import Mapping
from typing import Any

from service.core import times
from service.core.recruitee.client import (
    MAX_IN_FLIGHT,
    Answer,
    Company,
    Hidden,
    Later,
    Missing,
    Ok,
    RecruiteeClient,
    Refused,
    Unauthorized,
    page_params,
)
from service.core.settings import Settings
from service.core.store.connections import UNAUTHORIZED, Connection
from service.core.store.store import Store
from service.core.unified.model import Root
from service.core.unified.registry import ROOTS

__all__ = ["Answer", "check", "company_name", "refusal", "restore", "whoami"]

WITHIN_S = 10.0
SCOPE_CURE = (
    "the token's owner lacks the right to list these: make the token as an administrator, or give "
    "its owner that role in Recruitee (Settings, Team)"
)
AWAY_CURE = "Recruitee did not answer well; try again in a minute"


async def whoami(recruitee: RecruiteeClient, company_id: str, token: str) -> Answer:
    """Ask who owns a token: the cheapest question that only a good token gets an answer to."""
    return await _asked(recruitee, Company(company_id, token), "/admin", [])


def refusal(answer: Answer, company_id: str) -> str:
    """Say what is wrong with a token or company, with the cure."""
    match answer:
        case Unauthorized(reason):
            return f"api_token: Recruitee refused the token ({reason}); make a new one in Recruitee"
        case Refused(status, reason):
            return f"company_id: Recruitee refused company {company_id} ({status}: {reason})"
        case _:
            return (
                f"company_id: Recruitee has no company {company_id} for this token; give the number "
                "or subdomain of the company that the token belongs to"
            )


def company_name(answer: Answer, company_id: str) -> str | None:
    """Return the company's name, if Recruitee told it."""
    admin = answer.data.get("admin") if isinstance(answer, Ok) else None
    companies = admin.get("companies") if isinstance(admin, Mapping) else None
    known = [c for c in companies if isinstance(c, Mapping)] if isinstance(companies, list) else []
    this = [c for c in known if company_id in (str(c.get("id")), c.get("subdomain"))]
    name = (this or known)[0].get("name") if known else None
    return name.strip()[:200] or None if isinstance(name, str) else None


async def restore(store: Store, connection: Connection) -> bool:
    """Let a connection whose token works again go on, and announce it; False when it was not so."""
    if connection.status != UNAUTHORIZED:
        return False
    # Said first, under the number of the stop: whoever restores it, and however often, says it once.
    about = {"connection_id": connection.id}
    await store.records.announce(connection.id, "connection.restored", about, connection.stops)
    return await store.connections.restore(connection)


async def check(
    recruitee: RecruiteeClient, store: Store, settings: Settings, connection: Connection
) -> dict[str, Any]:
    """Try the token and every listing (one row of each), and say what to do about what fails."""
    company = Company(connection.company_id, connection.api_token.get_secret_value())
    asking = _Asking(recruitee, store, settings, connection.id, company)
    answer = await asking.get("/admin", [])
    token, detail = _token(answer, connection.company_id)
    models = [await asking.model(root) for root in ROOTS.values()] if token == "ok" else []  # noqa: S105
    if token == "ok":  # noqa: S105 - a verdict, not a token
        await restore(store, connection)
    webhook = _webhook(connection)
    good = all(row["status"] in ("allowed", "empty") for row in models)
    return {
        "ok": token == "ok" and good and webhook["cure"] is None,  # noqa: S105
        "token": token,
        "detail": detail,
        "models": models,
        "webhook": webhook,
    }


class _Asking:
    """Questions in the connection's own turn, so that a check never breaks its request rate."""

    def __init__(
        self,
        recruitee: RecruiteeClient,
        store: Store,
        settings: Settings,
        c: str,
        company: Company,
    ) -> None:
        self._recruitee = recruitee
        self._records = store.records
        self._rate = settings.recruitee_rate
        self._c = c
        self._company = company

    async def get(self, path: str, params: list[tuple[str, str]]) -> Answer:
        wait_s = await self._records.turn(self._c, self._rate, MAX_IN_FLIGHT)
        if wait_s > WITHIN_S:
            return Later(f"Recruitee wants no request for {wait_s:.0f} s")
        await asyncio.sleep(wait_s)
        return await _asked(self._recruitee, self._company, path, params)

    async def model(self, root: Root) -> dict[str, Any]:
        params = [(k, v) for k, v in page_params(root.listing, 0) if k != "limit"]
        answer = await self.get(root.listing.path, [*params, ("limit", "1")])
        status, cure = _allowed(answer, root)
        return {"model": root.name, "path": root.listing.path, "status": status, "cure": cure}


async def _asked(
    recruitee: RecruiteeClient, company: Company, path: str, params: list[tuple[str, str]]
) -> Answer:
    try:
        async with asyncio.timeout(WITHIN_S):
            return await recruitee.get(company, path, params)
    except TimeoutError:
        return Later(f"Recruitee did not answer within {WITHIN_S:g} s")


def _token(answer: Answer, company_id: str) -> tuple[str, str]:
    match answer:
        case Ok():
            return "ok", "Recruitee takes the token"
        case Later(reason):
            return "unreachable", reason
        case _:
            return "refused", refusal(answer, company_id)


def _allowed(answer: Answer, root: Root) -> tuple[str, str | None]:
    match answer:
        case Ok(data):
            return ("allowed" if data.get(root.listing.key) else "empty"), None
        case Hidden() | Unauthorized():
            return "forbidden", SCOPE_CURE
        case Later(reason):
            return "error", f"{AWAY_CURE} ({reason})"
        case Refused(status, reason):
            return "error", f"Recruitee refused the request ({status}: {reason})"
        case Missing():
            return "error", "Recruitee has no such listing for this company"


def _webhook(connection: Connection) -> dict[str, Any]:
    cure = None if connection.secrets else (
        "no webhook secret is set, so every webhook is answered 401: make a webhook in Recruitee with "
        "this connection's webhook_url, and give us the secret that it shows"
    )  # fmt: skip
    seen = connection.test_seen
    return {
        "secret_set": bool(connection.secrets),
        "test_seen_at": times.iso(seen) if seen else None,
        "cure": cure,
    }
