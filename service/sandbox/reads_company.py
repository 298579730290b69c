"""Reads about the company: team, roles, places, reasons and labels."""

from collections.abc import Sequence

from starlette.responses import Response

from service.sandbox.answers import answer, not_found
from service.sandbox.calls import Call, Endpoint, Handler
from service.sandbox.founding import ABILITIES
from service.sandbox.paging import by_page
from service.sandbox.parsing import whole
from service.sandbox.records import Admin, Json
from service.sandbox.shapes import company as shapes
from service.sandbox.shapes import references
from service.sandbox.world import TagContext


def whoami(call: Call) -> Response:
    """Show whose token this is, and their company."""
    return answer({"admin": shapes.whoami(call.company)})


def admins(call: Call) -> Response:
    """List active team members."""
    team = [shapes.admin(one) for one in call.company.admins.values() if one.active]
    return answer({"admins": team})


def memberships(call: Call) -> Response:
    """List team members, inactive ones included, with role and jobs."""
    page, meta = by_page(sorted(_members(call), key=lambda one: _sorting(one, call)), call)
    return answer(
        {
            "memberships": [shapes.membership(one, call.company) for one in page],
            "references": references.of_admins((one.id for one in page), call.company),
            "meta": meta,
        }
    )


def _members(call: Call) -> list[Admin]:
    text, role_id = call.query.get("query", "").lower(), call.number("role_id", 0, most=10**18)
    return [
        one
        for one in call.company.admins.values()
        if role_id in (0, one.role_id)
        and text in f"{one.first_name} {one.last_name} {one.email}".lower()
    ]


def _sorting(one: Admin, call: Call) -> str:
    by = {"name": one.first_name, "email": one.email, "role": str(one.role_id)}
    return by.get(call.query.get("sort_by", ""), "").lower()


def role(call: Call) -> Response:
    """Show one hiring role."""
    found = call.company.roles.get(whole(call.path["id"]))
    return not_found() if found is None else answer({"role": shapes.role(found, call.company)})


def abilities(_: Call) -> Response:
    """Show on which abilities others depend."""
    return answer({"abilities": {name: {"all": []} for name in ABILITIES}})


def teams(call: Call) -> Response:
    """List teams."""
    return _paged("teams", [shapes.team(one) for one in call.company.teams.values()], call)


def team(call: Call) -> Response:
    """Show one team with its members."""
    found = call.company.teams.get(whole(call.path["id"]))
    if found is None:
        return not_found()
    return answer({"team": shapes.team_in_full(found, call.company)})


def department(call: Call) -> Response:
    """Show one department."""
    found = call.company.departments.get(whole(call.path["id"]))
    if found is None:
        return not_found()
    return answer({"department": shapes.department(found, call.company)})


def departments(call: Call) -> Response:
    """List departments."""
    rows = [shapes.department(one, call.company) for one in call.company.departments.values()]
    return answer({"departments": rows})


def reasons(call: Call) -> Response:
    """List disqualify reasons."""
    rows = [shapes.reason(one) for one in call.company.reasons.values()]
    return answer({"disqualify_reasons": rows})


def roles(call: Call) -> Response:
    """List hiring roles."""
    rows = [shapes.role(one, call.company) for one in call.company.roles.values()]
    return _paged("roles", rows, call)


def locations(call: Call) -> Response:
    """List locations; `scope` active or archived, `view_mode` full."""
    scope, full = call.query.get("scope", "all"), call.query.get("view_mode") == "full"
    wanted = {"active": (False,), "archived": (True,)}.get(scope, (True, False))
    text = call.query.get("query", "").lower()
    found = [
        one
        for one in call.company.locations.values()
        if (one.archived_at is not None) in wanted and text in one.name.lower()
    ]
    rows = [
        shapes.location_in_full(one, call.company) if full else shapes.location(one)
        for one in found
    ]
    return _paged("locations", rows, call)


def location(call: Call) -> Response:
    """Show one location in full."""
    found = call.company.locations.get(whole(call.path["id"]))
    if found is None:
        return not_found()
    return answer({"location": shapes.location_in_full(found, call.company)})


def _labels(context: TagContext) -> Handler:
    def labels(call: Call) -> Response:
        uses = call.company.taggings(context)
        text = call.query.get("query", "").lower()
        rows = [
            shapes.label(one, uses[one.name])
            for one in call.company.tags(context)
            if text in one.name.lower()
        ]
        return _paged(context, rows, call)

    return labels


def _paged(name: str, rows: Sequence[Json], call: Call) -> Response:
    page, meta = by_page(rows, call)
    return answer({name: page, "meta": meta})


ROUTES = (
    Endpoint("GET", "/admin", "S", whoami),
    Endpoint("GET", "/admins", "O", admins, "the items' shape is assumed"),
    Endpoint("GET", "/memberships", "S", memberships),
    Endpoint("GET", "/roles", "S", roles),
    Endpoint("GET", "/roles/abilities", "S", abilities, "nothing depends on anything here"),
    Endpoint("GET", "/roles/{id:int}", "S", role),
    Endpoint("GET", "/teams", "S", teams),
    Endpoint("GET", "/teams/{id:int}", "S", team),
    Endpoint("GET", "/departments", "S", departments),
    Endpoint("GET", "/departments/{id:int}", "S", department),
    Endpoint("GET", "/locations", "S", locations),
    Endpoint("GET", "/locations/{id:int}", "S", location),
    Endpoint("GET", "/disqualify_reasons", "S", reasons),
    Endpoint("GET", "/tags", "S", _labels("tags")),
    Endpoint("GET", "/sources", "S", _labels("sources")),
    Endpoint("GET", "/offer_tags", "S", _labels("offer_tags")),
)
