"""What one sandbox is made of: its company, its token, its size, its clock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

Clock = Callable[[], datetime]
MOST_CANDIDATES = 1_000_000
CANDIDATES_PER_JOB = 2000
FEWEST_JOBS = 8


def utc_now() -> datetime:
    """Return this machine's clock, aware, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxConfig:
    """Settings of one sandbox; the same seed and clock give the same company.

    `candidates` are how many to invent, up to 1,000,000; `jobs` at least how many, where a large
    company gets one for every 2000 candidates; `company_id` and `subdomain` are both good in the
    path, as at Recruitee. With a `careers_token` the careers site asks for it.
    """

    token: str
    company_id: str = "5600"
    subdomain: str = "examplecompany"
    company_name: str = "Example Company"
    seed: int = 1
    candidates: int = 36
    jobs: int = FEWEST_JOBS
    careers_token: str | None = None
    clock: Clock = utc_now

    @property
    def company_number(self) -> int:
        """The company id as the integer that payloads carry."""
        return int(self.company_id) if self.company_id.isdecimal() else 5600

    @property
    def job_count(self) -> int:
        """How many jobs to invent."""
        return max(self.jobs, FEWEST_JOBS, self.candidates // CANDIDATES_PER_JOB)
