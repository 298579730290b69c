"""Read the parts of a Recruitee offer that take more than one key, or a table, to understand."""

from service.core.unified.model import Context, Fields
from service.core.unified.reading import (
    UNKNOWN,
    Missing,
    Raw,
    identifier,
    identifiers,
    mapping,
    names,
    number,
    text,
)

STATUSES = {
    "published": ("OPEN", "PUBLIC"),
    "internal": ("OPEN", "INTERNAL"),
    "draft": ("DRAFT", "CONFIDENTIAL"),
    "closed": ("CLOSED", "CONFIDENTIAL"),
    "archived": ("ARCHIVED", "CONFIDENTIAL"),
}
"""Recruitee's status -> our status and visibility; one we do not know passes through, visibility null."""
POSTINGS = {
    "published": ("ACTIVE", "PUBLIC"), "internal": ("ACTIVE", "INTERNAL"), "draft": ("DRAFT", None),
    "closed": ("INACTIVE", None), "archived": ("INACTIVE", None),
}  # fmt: skip
"""Recruitee's status -> the status and visibility of the job's page; nobody is shown one without the last."""
EMPLOYMENT = {
    "fulltime": "FULL_TIME", "parttime": "PART_TIME", "contract": "CONTRACT", "temporary": "CONTRACT",
    "seasonal": "SEASONAL", "freelance": "FREELANCE", "internship": "INTERNSHIP",
    "apprenticeship": "INTERNSHIP", "traineeship": "INTERNSHIP", "volunteer": "VOLUNTEER",
}  # fmt: skip
"""By the part before the first underscore; codes we do not know pass through."""
LOCATION = {
    "city": "city", "country_code": "country", "location": "raw", "state_name": "state", "street": "street_1",
    "postal_code": "zip_code",
}  # fmt: skip
"""Recruitee's keys -> Kombo's: the offer's primary location."""
PERIODS = {"hour": "HOUR", "day": "DAY", "week": "WEEK", "month": "MONTH", "year": "YEAR"}


def status(value: object) -> str | Missing | None:
    """Return OPEN, DRAFT, CLOSED, ARCHIVED."""
    told = text(value)
    return STATUSES.get(told, (told, None))[0] if isinstance(told, str) else told


def visibility(value: object) -> str | Missing | None:
    """Return PUBLIC, INTERNAL, CONFIDENTIAL (nobody can apply), of the offer's status."""
    told = text(value)
    return STATUSES.get(told, (told, None))[1] if isinstance(told, str) else told


def employment_type(value: object) -> str | Missing | None:
    """Return FULL_TIME for `fulltime_permanent`."""
    told = text(value)
    return EMPLOYMENT.get(told.split("_")[0], told) if isinstance(told, str) else told


def unmapped(raw: Raw) -> tuple[tuple[str, str], ...]:
    """Return the status as what no visibility is known for, where it is new to us."""
    told = text(raw.get("status"))
    return (("visibility", told),) if isinstance(told, str) and told not in STATUSES else ()


def work_model(remote: object, hybrid: object, on_site: object) -> str | Missing | None:
    """Return REMOTE, HYBRID, ON_SITE; several at once are HYBRID."""
    if not all(on is None or isinstance(on, bool) for on in (remote, hybrid, on_site)):
        return UNKNOWN
    chosen = [
        name
        for name, on in (("REMOTE", remote), ("HYBRID", hybrid), ("ON_SITE", on_site))
        if on is True
    ]
    return "HYBRID" if len(chosen) > 1 else next(iter(chosen), None)


def weekly_hours(most: object, least: object) -> int | float | Missing | None:
    """Return the most hours a week, else the least."""
    upper = number(most)
    return number(least) if upper is None else upper


def location(*parts: object) -> dict[str, str | None] | None:
    """Return Kombo's location of an offer's values at `LOCATION`; None where all are blank."""
    read = (text(part) for part in parts)
    place = dict(
        zip(LOCATION.values(), (p if isinstance(p, str) else None for p in read), strict=True)
    )
    return {**place, "street_2": None} if any(place.values()) else None


def description(raw: Raw) -> Fields:
    """Return `description`, requirements included, in the form of the offer's editor.

    Lists serve only the old form: with them an offer of the newer editor stays unknown.
    """
    parts = [_written(raw, key) for key in ("description", "requirements")]
    if UNKNOWN in parts:
        return {}
    return {"description": "\n".join(part for part in parts if isinstance(part, str)) or None}


def _written(raw: Raw, key: str) -> str | Missing | None:
    old = text(raw.get(key, UNKNOWN))
    if raw.get("wysiwyg_editor") == "redactor":
        return old
    newer = text(raw.get(key + "_html", UNKNOWN))
    return old if newer is None else newer


def tags(raw: Raw) -> Fields:
    """Return `tags`, by name; `offer_tags` is the older form, and a list may leave out either."""
    read = names(raw["tags"] if "tags" in raw else raw.get("offer_tags", UNKNOWN))
    return {} if read is UNKNOWN else {"tags": read}


def ids(raw: Raw, key: str) -> list[str] | Missing:
    """Return the remote ids at a key."""
    return identifiers(raw.get(key, UNKNOWN))


def salary(raw: Raw) -> Fields:
    """Return the salary fields; one amount where both bounds are the same."""
    if "salary" not in raw or not isinstance(raw["salary"], dict | None):
        return {}
    pay = mapping(raw["salary"])
    low, high = number(pay.get("min")), number(pay.get("max"))
    period = text(pay.get("period"))
    read = {
        "salary_amount": low if low == high else None,
        "salary_amount_from": low,
        "salary_amount_to": high,
        "salary_currency": text(pay.get("currency")),
        "salary_period": PERIODS.get(period, period) if isinstance(period, str) else period,
    }
    return {name: value for name, value in read.items() if value is not UNKNOWN}


def hiring_team(raw: Raw, context: Context) -> Fields:
    """Return `hiring_team`: [{"user_id", "roles"}] by rising remote id.

    Roles: HIRING_MANAGER, RECRUITER, MEMBER (the offer's admins), FOLLOWER.
    """
    keys = ("admins", "hiring_manager_id", "recruiter_id")
    if not all(key in raw for key in keys) or not ("followers" in raw or "follower_ids" in raw):
        return {}
    followers = identifiers(raw["followers"] if "followers" in raw else raw["follower_ids"])
    admins = identifiers(raw["admins"])
    if followers is UNKNOWN or admins is UNKNOWN:
        return {}
    roles: dict[str, list[str]] = {}
    for role, ids in (
        ("HIRING_MANAGER", [identifier(raw["hiring_manager_id"])]),
        ("RECRUITER", [identifier(raw["recruiter_id"])]),
        ("MEMBER", admins),
        ("FOLLOWER", followers),
    ):
        for remote_id in filter(None, ids):
            roles.setdefault(remote_id, []).append(role)
    team = [{"user_id": context.uid("user", i), "roles": roles[i]} for i in sorted(roles, key=int)]
    return {"hiring_team": team}
