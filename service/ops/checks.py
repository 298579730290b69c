"""Ask Recruitee with a connection's token: is it good, what may it read and write, what is unlike us?"""

from collections.abc import Mapping
from typing import Any

from service.core import times
from service.core.recruitee.client import (
    Answer,
    Company,
    Later,
    Ok,
    RecruiteeClient,
    Refused,
    Unauthorized,
)
from service.core.settings import Settings
from service.core.store.connections import UNAUTHORIZED, Connection
from service.core.store.store import Store
from service.ops import checks_actions, checks_drift, checks_models
from service.ops.questions import Questions, asked

__all__ = ["Answer", "check", "company_name", "refusal", "restore", "whoami"]

BY_HAND = (
    "Webhooks cannot be created by API (no such endpoint is documented): a person makes them in "
    "Recruitee, under Settings, Apps and plugins, Webhooks"
)
UNSIGNED = (
    "no webhook secret is set, so every webhook is answered 401: make a webhook in Recruitee with this "
    "connection's webhook_url, and give us the secret that it shows"
)


async def whoami(recruitee: RecruiteeClient, company_id: str, token: str) -> Answer:
    """Ask who owns a token: the cheapest question that only a good token gets an answer to."""
    return await asked(recruitee, Company(company_id, token), "/admin")


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
    data = answer.data if isinstance(answer, Ok) else {}
    name = checks_actions.company(data, company_id).get("name")
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
    """Try the token and every model, and say what to do about what fails."""
    questions = Questions(recruitee, store, settings, connection)
    answer = await questions.get("/admin")
    token, detail = _token(answer, connection.company_id)
    role = checks_actions.role_of(answer, connection.company_id)
    models: list[dict[str, Any]] = []
    if token == "ok":  # noqa: S105 - a verdict, not a token
        await restore(store, connection)
        models = await checks_models.tried(questions, role)
    webhook = _webhook(connection)
    good = all(row["status"] in checks_models.GOOD for row in models)
    return {
        "ok": token == "ok" and good and webhook["cure"] is None,  # noqa: S105
        "token": token,
        "detail": detail,
        "role": None if role is None else checks_actions.shown(role),
        "models": models,
        "actions": checks_actions.prerequisites(role, models),
        "drift": checks_drift.shown(await store.drift.report(connection.id)),
        "webhook": webhook,
    }


def _token(answer: Answer, company_id: str) -> tuple[str, str]:
    match answer:
        case Ok():
            return "ok", "Recruitee takes the token"
        case Later(reason):
            return "unreachable", reason
        case _:
            return "refused", refusal(answer, company_id)


def _webhook(connection: Connection) -> Mapping[str, Any]:
    return {
        "secret_set": bool(connection.secrets),
        "test_seen_at": _iso(connection.test_seen),
        "signed_seen_at": _iso(connection.signed_seen),
        "cure": None if connection.secrets else UNSIGNED,
        "next": _next(connection),
        "note": BY_HAND,
    }


def _next(connection: Connection) -> str | None:
    """Say what has yet to be done or seen; None once signed webhooks arrive."""
    if connection.signed_seen:
        return None
    if not connection.test_seen and not connection.secrets:
        return "make the webhook in Recruitee and press Test: the test request was not seen yet"
    if not connection.secrets:
        return "give us the secret that Recruitee shows: hirewire connections rotate-secret"
    return "move a candidate in Recruitee: no webhook with a good signature was seen yet"


def _iso(ms: int) -> str | None:
    return times.iso(ms) if ms else None
