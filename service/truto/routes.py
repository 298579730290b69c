"""The routes of the unified views, of batches, and of what describes them."""

from collections.abc import Mapping

from starlette.routing import BaseRoute

from service.truto import meta
from service.truto.batch import batch
from service.truto.catalogue import RESOURCES
from service.truto.entry import Live, at, live
from service.truto.files import Files
from service.truto.reading import Reading
from service.truto.writes import Writing

ATS = "/unified/ats"


def routes() -> list[BaseRoute]:
    """Return every route."""
    reading = Reading()
    writing, files = Writing(reading), Files(reading)
    making: Mapping[str, Live] = {
        "activities": writing.add_activity,
        "attachments": writing.add_attachment,
        "candidates": writing.create_candidate,
        "tags": writing.add_tag,
    }
    changing: Mapping[str, Mapping[str, Live]] = {
        "candidates": {"PATCH": writing.update_candidate, "DELETE": writing.delete_candidate},
        "tags": {"DELETE": writing.remove_tag},
    }
    lists, ones = list[BaseRoute](), list[BaseRoute]()
    for name, each in RESOURCES.items():
        made = {"POST": live(making[name])} if name in making else {}
        changed = {method: live(act) for method, act in changing.get(name, {}).items()}
        lists.append(at(f"{ATS}/{name}", needs=None, GET=reading.lister(each), **made))
        ones.append(at(f"{ATS}/{name}/{{id}}", needs=None, GET=reading.getter(each), **changed))
    return [
        at("/unified/meta/ats/recruitee", GET=meta.integration),
        at(f"{ATS}/{{resource}}/meta/{{method}}", GET=meta.method),
        at(f"{ATS}/attachments/download", needs="read", POST=live(files.download)),
        at(f"{ATS}/attachments/{{id}}/file", GET=live(files.file)),
        *lists,
        *ones,
        at("/batch-request", needs="read", POST=batch),
    ]
