"""Whom the tests of writes write about: people of the company with an application under way."""

from dataclasses import dataclass

from tests.actions.conftest import Acting, Json


@dataclass(frozen=True)
class Who:
    """Somebody of the company, with an application that is under way."""

    candidate: Json
    application: Json
    job: Json
    number: int

    @property
    def id(self) -> int:
        """Their id at Recruitee."""
        return int(self.candidate["remote_id"])

    @property
    def placement(self) -> int:
        """Their application's id at Recruitee."""
        return int(self.application["remote_id"])

    @property
    def mail(self) -> str:
        """The address of the person who is to be made in their stead."""
        return f"new{self.number}@example.org"


async def somebody(acting: Acting) -> list[Who]:
    """Return people with an application that is under way, each once."""
    jobs = {row["id"]: row for row in await acting.rows("jobs", statuses="OPEN")}
    found: dict[str, Who] = {}
    for row in await acting.rows("applications", outcomes="PENDING"):
        if row["job_id"] in jobs and len(jobs[row["job_id"]]["stages"]) > 1:
            who = Who(row["candidate"], row, jobs[row["job_id"]], len(found))
            found.setdefault(row["candidate"]["id"], who)
    return list(found.values())
