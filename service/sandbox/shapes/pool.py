"""Shapes of talent pools."""

from service.sandbox.records import Json, Pool
from service.sandbox.shapes.company import admin
from service.sandbox.world import Company


def pool_listed(one: Pool, company: Company) -> Json:
    """Return a talent pool as the list shows it."""
    return {
        "id": one.id,
        "guid": one.guid,
        "slug": one.slug,
        "title": one.title,
        "status": one.status,
        "position": one.position,
        "department_id": one.department_id,
        "candidates_count": company.tally(one.id).candidates,
        "followed": False,
        "followers": [],
        "follower_ids": [],
        "example": False,
        "adminapp_url": f"https://app.recruitee.com/#/talent_pools/{one.slug}",
        "created_at": one.created_at,
        "updated_at": one.updated_at,
    }


def pool_in_full(one: Pool, company: Company) -> Json:
    """Return a talent pool's own page."""
    return {
        **pool_listed(one, company),
        "description": one.description,
        "description_html": None,
        "description_json": None,
        "admins": [admin(company.admins[k]) for k in one.admin_ids],
        "admin_ids": list(one.admin_ids),
        "notes_count": 0,
        "attachments_count": 0,
        "mailbox_email": f"tp.{one.guid}@{company.config.subdomain}.example.com",
    }


def pool_reference(one: Pool, company: Company) -> Json:
    """Return a talent pool as it is sideloaded; its keys there are assumed."""
    return {**pool_listed(one, company), "type": "TalentPool"}
