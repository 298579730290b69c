"""What steps are made of: a field, a button, a note, a row of findings, where one stands."""

from service.setup.costs import Finding
from service.setup.frame import NAME
from service.setup.markup import Attribute, Html, tag
from service.setup.view import TITLES, View

PILLS = {"good": "OK", "warn": "No answer", "bad": "Not permitted"}
CURES = {
    "warn": "Check again in a minute.",
    "bad": "Make the token as an administrator, or give its owner that right in Recruitee.",
}
"""What is said in place of the checks' own cures, which are English."""


def heading(view: View, title: str, lead: str) -> list[Html]:
    """Return a step's title and what it is about."""
    return [tag("h1", view.say(title)), tag("p", view.say(lead), class_="lead")]


def listed(view: View, *lines: str) -> Html:
    """Return numbered instructions."""
    return tag("ol", *(tag("li", view.say(line)) for line in lines), class_="guide")


def field(view: View, name: str, label: str, hint: str = "", **attributes: Attribute) -> Html:
    """Return an input with its label and, where there is one, its hint."""
    told: dict[str, Attribute] = {"aria_describedby": f"{name}_hint"} if hint else {}
    return tag(
        "div",
        tag("label", view.say(label), for_=name),
        tag("span", view.say(hint), class_="hint", id=f"{name}_hint") if hint else None,
        tag("input", id=name, name=name, **told, **attributes),
        class_="field",
    )


def hidden_field(
    view: View, name: str, label: str, hint: str = "", **attributes: Attribute
) -> Html:
    """Return an input for a secret."""
    kept: dict[str, Attribute] = {"autocomplete": "off", "spellcheck": "false", "required": True}
    return field(view, name, label, hint, type="password", **kept, **attributes)


def submit(view: View, label: str, busy: str, *, quiet: bool = False) -> Html:
    """Return a form's button, which says what is under way once it was pressed."""
    quietly = "quiet" if quiet else None
    return tag("button", view.say(label), class_=quietly, data_busy=view.say(busy))


def button(view: View, action: str, label: str, busy: str, *, quiet: bool = False) -> Html:
    """Return a button that does something by itself."""
    pressed = submit(view, label, busy, quiet=quiet)
    return tag("form", pressed, method="post", action=f"{view.path}/{action}")


def to(view: View, step: str, label: str, class_: str | None = None) -> Html:
    """Return what leads to a step."""
    return tag("a", view.say(label), class_=class_, href=f"{view.path}?step={step}")


def actions(*parts: Html | None) -> Html:
    """Return the row of what can be done."""
    return tag("div", *parts, class_="actions")


def leave(view: View) -> Html | None:
    """Return what leads back without a result, where there is somewhere to go."""
    if view.link.embedded:
        label = view.say("Cancel")
        return tag("button", label, type="button", class_="quiet", hidden=True, data_close=True)
    if view.link.redirect_uri:
        return tag("a", view.say("Cancel"), href=f"{view.path}/cancel")
    return None


def wrong(view: View, problem: str) -> Html | None:
    """Return what was wrong with what was sent."""
    if not problem:
        return None
    return tag("div", tag("b", view.say(problem)), class_="note bad", role="alert")


def note(kind: str, title: str, detail: str = "") -> Html:
    """Return a note: good, warn or bad."""
    said = tag("p", detail) if detail else None
    return tag("div", tag("b", title), said, class_=f"note {kind}", role="status")


def folded(title: str, *parts: Html, is_open: bool = False) -> Html:
    """Return what is shown on demand."""
    return tag("details", tag("summary", title), *parts, open=is_open)


def findings(view: View, found: list[Finding]) -> Html:
    """Return findings, each with what it costs and how to change it."""
    fine = all(each.status == "good" for each in found)
    return tag("ul", *(_row(view, each) for each in found), class_="rows fine" if fine else "rows")


def fact(view: View, name: str, label: str, *, seen: str, waiting: str) -> Html:
    """Return one thing that is waited for; the page's script knows it by its name."""
    say, is_seen = view.say, view.facts[name]
    state = tag("span", say(seen if is_seen else waiting), class_="state")
    shown = "seen" if is_seen else None
    return tag("li", tag("b", say(label)), state, data_fact=name, data_seen=say(seen), class_=shown)


def trail(view: View, step: str) -> Html | None:
    """Return where one stands."""
    if len(view.steps) == 1:
        return None
    at = view.steps.index(step)
    marks = ["past"] * at + ["now"] + [None] * (len(view.steps) - at - 1)
    rows = [
        tag("li", view.say(TITLES[each]), class_=mark, aria_current=mark == "now" and "step")
        for each, mark in zip(view.steps, marks, strict=True)
    ]
    return tag("ol", *rows, class_="steps")


def brand(who: str = "") -> Html:
    """Return whose page this is, and for whom."""
    name = tag("span", tag("b", NAME), f" · {who}" if who else None)
    return tag("div", tag("span", class_="mark", aria_hidden="true"), name, class_="brand")


def _row(view: View, found: Finding) -> Html:
    say = view.say
    pill = tag("span", say(PILLS[found.status]), class_=f"pill {found.status}")
    head = tag("div", tag("b", say(found.label)), pill, class_="head")
    cost = tag("p", say(found.cost)) if found.cost else None
    told = found.cure if view.link.language == "en" else say(CURES.get(found.status, ""))
    cure = tag("p", f"{say('To change it')}: {told}") if found.cure else None
    return tag("li", head, cost, cure)
