"""One running sandbox: its company, its knobs, its sender and its ledger, held together."""

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import get_args

from service.sandbox.config import SandboxConfig
from service.sandbox.hooks import Sender
from service.sandbox.invention import invent
from service.sandbox.knobs import Knobs, Role
from service.sandbox.ledger import Ledger


class Sandbox:
    """What the routes and middlewares share; everything else hangs off this."""

    def __init__(self, config: SandboxConfig) -> None:
        self.config = config
        self.company = invent(config)
        self.random = Random(config.seed)  # noqa: S311  # chooses faults, no secrets
        self.ledger = Ledger(config.clock)
        self._knobs = Knobs()
        self.sender = Sender(lambda: self.knobs, config.clock, config.seed)

    @property
    def knobs(self) -> Knobs:
        """The knobs as they stand."""
        return self._knobs

    @knobs.setter
    def knobs(self, knobs: Knobs) -> None:
        if knobs.role != self._knobs.role:
            self._act_as(knobs.role or "admin")
        self._knobs = knobs
        self.company.people.lag = timedelta(milliseconds=knobs.lag_ms)
        self.company.files.ttl_s = knobs.file_ttl_s
        self.company.skew(timedelta(seconds=knobs.clock_skew_s))

    def _act_as(self, role: Role) -> None:
        """Give the token's owner another role, by the order in which roles were founded."""
        roles = dict(zip(get_args(Role), self.company.roles, strict=False))
        owner = replace(self.company.owner, role_id=roles[role])
        self.company.admins[owner.id] = owner

    def reset(self, candidates: int | None = None, seed: int | None = None) -> None:
        """Invent the company anew and put all knobs to rest; registered webhooks stay."""
        self.config = replace(
            self.config,
            candidates=self.config.candidates if candidates is None else candidates,
            seed=self.config.seed if seed is None else seed,
        )
        self.company = invent(self.config)
        self.random = Random(self.config.seed)  # noqa: S311  # chooses faults, no secrets
        self.knobs = Knobs()
        self.ledger.clear()
        self.sender.forget()
