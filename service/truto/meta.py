"""What the unified resources take and answer, as JSON Schema, as Markdown and as a page."""

import html
from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import Response

from service.problems import Json
from service.state import Request
from service.truto import bodies
from service.truto.asked import FORMATS, MOST, USUAL
from service.truto.catalogue import METHODS, RESOURCES, WRITES
from service.truto.envelope import Refused, invalid
from service.truto.filtering import OPERATORS
from service.truto.reading import resource_of
from service.truto.resource import Resource
from service.truto.schema import ID, RAW, many

BODIES: Final[Mapping[tuple[str, str], type[bodies.Wire]]] = {
    ("candidates", "create"): bodies.CandidateAsked,
    ("candidates", "update"): bodies.CandidateUpdated,
    ("tags", "create"): bodies.TagAsked,
    ("attachments", "create"): bodies.AttachmentAsked,
    ("activities", "create"): bodies.ActivityAsked,
}
SAID: Final = {
    "list": "List {0}; all fields are there, so that no second call is needed.",
    "get": "Return one of {0}, by Recruitee's id.",
    "create": "Create one of {0}; the answer is the record as reads show it.",
    "update": "Change one of {0}; a list that is given stands for the whole list.",
    "delete": "Delete one of {0}.",
    "download": "Return a file's bytes by its file_url.",
}
ACCOUNT: Final = {"type": "string", "description": "the connection's id, or its integration_id"}
TEXT: Final = {"type": "string"}
FLAG: Final = {"type": "boolean"}


async def method(request: Request) -> Response:
    """Describe one method of a unified resource."""
    resource, name = resource_of(request), request.path_params["method"]
    if name not in METHODS[resource.name]:
        known = ", ".join(METHODS[resource.name])
        raise Refused(404, f"{resource.name} has no method {name[:40]}: {known}")
    return Json(_described(resource, name))


async def integration(request: Request) -> Response:
    """Describe all unified resources of Recruitee."""
    form = request.query_params.get("format") or "json"
    match form:
        case "json":
            return Json(_whole())
        case "md":
            return Response(_markdown(), media_type="text/markdown")
        case "html":
            headers = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'"}
            return Response(_page(), headers=headers, media_type="text/html")
    raise invalid("format", "must be one of json, md, html")


def _whole() -> dict[str, Any]:
    return {
        "unified_model": "ats",
        "integration": "recruitee",
        "resources": {
            each.name: {name: _described(each, name) for name in METHODS[each.name]}
            for each in RESOURCES.values()
        },
    }


def _described(resource: Resource, name: str) -> dict[str, Any]:
    body = BODIES.get((resource.name, name))
    return {
        "unified_model": "ats",
        "resource": resource.name,
        "integration": "recruitee",
        "method": name,
        "description": SAID[name].format(resource.name),
        "scope": "act" if name in WRITES else "read",
        "query_schema": _query(resource, name),
        "body_schema": body.model_json_schema() if body else None,
        "response_schema": _answered(resource, name),
    }


def _query(resource: Resource, name: str) -> dict[str, Any]:
    fields: dict[str, Any] = {"integrated_account_id": ACCOUNT}
    required = ["integrated_account_id"]
    if name == "download":
        fields["file_url"] = TEXT
        required.append("file_url")
    elif name != "delete":
        fields |= {
            "truto_ignore_remote_data": FLAG,
            "truto_exclude_fields": {"type": "array", "items": TEXT},
        }
    if (resource.name, name) == ("tags", "delete"):
        fields["candidate_id"] = TEXT
        required.append("candidate_id")
    if name in ("list", "get"):
        fields["truto_response_format"] = {"type": "string", "enum": list(FORMATS)}
    if name == "list":
        fields |= _of_lists(resource)
    return {"type": "object", "properties": fields, "required": required}


def _of_lists(resource: Resource) -> dict[str, Any]:
    return {
        "limit": {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL},
        "next_cursor": TEXT,
        "truto_ignore_limit": FLAG,
        "truto_key_by": {"type": "string", "enum": list(resource.schema)},
        "sort_by": {
            "type": "object",
            "properties": {each: {"enum": ["asc", "desc"]} for each in resource.sortable},
        },
        **{
            each: {"description": f"filter; operators: {', '.join((*OPERATORS, 'ne', 'nin'))}"}
            for each in (*resource.schema, *resource.aliases)
        },
    }


def _answered(resource: Resource, name: str) -> dict[str, Any] | None:
    if name == "download":
        return None
    if name == "delete":
        return {"type": "object", "properties": {"id": ID}, "required": ["id"]}
    record = {
        "type": "object",
        "properties": {**resource.schema, "remote_data": RAW},
        "required": ["id"],
    }
    if name != "list":
        return record
    text_or_null = {"type": ["string", "null"]}
    return {
        "type": "object",
        "properties": {
            "result": many(record), "next_cursor": text_or_null, "prev_cursor": text_or_null,
            "limit": {"type": "integer"}, "result_count": {"type": "integer"},
            "is_partial_response": FLAG,
        },
        "required": ["result", "next_cursor"],
    }  # fmt: skip


def _markdown() -> str:
    lines = ["# Unified ATS API: Recruitee", ""]
    for each in RESOURCES.values():
        lines += [f"## {each.name}", "", f"Methods: {', '.join(METHODS[each.name])}.", ""]
        lines += ["| field | type |", "| --- | --- |"]
        lines += [f"| {name} | {_type(kind)} |" for name, kind in each.schema.items()]
        lines += ["", f"Filters besides the fields: {', '.join(each.aliases) or 'none'}.", ""]
    return "\n".join(lines)


def _type(kind: Mapping[str, Any]) -> str:
    if "enum" in kind:
        return ", ".join(str(word) for word in kind["enum"] if word)
    named = kind["type"]
    shown = named if isinstance(named, str) else " or ".join(named)
    return str(kind.get("format", shown))


def _page() -> str:
    body = html.escape(_markdown())
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><title>Unified ATS API: Recruitee</title>"
        f"<body><pre>{body}</pre></body></html>"
    )
