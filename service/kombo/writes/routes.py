"""The routes of Kombo's actions, and of those that Kombo lacks."""

from starlette.routing import BaseRoute

from service.kombo.crowd import live
from service.kombo.entry import at
from service.kombo.tables import Tables
from service.kombo.writes import applications, attachments, candidates, tags
from service.kombo.writes.creating import Creating


def routes(tables: Tables) -> list[BaseRoute]:
    """Return every route that writes."""
    creating = Creating(tables)
    who, one = "/ats/candidates/{candidate_id}", "/ats/applications/{application_id}"
    return [
        at("/ats/candidates", "act", POST=live(creating.candidate)),
        at("/ats/jobs/{job_id}/applications", "act", POST=live(creating.application)),
        at(who, "act", PATCH=live(candidates.update), DELETE=live(candidates.delete)),
        at(f"{who}/tags", "act", POST=live(tags.add_tag), DELETE=live(tags.remove_tag)),
        at(f"{who}/attachments", "act", POST=live(attachments.to_candidate)),
        at(f"{who}/result-links", "act", POST=live(candidates.result_link_on_candidate)),
        at(f"{who}/notes", "act", POST=live(candidates.note)),
        at(f"{who}/gdpr-consent", "act", PUT=live(candidates.consent)),
        at(f"{who}/custom-fields/{{name}}", "act", PUT=live(candidates.custom_field)),
        at(f"{who}/applications", "act", POST=live(candidates.assign)),
        at(f"{who}/scorecards", "act", POST=live(candidates.scorecard)),
        at(one, "act", DELETE=live(applications.unassign)),
        at(f"{one}/attachments", "act", POST=live(attachments.to_application)),
        at(f"{one}/stage", "act", PUT=live(applications.move)),
        at(f"{one}/reject", "act", POST=live(applications.reject)),
        at(f"{one}/unreject", "act", POST=live(applications.unreject)),
        at(f"{one}/result-links", "act", POST=live(candidates.result_link_on_application)),
        at(f"{one}/notes", "act", POST=live(applications.note)),
        at(f"{one}/interviews", "act", POST=live(applications.interview),
           PATCH=live(applications.interview)),
    ]  # fmt: skip
