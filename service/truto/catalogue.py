"""The unified resources by name, and what may be done with each."""

from collections.abc import Mapping
from typing import Final

from service.truto.resource import Resource
from service.truto.resources.activities import ACTIVITIES
from service.truto.resources.attachments import ATTACHMENTS
from service.truto.resources.candidates import CANDIDATES
from service.truto.resources.company import DEPARTMENTS, TAGS, USERS
from service.truto.resources.jobs import JOBS

RESOURCES: Final[Mapping[str, Resource]] = {
    each.name: each
    for each in (ACTIVITIES, ATTACHMENTS, CANDIDATES, DEPARTMENTS, JOBS, TAGS, USERS)
}
READS: Final = ("list", "get")
WRITES: Final = ("create", "update", "delete")
METHODS: Final[Mapping[str, tuple[str, ...]]] = {
    "activities": (*READS, "create"),
    "attachments": (*READS, "create", "download"),
    "candidates": (*READS, *WRITES),
    "departments": READS,
    "jobs": READS,
    "tags": (*READS, "create", "delete"),
    "users": READS,
}
"""What each can do; Recruitee has no edit of a file, and what the company has is set up there."""
