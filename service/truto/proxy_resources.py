"""The resources of the proxy: Truto's names, and where in Recruitee's API each of them is.

The first five names, and what they require, are those of Truto's tools for Recruitee; the others follow them.
Paths and the members of answers are Recruitee's API documentation's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from service.truto.proxy_paging import Paging

Names = tuple[str, ...]
"""Under which a part of a path is asked for: the first is the one that is told."""
CANDIDATE: Final[Names] = ("candidate_id", "id")
OFFER: Final[Names] = ("offer_id", "id", "job_id")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One of Recruitee's endpoints below the company; `{id}` and such in its path are filled in."""

    verb: str
    path: str
    takes: Names | None = None  # what the query (or a custom method's body) names for `{parent}`


@dataclass(frozen=True, slots=True)
class Resource:
    """One of `/proxy/...`."""

    name: str
    about: str
    rows: str  # the member of Recruitee's list that has the records
    paging: Paging
    methods: Mapping[str, Endpoint]
    custom: Mapping[str, Endpoint] = field(default_factory=dict)
    lean: bool = False
    """Whether the list leaves out what a get shows."""

    @property
    def every(self) -> dict[str, Endpoint]:
        """All that it can do, by method."""
        return {**self.methods, **self.custom}


def _plain(path: str, does: str) -> dict[str, Endpoint]:
    """Return the methods of a collection and its records, as far as they are named."""
    every = {
        "list": Endpoint("GET", path),
        "get": Endpoint("GET", f"{path}/{{id}}"),
        "create": Endpoint("POST", path),
        "update": Endpoint("PATCH", f"{path}/{{id}}"),
        "delete": Endpoint("DELETE", f"{path}/{{id}}"),
    }
    return {method: every[method] for method in does.split()}


def _below(
    path: str, parent: Names, one: str = "", does: str = "list create"
) -> dict[str, Endpoint]:
    """Return the methods of what hangs on another record; `one` is where its own records are."""
    every = {
        "list": Endpoint("GET", path, parent),
        "create": Endpoint("POST", path, parent),
        "update": Endpoint("PATCH", f"{one}/{{id}}"),
        "delete": Endpoint("DELETE", f"{one}/{{id}}"),
    }
    return {method: every[method] for method in does.split()}


def _on(path: str, *names: str, verb: str = "PATCH") -> dict[str, Endpoint]:
    """Return custom methods of one record, which the body names as `id`."""
    return {name: Endpoint(verb, f"{path}/{{parent}}/{name}", ("id",)) for name in names}


ALL: Final = "list get create update delete"
NO_GET: Final = "list create update delete"
READ: Final = "list get"
PINS: Final = _on("/notes", "pin", "unpin")


def _evaluated(kind: str) -> dict[str, Endpoint]:
    made = Endpoint("POST", f"/interview/candidates/{{parent}}/{kind}", CANDIDATE)
    return {**_plain(f"/interview/{kind}", "list get update delete"), "create": made}


def _table() -> Iterator[Resource]:
    yield Resource(
        "interview_results", "evaluations of candidates", "interview_results", Paging.PAGE,
        _evaluated("results"),
    )  # fmt: skip
    yield Resource(
        "notes", "notes on a candidate", "notes", Paging.NONE,
        _below("/candidates/{parent}/notes", ("id", "candidate_id"), "/notes", NO_GET), PINS,
    )  # fmt: skip
    yield Resource(
        "locations", "the company's locations", "locations", Paging.PAGE,
        _plain("/locations", ALL), _on("/locations", "archive", "unarchive"),
    )  # fmt: skip
    yield Resource(
        "offer_notes", "notes on a job", "notes", Paging.NONE,
        _below("/offers/{parent}/notes", OFFER, "/notes", NO_GET), PINS,
    )  # fmt: skip
    yield Resource(
        "admins", "active team members", "admins", Paging.NONE, _plain("/admins", "list")
    )
    yield from _people()
    yield from _jobs()
    yield from _company()
    yield from _forms()


