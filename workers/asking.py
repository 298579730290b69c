"""Ask Recruitee within one refetch: the first question and those that follow, each in its turn."""

import asyncio
from dataclasses import dataclass

from service.core.recruitee.client import (
    MAX_IN_FLIGHT,
    Answer,
    Company,
    Later,
    Ok,
    Params,
    Unauthorized,
)
from service.core.store.connections import Connection
from workers.context import Context


@dataclass(frozen=True, slots=True)
class Done:
    """Committed and acknowledged; how many events it announced."""

    events: int


@dataclass(frozen=True, slots=True)
class Again:
    """The fetch does not show yet what a webhook claims: look again soon."""


@dataclass(frozen=True, slots=True)
class Failed:
    """It may work later."""

    reason: str
    after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Lost:
    """It will not work by itself: for a person to look at."""

    reason: str


Outcome = Done | Again | Failed | Lost | Unauthorized


class Unanswered(Exception):
    """A second question got no answer: that is no no, and nothing may be committed on it."""

    def __init__(self, outcome: Failed | Unauthorized) -> None:
        super().__init__()
        self.outcome = outcome


def company(connection: Connection) -> Company:
    """Return whom to ask for a connection's records."""
    return Company(connection.company_id, connection.api_token.get_secret_value())


@dataclass(frozen=True, slots=True)
class Asking:
    """Questions of one connection, under its request rate."""

    ctx: Context
    connection: Connection
    burst: int = MAX_IN_FLIGHT
    """How many requests may leave at once; who takes less leaves the rest to who is in a hurry."""

    async def get(self, path: str, params: Params | None = None) -> Answer:
        """Ask; the turn was taken before. A 429 holds all requests of the connection."""
        answer = await self.ctx.recruitee.get(company(self.connection), path, params)
        if isinstance(answer, Later) and answer.limited:
            await self.hold(answer)
        if isinstance(answer, Ok):
            await self.ctx.store.drift.watch(self.connection.id, path, answer.data)
        return answer

    async def turn(self) -> None:
        """Wait for the next turn in the connection's request rate."""
        rate = self.ctx.settings.recruitee_rate
        await asyncio.sleep(await self.ctx.store.records.turn(self.connection.id, rate, self.burst))

    async def hold(self, answer: Later) -> None:
        """Let no request of the connection leave for as long as a 429 asked."""
        rate, after_s = self.ctx.settings.recruitee_rate, answer.after_s or 2.0
        await self.ctx.store.records.hold(self.connection.id, after_s, rate, MAX_IN_FLIGHT)

    async def further(self, path: str, params: Params | None = None) -> Answer:
        """Ask a second question within the same refetch, in turn; raises Unanswered."""
        await self.turn()
        answer = await self.get(path, params)
        match answer:
            case Later(reason, after_s):
                raise Unanswered(Failed(reason, after_s))
            case Unauthorized():
                raise Unanswered(answer)
        return answer
