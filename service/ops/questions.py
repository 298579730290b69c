"""Questions to Recruitee in a connection's own turn, so that a check never breaks its request rate."""

import asyncio
from collections.abc import Sequence

from service.core.recruitee.client import Answer, Company, Later, Ok, RecruiteeClient
from service.core.recruitee.drift import look
from service.core.recruitee.expected import template
from service.core.settings import Settings
from service.core.store.connections import Connection
from service.core.store.store import Store

WITHIN_S = 10.0
BURST = 2  # the rest is left to live traffic
HOLD_S = 2.0

Params = Sequence[tuple[str, str]]


class Questions:
    """Asks with a connection's token; every answer is looked at for what we do not expect."""

    def __init__(
        self, recruitee: RecruiteeClient, store: Store, settings: Settings, connection: Connection
    ) -> None:
        self._recruitee = recruitee
        self._store = store
        self._rate = settings.recruitee_rate
        self._c = connection.id
        token = connection.api_token.get_secret_value()
        self._company = Company(connection.company_id, token)

    async def get(self, path: str, params: Params = ()) -> Answer:
        """Ask in turn; a 429 holds all requests of the connection."""
        wait_s = await self._store.records.turn(self._c, self._rate, BURST)
        if wait_s > WITHIN_S:
            return Later(f"Recruitee wants no request for {wait_s:.0f} s")
        await asyncio.sleep(wait_s)
        answer = await asked(self._recruitee, self._company, path, params)
        if isinstance(answer, Later) and answer.limited:
            after_s = answer.after_s or HOLD_S
            await self._store.records.hold(self._c, after_s, self._rate, BURST)
        if isinstance(answer, Ok):
            await self._store.drift.note(self._c, template(path), look(path, answer.data))
        return answer


async def asked(
    recruitee: RecruiteeClient, company: Company, path: str, params: Params = ()
) -> Answer:
    """Ask out of turn, within ten seconds."""
    try:
        async with asyncio.timeout(WITHIN_S):
            return await recruitee.get(company, path, list(params))
    except TimeoutError:
        return Later(f"Recruitee did not answer within {WITHIN_S:g} s")
