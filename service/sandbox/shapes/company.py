"""Shapes of the company and its tables: team, roles, departments, locations, reasons, labels."""

from service.sandbox.records import Activity, Admin, Department, Json, Location, Reason, Role, Team
from service.sandbox.records import Tag as Label
from service.sandbox.world import Company

FILES = "https://files.example.com"


def admin(one: Admin) -> Json:
    """Return an Admin object as it stands in lists, offers and teams."""
    return {
        "id": one.id,
        "email": one.email,
        "first_name": one.first_name,
        "last_name": one.last_name,
        "initials": one.first_name[:1] + one.last_name[:1],
        "has_avatar": False,
        "photo_normal_url": f"{FILES}/admins/{one.id}/normal_avatar.png",
        "photo_thumb_url": f"{FILES}/admins/{one.id}/thumb_avatar.png",
        "timezone": one.timezone,
        "time_format24": True,
        "anonymized_at": None,
    }


def admin_reference(one: Admin) -> Json:
    """Return an Admin as it is sideloaded in `references`."""
    return {**admin(one), "type": "Admin"}


def membership(one: Admin, company: Company) -> Json:
    """Return a team member's place in the company, with the jobs they work on."""
    role = company.roles[one.role_id]
    jobs = list(company.offers.values())
    return {
        "id": one.membership_id,
        "admin_id": one.id,
        "role": role.name,
        "role_id": role.id,
        "role_admin": role.admin,
        "created_at": one.created_at,
        "is_active": one.active,
        "offer_ids": [
            o.id for o in jobs if one.id in (*o.follower_ids, o.hiring_manager_id, o.recruiter_id)
        ],
        "talent_pool_ids": [p.id for p in company.pools.values() if one.id in p.admin_ids],
        "requisition_ids": [],
        "accessible_placement_ids": [],
        "is_approver": False,
        "is_hiring_manager": any(one.id == o.hiring_manager_id for o in jobs),
        "is_recruiter": any(one.id == o.recruiter_id for o in jobs),
        "two_factor_auth_enabled": False,
        "show_academy_button": True,
    }


def whoami(company: Company) -> Json:
    """Return the token's owner with the company: the part of `GET /admin` that matters."""
    owner, role = company.owner, company.roles[company.owner.role_id]
    own = {key: value for key, value in admin(owner).items() if key != "anonymized_at"}
    return {
        **own,
        "phone": None,
        "week_start_day": "monday",
        "preferred_language": "en",
        "company_id": company.config.company_number,
        "role_id": role.id,
        "role_name": role.name,
        "role_admin": role.admin,
        "role_abilities": list(role.abilities),
        "all_companies_count": 1,
        "membership": membership(owner, company),
        "companies": [_company(company)],
    }


def _company(company: Company) -> Json:
    return {
        "id": company.config.company_number,
        "name": company.config.company_name,
        "subdomain": company.config.subdomain,
        "language": "en",
        "status": "active",
        "city": None,
        "street": None,
        "postal_code": None,
        "state_code": None,
        "country_code": None,
        "created_at": company.owner.created_at,
        "has_sample_data": True,
        "admins_count": len(company.admins),
        "abilities": list(company.roles[company.owner.role_id].abilities),
        "settings": {
            "eeo_enabled": True,
            "gdpr_enabled": True,
            "multilang_enabled": False,
            "referral_program_enabled": False,
            "requisitions_enabled": False,
        },
        "subscription": {"active": True, "status": "active", "tier": "optimize"},
    }


def role(one: Role, company: Company) -> Json:
    """Return a hiring role with its ability codes."""
    return {
        "id": one.id,
        "name": one.name,
        "description": None,
        "position": one.position,
        "default": one.position == 1,
        "admin": one.admin,
        "abilities": list(one.abilities),
        "admins_count": sum(member.role_id == one.id for member in company.admins.values()),
        "created_at": one.created_at,
        "updated_at": one.created_at,
    }


def team(one: Team) -> Json:
    """Return a team as the list shows it."""
    return {"id": one.id, "name": one.name, "guid": None}


def team_in_full(one: Team, company: Company) -> Json:
    """Return a team with its members."""
    members = (company.admins.get(each) for each in one.admin_ids)
    return {**team(one), "members": [admin(each) for each in members if each]}


def department(one: Department, company: Company) -> Json:
    """Return a department; Recruitee gives it no timestamps."""
    return {
        "id": one.id,
        "name": one.name,
        "status": None,
        "offers_count": sum(o.department_id == one.id for o in company.offers.values()),
        "talent_pools_count": sum(p.department_id == one.id for p in company.pools.values()),
        "grouped_translations": {"en": {"name": one.name}},
    }


def location(one: Location) -> Json:
    """Return a location as the list shows it."""
    return {
        "id": one.id,
        "name": one.name,
        "street": one.street,
        "city": one.city,
        "postal_code": one.postal_code,
        "state_code": one.state_code,
        "state_name": one.state_name,
        "country_code": one.country_code,
        "full_address": one.full_address,
        "lang_code": "en",
        "note": None,
        "is_valid": True,
        "archived_at": one.archived_at,
        "created_at": one.created_at,
        "updated_at": one.updated_at,
    }


def location_in_full(one: Location, company: Company) -> Json:
    """Return a location with what only its own page and `view_mode=full` add."""
    used = sum(one.id in offer.location_ids for offer in company.offers.values())
    shape = location(one)
    translated = ("name", "note", "city", "postal_code", "lang_code", "street", "full_address")
    translation = {key: shape[key] for key in translated}
    return {
        **shape,
        "translations": [{**translation, "default": True, "filled_count": 5, "total_count": 5}],
        "active_offers_count": used,
        "active_requisitions_count": 0,
        "is_deletable": not used,
    }


def reason(one: Reason) -> Json:
    """Return a disqualify reason; applications carry its name, not its id."""
    return {
        "id": one.id,
        "name": one.name,
        "position": one.position,
        "open_questions_count": 0,
        "automation_ids": [],
        "action_templates": [],
    }


def label(one: Label, uses: int) -> Json:
    """Return a tag, source or offer tag with how often it is used."""
    shape: Json = {
        "id": one.id,
        "name": one.name,
        "status": None,
        "context": one.context,
        "taggings_count": uses,
        "searchable_name": one.name.lower(),
    }
    if one.context == "offer_tags":
        shape |= {"offer_taggings_count": uses, "offer_template_taggings_count": 0}
    return shape


def activity(one: Activity) -> Json:
    """Return a timeline entry; reconstructed from a warehouse's columns, not captured."""
    return {
        "id": one.id,
        "event": one.event,
        "admin_id": one.admin_id,
        "candidate_id": one.candidate_id,
        "offer_id": one.offer_id,
        "created_at": one.created_at,
        "message_short_html": f"<strong>{one.event.replace('_', ' ')}</strong>",
    }
