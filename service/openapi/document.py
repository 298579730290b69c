"""The OpenAPI document of an app, put together from its operations."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from starlette.applications import Starlette

from service import __version__
from service.actions import KEY_HEADER, KEY_MOST
from service.openapi import answers, shapes
from service.openapi.reads import reads
from service.openapi.walk import ANY, OPEN, Operation, operations

Schema = dict[str, Any]
TITLE: Final = "Hirewire"
PARTS: Final[Mapping[str, str]] = {
    "/ops/v1": "Ops API", "/self/v1": "Self-service", "/v1/events": "Feed", "/v1": "Unified API (Kombo)",
    "/webhooks": "Ingress", "/connect": "Set-up pages", "/link-token": "Set-up pages",
}  # fmt: skip
INTEGRATION: Final = "x-integration-id"
_CONVERTER = re.compile(r"\{(\w+)(?::\w+)?\}")


def document(app: Starlette) -> Schema:
    """Return the document; every path, query and body in it is what the handlers parse with."""
    parts = shapes.Parts()
    paths: dict[str, Schema] = {}
    for each in operations(app.routes):
        path = _CONVERTER.sub(r"{\1}", each.path)
        paths.setdefault(path, {})[each.method.lower()] = _operation(each, parts)
    paths |= answers.INGRESS
    return {
        "openapi": "3.1.0",
        "info": {"title": TITLE, "version": __version__},
        "tags": [{"name": name} for name in dict.fromkeys([*PARTS.values(), "Instance"])],
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": parts.all(), "securitySchemes": _SECURITY},
    }


def _operation(each: Operation, parts: shapes.Parts) -> Schema:
    found, kombo = reads(each.handler), answers.is_kombo(each.path)
    said = (each.handler.__doc__ or "").strip().split("\n\n")[0].replace("\n    ", " ")
    made: Schema = {
        "operationId": _id(each),
        "summary": said,
        "tags": [_tag(each.path)],
        "parameters": [*_in_path(each), *_in_query(found.query, parts), *_header(each, kombo)],
        "responses": answers.responses(each, found, kombo),
        "security": [] if each.needs == OPEN else [{"key": []}],
    }
    if each.needs not in (OPEN, ANY):
        made["description"] = f"Needs the scope `{each.needs}`."
    if found.body is not None:
        content = {"application/json": {"schema": parts.body(found.body)}}
        made["requestBody"] = {"required": parts.needed(found.body), "content": content}
    return made


def _id(each: Operation) -> str:
    words = re.sub(r"[^A-Za-z0-9]+", "_", _CONVERTER.sub(r"\1", each.path)).strip("_")
    return f"{each.method.lower()}_{words}"


def _tag(path: str) -> str:
    return next((name for start, name in PARTS.items() if path.startswith(start)), "Instance")


def _in_path(each: Operation) -> Iterator[Schema]:
    for name in _CONVERTER.findall(each.path):
        schema: Schema = {"type": "string", "minLength": 1}
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _in_query(model: Any, parts: shapes.Parts) -> Iterator[Schema]:
    if model is None:
        return
    for name, schema, required in parts.fields(model):
        row: Schema = {"name": name, "in": "query", "required": required, "schema": schema}
        # A list is one value with commas, never the same name twice.
        yield row | {"style": "form", "explode": False}


def _header(each: Operation, kombo: bool) -> Iterator[Schema]:
    if kombo and answers.is_of_one_integration(each.path):
        text = {"type": "string", "minLength": 1}
        yield {"name": INTEGRATION, "in": "header", "required": True, "schema": text}
    if kombo and answers.is_live(each) and each.needs == "act":
        bounded = {"type": "string", "minLength": 1, "maxLength": KEY_MOST}
        yield {"name": KEY_HEADER, "in": "header", "required": False, "schema": bounded}


_SECURITY: Final[Schema] = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "description": "The admin token, an API key of the scope named, or a subscriber's access token.",
    }
}