def _people() -> Iterator[Resource]:
    yield Resource(
        "candidates", "candidates with their applications", "candidates", Paging.OFFSET,
        _plain("/candidates", ALL),
        {
            "search": Endpoint("POST", "/search/new/candidates"),
            "add_tags": Endpoint("POST", "/candidates/{parent}/tags", ("id",)),
            "remove_tags": Endpoint("DELETE", "/candidates/{parent}/tags", ("id",)),
            "add_sources": Endpoint("POST", "/candidates/{parent}/sources", ("id",)),
            "remove_sources": Endpoint("DELETE", "/candidates/{parent}/sources", ("id",)),
            **_on("/candidates", "retrieve", verb="POST"),
            **_on("/candidates", "merge", "update_cv", "follow", "unfollow"),
        },
        lean=True,
    )  # fmt: skip
    yield Resource(
        "attachments", "files of a candidate", "attachments", Paging.NONE,
        {
            "list": Endpoint("GET", "/candidates/{parent}/attachments", CANDIDATE),
            **_plain("/attachments", "create delete"),
        },
    )  # fmt: skip
    yield Resource(
        "interview_events", "interviews and meetings", "interview_events", Paging.PAGE,
        _evaluated("events"), _on("/interview/events", "schedule", verb="POST"),
    )  # fmt: skip
    yield Resource(
        "interview_result_requests", "evaluations that were asked for",
        "interview_result_requests", Paging.PAGE, _plain("/interview/result_requests", "list"),
    )  # fmt: skip
    yield Resource("tasks", "tasks of the team", "tasks", Paging.PAGE, _plain("/tasks", ALL))
    yield Resource(
        "candidate_tasks", "tasks about a candidate", "tasks", Paging.NONE,
        _below("/candidates/{parent}/tasks", CANDIDATE, does="list"),
    )  # fmt: skip
    yield Resource(
        "activities", "what happened, newest first", "activities", Paging.POSITION,
        _plain("/tracking/activities", "list"),
    )  # fmt: skip


def _jobs() -> Iterator[Resource]:
    states = ("publish", "unpublish", "close", "archive", "unarchive", "draft")
    yield Resource(
        "offers", "jobs", "offers", Paging.PAGE, _plain("/offers", ALL), _on("/offers", *states)
    )
    yield Resource(
        "offer_attachments", "files of a job", "attachments", Paging.NONE,
        _below("/offers/{parent}/attachments", OFFER, does="list"),
    )  # fmt: skip
    yield Resource(
        "placements", "a job's stages, each with its applications", "stages", Paging.NONE,
        {
            "list": Endpoint("GET", "/offers/{parent}/placements", OFFER),
            **_plain("/placements", "create delete"),
        },
        _on("/placements", "change_stage", "disqualify", "requalify", "hiring_details"),
    )  # fmt: skip
    yield Resource(
        "pipeline_templates", "pipelines; a get shows the stages", "pipeline_templates",
        Paging.NONE, _plain("/pipeline_templates", READ), lean=True,
    )  # fmt: skip
    yield Resource(
        "talent_pools", "talent pools", "talent_pools", Paging.OFFSET, _plain("/talent_pools", READ)
    )
    yield Resource(
        "requisitions", "requisitions in groups", "groups", Paging.NONE,
        _plain("/requisitions", READ),
    )  # fmt: skip


def _company() -> Iterator[Resource]:
    for name, about in (
        ("tags", "tags of candidates"),
        ("sources", "sources of candidates"),
        ("offer_tags", "tags of jobs"),
    ):
        yield Resource(name, about, name, Paging.PAGE, _plain(f"/{name}", NO_GET))
    yield Resource(
        "departments", "departments", "departments", Paging.NONE, _plain("/departments", ALL)
    )
    yield Resource(
        "disqualify_reasons", "reasons to disqualify", "disqualify_reasons", Paging.NONE,
        _plain("/disqualify_reasons", NO_GET),
    )  # fmt: skip
    yield Resource(
        "memberships", "team members, inactive ones too, with role and jobs", "memberships",
        Paging.PAGE, _plain("/memberships", NO_GET),
    )  # fmt: skip
    yield Resource("roles", "hiring roles", "roles", Paging.PAGE, _plain("/roles", READ))
    yield Resource(
        "teams", "teams; a get shows the members", "teams", Paging.PAGE, _plain("/teams", READ),
        lean=True,
    )  # fmt: skip


def _forms() -> Iterator[Resource]:
    yield Resource(
        "interview_templates", "templates of evaluations", "interview_templates", Paging.NONE,
        _plain("/interview/templates", READ), lean=True,
    )  # fmt: skip
    yield Resource(
        "question_templates", "templates of screening questions", "open_question_templates",
        Paging.NONE, _plain("/open_questions/template", READ), lean=True,
    )  # fmt: skip
    yield Resource(
        "fieldsets", "sets of profile fields", "fieldsets", Paging.NONE,
        _plain("/custom_fields/fieldsets", READ), lean=True,
    )  # fmt: skip
    yield Resource(
        "dynamic_fields", "custom fields of jobs", "dynamic_fields", Paging.NONE,
        _plain("/dynamic_fields", READ),
    )  # fmt: skip


RESOURCES: Final[Mapping[str, Resource]] = {each.name: each for each in _table()}
