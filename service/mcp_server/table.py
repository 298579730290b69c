"""Every tool there is, in one order: Truto's five, the reads, the writes, and what a log can tell."""

from collections.abc import Iterable, Mapping
from typing import Final

from service.mcp_server import changes, delivering, five, nouns, people, pipelines, writes
from service.mcp_server.tool import Tool


def _all() -> Mapping[str, Tool]:
    parts = (five, nouns, writes, changes, pipelines, people, delivering)
    return {tool.name: tool for part in parts for tool in part.tools()}


TOOLS: Final[Mapping[str, Tool]] = _all()
OTHERWISE: Final[Mapping[str, str]] = {
    "list_all_recruitee_offers": "list_all_recruitee_jobs",
    "get_single_recruitee_offer_by_id": "get_single_recruitee_job_by_id",
    "list_all_recruitee_placements": "list_all_recruitee_applications",
    "get_single_recruitee_placement_by_id": "get_single_recruitee_application_by_id",
    "get_single_recruitee_admin_by_id": "get_single_recruitee_user_by_id",
    "get_single_recruitee_interview_result_by_id": "get_single_recruitee_evaluation_by_id",
}
"""Recruitee's own words for some of them: they can be called, and are not listed twice."""


def named(name: str) -> Tool | None:
    """Return a tool by its name, or None."""
    return TOOLS.get(OTHERWISE.get(name, name))


def chosen(methods: Iterable[str], tags: Iterable[str]) -> list[Tool]:
    """Return the tools that a filter leaves: `read`, `write` or exact names, and any of the tags."""
    wanted, marked = set(methods), set(tags)
    return [
        tool
        for tool in TOOLS.values()
        if (not wanted or _covered(tool, wanted)) and (not marked or marked & set(tool.tags))
    ]


def _covered(tool: Tool, wanted: set[str]) -> bool:
    # What is for operators is never covered by a word: it must be named.
    if tool.needs != "ops" and ("read" if tool.needs == "read" else "write") in wanted:
        return True
    return tool.name in wanted or tool.method in wanted - {"read", "write"}
