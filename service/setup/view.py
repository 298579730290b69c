"""What every step is drawn from: the link, its connection, where its pages are, in which language."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from service.core.store.connections import Connection
from service.core.store.links import Link

Say = Callable[[str], str]
ACCESS, CHECKS, WEBHOOK = "access", "checks", "webhook"
TITLES: Final[Mapping[str, str]] = {
    ACCESS: "Give access", CHECKS: "Check access", WEBHOOK: "Set up the webhook",
}  # fmt: skip
GIVEN: Final = "given"
"""How far a link is: access was given. Before that there is nothing to check."""


@dataclass(frozen=True, slots=True)
class View:
    """One reader of one link."""

    link: Link
    connection: Connection | None
    base: str  # the address at which we are reached, without a slash at the end
    path: str  # of the link's own page, from the root
    say: Say

    @property
    def hook_url(self) -> str:
        """Where Recruitee is to send its webhooks."""
        hook = self.connection.hook if self.connection else ""
        return f"{self.base}/webhooks/recruitee/{hook}"

    @property
    def report(self) -> Mapping[str, Any]:
        """What the checks found, or nothing."""
        found: Mapping[str, Any] = orjson.loads(self.link.report or b"{}")
        return found

    @property
    def steps(self) -> tuple[str, ...]:
        """The steps of this kind of link, in order."""
        return (WEBHOOK,) if self.link.kind == "setup" else (ACCESS, CHECKS, WEBHOOK)

    def step(self, wanted: str | None) -> str:
        """Return the step to show: the one that is wanted, if it can be shown already."""
        if self.link.kind == "setup":
            return WEBHOOK
        if self.link.step != GIVEN or self.connection is None:
            return ACCESS
        return wanted if wanted in self.steps else CHECKS

    @property
    def facts(self) -> dict[str, bool]:
        """What of the webhook was seen."""
        connection = self.connection
        return {
            "test_seen": bool(connection and (connection.test_seen or connection.signed_seen)),
            "secret_set": bool(connection and connection.secrets),
            "signed_seen": bool(connection and connection.signed_seen),
        }

    @property
    def hooked(self) -> bool:
        """Whether webhooks arrive, as far as it can be seen before anything happens in Recruitee."""
        return self.facts["test_seen"] and self.facts["secret_set"]
