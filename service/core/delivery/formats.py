"""The forms an event has on the wire (contract section 5): each is the event, told another way."""

from collections.abc import Mapping
from typing import Any

from service.core.delivery import kombo, truto
from service.core.store.subscribers import Format, Wanted

JSON = "application/json"


def formed(event: Mapping[str, Any], wanted: Wanted, owner: str) -> Mapping[str, Any]:
    """Return an event in a subscriber's format; `owner` is the subscriber's id."""
    match wanted.format:
        case "hirewire":
            return event
        case "thin":
            return thin(event)
        case "cloudevents":
            return cloud_event(event)
        case "kombo":
            return data_changed(event, wanted)
        case "truto":
            return truto.record_event(event, owner)


def content_type(form: Format | str) -> str:
    """Return the media type that goes with a format."""
    return "application/cloudevents+json" if form.startswith("cloudevents") else JSON


def thin(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return the event without the record and without values: `changes` as [{path}]."""
    data = {name: value for name, value in event["data"].items() if name != "record"}
    if "changes" in data:
        data["changes"] = [{"path": change["path"]} for change in data["changes"]]
    return {**event, "data": data}


def cloud_event(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return the event as CloudEvents 1.0, structured; `data` is the envelope's.

    What else the envelope has goes along as extension attributes, which are text.
    """
    data = event["data"]
    about = {"subject": f"{data['model']}/{data['id']}"} if "model" in data else {}
    order = {"sequence": str(event["sequence"])} if "sequence" in event else {}
    return {
        "specversion": "1.0",
        "id": event["id"],
        "type": f"io.hirewire.{event['type']}",
        "source": f"/connections/{event['connection_id']}",
        **about,
        "time": event["timestamp"],
        "datacontenttype": JSON,
        "integrationid": event["integration_id"],
        "origin": event["origin"],
        **order,
        "data": data,
    }


def data_changed(event: Mapping[str, Any], wanted: Wanted) -> dict[str, Any]:
    """Return Kombo's body: of gathered events, or of one that is sent by itself (a replay, a test)."""
    told = event["data"].get("changed_models")
    if told is None:
        told = kombo.changed_models(event["type"], wanted.event_types)
    return kombo.data_changed(event["id"], event["integration_id"], told)
