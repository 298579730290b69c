"""What one sandbox is made of: its company, its token, its size, its clock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return this machine's clock, aware, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxConfig:
    """Settings of one sandbox; the same seed and clock give the same company.

    `candidates` and `jobs` are how many to invent (at least 0 and 8); `company_id` and `subdomain`
    are both good in the path, as at Recruitee.
    """

    token: str
    company_id: str = "5600"
    subdomain: str = "examplecompany"
    company_name: str = "Example Company"
    seed: int = 1
    candidates: int = 36
    jobs: int = 8
    clock: Clock = utc_now

    @property
    def company_number(self) -> int:
        """The company id as the integer that payloads carry."""
        return int(self.company_id) if self.company_id.isdecimal() else 5600
