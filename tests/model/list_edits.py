"""What people do with lists: edits of which no webhook tells."""

from tests.model import edits
from tests.model.company import Company, Json
from tests.model.lists import KINDS


def add(company: Company) -> None:
    """Add a row to one of the lists."""
    if company.candidates:
        company.list_row(company.rng.choice(list(KINDS)), company.now())
        company.noted()


def change(company: Company) -> None:
    """Change a row of one of the lists."""
    if found := _any(company):
        model, row = found
        row |= company.rng.choice(KINDS[model].edits)(row, company.number())
        if "updated_at" in row:
            row["updated_at"] = company.now()
        company.noted()


def remove(company: Company) -> None:
    """Take a row out of one of the lists; a user who is not listed any more counts as inactive."""
    if found := _any(company):
        model, row = found
        del company.lists[model][row["id"]]
        if model == "user":
            company.left.add(row["id"])
        if KINDS[model].shifts:
            company.shifts[model] += 1
        company.noted()


def _any(company: Company) -> tuple[str, Json] | None:
    model = company.rng.choice(list(KINDS))
    mine = [
        row
        for row in company.lists[model].values()
        if not KINDS[model].owned or row["candidate_id"] in company.candidates
    ]
    return (model, company.rng.choice(mine)) if mine else None


UNTOLD: dict[edits.Edit, int] = {**edits.ALL, add: 5, change: 10, remove: 3}
"""Those with webhooks, and those without."""
