"""The routes of Kombo's actions, of those that Kombo lacks, and of documents read live."""

from starlette.routing import BaseRoute

from service.kombo.crowd import live
from service.kombo.entry import at
from service.kombo.outbound import Lanes
from service.kombo.tables import Tables
from service.kombo.writes import applications, attachments, candidates, importing, tags
from service.kombo.writes.creating import Creating
from service.kombo.writes.documents import Documents
from service.kombo.writes.restrictions import restrictions


def routes(tables: Tables, lanes: Lanes) -> list[BaseRoute]:
    """Return every route that writes, and those that ask Recruitee for documents."""
    creating, documents = Creating(tables), Documents(lanes)
    who, one = "/ats/candidates/{candidate_id}", "/ats/applications/{application_id}"
    return [
        at("/ats/candidates", "act", POST=live(creating.candidate)),
        at("/ats/jobs/{job_id}/applications", "act", POST=live(creating.application)),
        at(who, "act", PATCH=live(candidates.update), DELETE=live(candidates.delete)),
        at(f"{who}/tags", "act", POST=live(tags.add_tag), DELETE=live(tags.remove_tag)),
        at("/ats/import-tracked-application", "act", POST=live(importing.imported)),
        at("/ats/actions/{action}", "read", GET=live(restrictions)),
        at(f"{who}/attachments", "read", GET=live(documents.of_candidate)),
        at(f"{who}/attachments", "act", POST=live(attachments.to_candidate)),
        at(f"{who}/result-links", "act", POST=live(candidates.result_link_on_candidate)),
        at(f"{who}/notes", "act", POST=live(candidates.note)),
        at(f"{who}/gdpr-consent", "act", PUT=live(candidates.consent)),
        at(f"{who}/custom-fields/{{name}}", "act", PUT=live(candidates.custom_field)),
        at(f"{who}/applications", "act", POST=live(candidates.assign)),
        at(f"{who}/scorecards", "act", POST=live(candidates.scorecard)),
        at(one, "act", DELETE=live(applications.unassign)),
        at(f"{one}/attachments", "read", GET=live(documents.of_application)),
        at(f"{one}/attachments", "act", POST=live(attachments.to_application)),
        at(f"{one}/stage", "act", PUT=live(applications.move)),
        at(f"{one}/reject", "act", POST=live(applications.reject)),
        at(f"{one}/unreject", "act", POST=live(applications.unreject)),
        at(f"{one}/result-links", "act", POST=live(candidates.result_link_on_application)),
        at(f"{one}/notes", "act", POST=live(applications.note)),
        at(f"{one}/interviews", "act", POST=live(applications.interview),
           PATCH=live(applications.interview)),
    ]  # fmt: skip
