"""Schemathesis asks everything that the document describes: no fault, no answer that is not described."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.openapi.conftest import ADMIN, Instance

Operation = APIOperation[Any, Any, Any, Any]
SEED = 7
EXAMPLES = 3  # of each operation, and as many again about what is there
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
ENDLESS = "/v1/events/stream"
PARTS = ("/ops/v1", "/self/v1", "/v1", "/")
TIMEOUT_S = 10


@pytest.mark.parametrize("part", PARTS)
async def test_whatever_is_asked_is_answered_as_the_document_says(
    instance: Instance, part: str
) -> None:
    print(f"seed {SEED}")
    async with httpx.AsyncClient(base_url=instance.url) as client:
        document = (await client.get("/openapi.json")).json()
    # A thread asks, so that this loop answers.
    asked = await asyncio.to_thread(_ask_all, document, instance, part)
    assert asked > EXAMPLES


def _ask_all(document: dict[str, Any], instance: Instance, part: str) -> int:
    count, found = 0, list[str]()
    for operation in sorted(_operations(document, part), key=_destructive):
        named = [_known(operation, instance)] if "{" in operation.path else []
        for known in [{}, *named]:
            try:
                count += _ask(operation, instance, known)
            except BaseExceptionGroup as error:
                found.append(f"{operation.label}: {error}")
    assert not found, "\n\n".join(found)
    return count


def _operations(document: dict[str, Any], part: str) -> Iterator[Operation]:
    schema = schemathesis.openapi.from_dict(document)
    for each in schema.get_all_operations():
        assert isinstance(each, Ok), each
        operation = each.ok()
        path = operation.path
        if path != ENDLESS and next(p for p in PARTS if path.startswith(p)) == part:
            yield operation


def _destructive(operation: Operation) -> bool:
    return operation.method.upper() == "DELETE"


def _known(operation: Operation, instance: Instance) -> dict[str, str]:
    """Return path parameters that name what is there."""
    noun = operation.path.split("/")[3:4]
    found = {
        "connections": instance.connection, "subscribers": instance.subscriber,
        "events": instance.event, "reconciliations": instance.connection,
    }  # fmt: skip
    known = {"id": found.get(noun[0] if noun else "", instance.subscriber)}
    known |= {"integration_id": f"recruitee:{instance.connection}", "hook": instance.hook}
    return {name: value for name, value in known.items() if f"{{{name}}}" in operation.path}


def _ask(operation: Operation, instance: Instance, known: Mapping[str, str]) -> int:
    if not known and "{" in operation.path and _destructive(operation):
        return 0
    own = operation.path.startswith("/self/v1")
    headers = {"authorization": f"Bearer {instance.access if own else ADMIN}"}
    if operation.path.startswith("/v1/"):
        headers["x-integration-id"] = f"recruitee:{instance.connection}"
    count = 0

    @seed(SEED)
    @settings(
        max_examples=EXAMPLES, database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=_cases(operation, known))
    def ask(case: Case[Any]) -> None:
        nonlocal count
        count += 1
        answer = case.call(base_url=instance.url, headers=headers, timeout=TIMEOUT_S)
        case.validate_response(answer, checks=CHECKS)

    ask()
    return count


def _cases(operation: Operation, known: Mapping[str, str]) -> st.SearchStrategy[Case[Any]]:
    """Return requests that fit the document, and requests that do not."""
    paths: dict[str, Any] = {"path_parameters": dict(known)} if known else {}
    modes = [GenerationMode.POSITIVE]
    if operation.body or operation.query or (operation.path_parameters and not known):
        modes.append(GenerationMode.NEGATIVE)
    return st.one_of(*(operation.as_strategy(mode, **paths) for mode in modes))
