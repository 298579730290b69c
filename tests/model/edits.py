"""What people do in a Recruitee: each edit changes the company and fires the webhook that goes with it."""

from collections.abc import Callable

from tests.model.company import REASONS, STAGES, STATUSES, TAGS, Company, Json

Edit = Callable[[Company], None]


def rename(company: Company) -> None:
    """Give a candidate another name."""
    if person := _somebody(company):
        person |= {"name": f"Ada V{company.number()}", "updated_at": (at := company.now())}
        company.fire("candidate_updated", None, at, _about(person))


def retitle(company: Company) -> None:
    """Give a candidate another title, perhaps one that it had before."""
    if person := _somebody(company):
        title = company.rng.choice((None, "Doctor", "Professor"))
        person |= {"title": title, "updated_at": (at := company.now())}
        company.fire("candidate_updated", None, at, _about(person))


def tag(company: Company) -> None:
    """Put a tag on a candidate, or take it off."""
    if person := _somebody(company):
        person["tags"] = sorted({*person["tags"]} ^ {company.rng.choice(TAGS)})
        person["updated_at"] = at = company.now()
        company.fire("candidate_updated", None, at, _about(person))


def move(company: Company, to: int | None = None) -> None:
    """Move a candidate to another stage; one that was disqualified is so no more."""
    if found := _placed(company):
        person, placement = found
        came = placement["stage_id"]
        went = to or company.rng.choice([i for i in STAGES if i != came])
        at = company.now()
        placement |= {"stage_id": went, "updated_at": at, **_CLEARED}
        details = {"from_stage": _stage(company, came), "to_stage": _stage(company, went)}
        company.fire("candidate_moved", "stage_changed", at, _about(person, placement, details))


def disqualify(company: Company) -> None:
    """Disqualify a candidate for a job, or take that back."""
    if found := _placed(company):
        person, placement = found
        at = company.now()
        if placement["disqualified_at"]:
            placement |= {"updated_at": at, **_CLEARED}
            company.fire("candidate_moved", "requalified", at, _about(person, placement, {}))
            return
        reason = company.rng.choice(REASONS)
        placement |= {"disqualified_at": at, "disqualify_reason": reason, "updated_at": at}
        details = {"disqualify_reason": reason}
        company.fire("candidate_moved", "disqualified", at, _about(person, placement, details))


def assign(company: Company) -> None:
    """Put a candidate into one more job."""
    person = _somebody(company)
    taken = {p["offer_id"] for p in person["placements"]} if person else set()
    free = sorted(company.offers.keys() - taken)
    if person and free:
        at = company.now()
        placement = company._place(person, company.rng.choice(free), at)
        person["updated_at"] = at
        company.fire("candidate_assigned", None, at, _about(person, placement, {}))


def unassign(company: Company) -> None:
    """Take a candidate out of a job."""
    if found := _placed(company):
        person, placement = found
        at = company.now()
        person["placements"].remove(placement)
        person["updated_at"] = at
        company.fire("candidate_offer_removed", None, at, _about(person))


def apply(company: Company) -> None:
    """A new candidate."""
    at = company.now()
    person = company._candidate(at)
    placement = company._place(person, company.rng.choice(sorted(company.offers)), at)
    company.fire("new_candidate", None, at, _about(person, placement, {}))


def delete(company: Company) -> None:
    """Delete a candidate; some stay at their address for a while."""
    if len(company.candidates) > 3 and (person := _somebody(company)):
        at = company.now()
        person["updated_at"] = at
        company.deleted[person["id"]] = company.candidates.pop(person["id"])
        company.shifts.update(("candidate", "interview", "evaluation"))
        if company.rng.random() < 0.4:
            company.served_deleted.add(person["id"])
        company.fire("candidate_deleted", None, at, _about(person))


def restore(company: Company) -> None:
    """Bring a deleted candidate back."""
    if company.deleted:
        i = company.rng.choice(sorted(company.deleted))
        at = company.now()
        person = company.candidates[i] = company.deleted.pop(i)
        company.served_deleted.discard(i)
        person["updated_at"] = at
        for placement in person["placements"]:
            placement["updated_at"] = at
        company.fire("candidate_restored", None, at, _about(person))


def advertise(company: Company) -> None:
    """Change a job: its status, its tags or its title."""
    offer = company.offers[company.rng.choice(sorted(company.offers))]
    at = company.now()
    offer["updated_at"] = at
    match company.rng.choice(("status", "tags", "title")):
        case "status":
            _restatus(company, offer, at)
        case "tags":
            name = company.rng.choice(TAGS)
            have = {t["name"] for t in offer["offer_tags"]} ^ {name}
            offer["offer_tags"] = [{"name": one} for one in sorted(have)]
            company.fire("offer_updated", "tags_changed", at, {"offer": {"id": offer["id"]}})
        case _:
            offer["title"] = f"Job V{company.number()}"
            company.fire("offer_edited", None, at, {"offer": {"id": offer["id"]}})


def open_job(company: Company) -> None:
    """A new job, in the pipeline that all share."""
    if len(company.offers) < 8:
        at = company.now()
        offer = company._offer(company.rng.choice(sorted(STATUSES)), at)
        company.fire("offer_created", None, at, {"offer": {"id": offer["id"]}})


def rename_stage(company: Company) -> None:
    """Rename a stage: every job's pipeline shows it."""
    stage = company.rng.choice(sorted(company.stages))
    company.stages[stage] = f"Stage V{company.number()}"
    jobs = [{"id": i} for i in company.offers]
    company.fire("pipeline_changed", None, company.now(), {"offers": jobs})


_CLEARED: Json = {"disqualified_at": None, "disqualify_reason": None}
USUAL: dict[Edit, int] = {
    rename: 4, retitle: 2, tag: 3, move: 8, disqualify: 4, assign: 2, unassign: 1, apply: 2, advertise: 3,
    open_job: 1, rename_stage: 1,
}  # fmt: skip
ALL: dict[Edit, int] = {**USUAL, delete: 2, restore: 2}
"""Edits and how often each is made."""


def edit(company: Company, among: dict[Edit, int]) -> None:
    """Make one edit."""
    company.rng.choices(list(among), list(among.values()))[0](company)


def _restatus(company: Company, offer: Json, at: str) -> None:
    was, now = offer["status"], company.rng.choice([s for s in STATUSES if s != offer["status"]])
    offer["status"] = now
    payload = {"offer": {"id": offer["id"], "status": now}}
    if "published" in (was, now):
        word = "offer_published" if now == "published" else "offer_unpublished"
        company.fire(word, None, at, payload)
    else:
        company.fire("offer_updated", "status_changed", at, payload)


def _somebody(company: Company) -> Json | None:
    return (
        company.candidates[company.rng.choice(sorted(company.candidates))]
        if company.candidates
        else None
    )


def _placed(company: Company) -> tuple[Json, Json] | None:
    found = [(c, p) for c in company.candidates.values() for p in c["placements"]]
    return company.rng.choice(found) if found else None


def _about(person: Json, placement: Json | None = None, details: Json | None = None) -> Json:
    payload: Json = {"candidate": {"id": person["id"]}}
    if placement is not None:
        payload |= {"offer": {"id": placement["offer_id"]}, "details": details}
    return payload


def _stage(company: Company, stage: int) -> Json:
    return {"id": stage, "name": company.stages[stage], "category": STAGES[stage]}
