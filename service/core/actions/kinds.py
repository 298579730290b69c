"""The actions there are, by name; the name is what audit, events and the ops API show."""

from collections.abc import Mapping
from typing import Final

from service.core.actions import inputs
from service.core.actions.inputs import Input

KINDS: Final[Mapping[str, type[Input]]] = {
    "create_application": inputs.CreateApplication,
    "update_candidate": inputs.UpdateCandidate,
    "add_tag": inputs.Tag,
    "remove_tag": inputs.Tag,
    "add_attachment": inputs.Attach,
    "move_to_stage": inputs.Move,
    "reject": inputs.Reject,
    "unreject": inputs.Unreject,
    "add_note": inputs.Note,
    "add_result_link": inputs.ResultLink,
    "set_custom_field": inputs.SetField,
    "set_consent": inputs.Consent,
    "assign": inputs.Assign,
    "unassign": inputs.Unassign,
    "evaluate": inputs.Evaluation,
    "schedule_interview": inputs.Interview,
    "delete_candidate": inputs.Delete,
    "import_application": inputs.Import,
}
ADDS: Final = frozenset({
    "create_application", "add_attachment", "add_note", "add_result_link", "evaluate",
    "schedule_interview",
})  # fmt: skip
"""Those that add something: without a key of the caller's the same request twice is a repetition. The
others set a state, which may be set, taken back and set again within seconds."""
