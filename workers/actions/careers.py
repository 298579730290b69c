"""Screening answers: only the careers site takes them, for published jobs, with a token of its own."""

from service.core.actions.inputs import CreateApplication
from service.core.recruitee.writing import Write
from workers.actions.doing import Doing


async def site_of(doing: Doing, given: CreateApplication) -> str | None:
    """Return the careers site's base when the application is to go there, else None, and say why."""
    if given.answers:
        doing.warn("screening answers were not written: the connection has no careers_token")
    return None


async def answered_on_site(doing: Doing, given: CreateApplication, site: str) -> Write:
    """Return the application as the careers site takes it."""
    raise NotImplementedError(site)
